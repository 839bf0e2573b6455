"""Confidence bounds for the noisy risk."""

import numpy as np
import pytest

from netrazor import bounds
from netrazor.errors import InvalidArgument


def test_bernstein_profits_from_small_variance():
    values = 0.03 + 0.002 * np.random.default_rng(0).standard_normal(6000)
    bernstein = bounds.mean_upper(values, 0.01)
    assert values.mean() < bernstein < bounds.mean_upper(values, 0.01, "kl-chernoff")
    assert bernstein < 0.034


def test_the_figures_of_the_design():
    assert bounds.kl_chernoff(0.03, 120, 0.01) == pytest.approx(0.10, abs=0.005)
    assert bounds.kl_chernoff(0.03, 6000, 0.01) == pytest.approx(0.037, abs=0.0005)


def test_no_values_are_too_few_for_either_estimator():
    for estimator in ("kl-chernoff", "empirical-bernstein"):
        with pytest.raises(InvalidArgument, match=r"values: must be at least [12]"):
            bounds.mean_upper([], 0.05, estimator)


def test_extremes():
    assert bounds.kl_chernoff(0, 10, 0.05) == pytest.approx(1 - 0.05**0.1, abs=1e-13)
    assert bounds.kl_chernoff(1, 10, 0.05) == 1.0
    assert bounds.empirical_bernstein(1, 0, 10, 0.05) == 1.0
    assert bounds.mean_upper([0.25], 0.05, "kl-chernoff") > 0.25
