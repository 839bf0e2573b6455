"""How far the moments of fresh draws may lie above the recorded ones: worked out by hand."""

import math

import numpy as np
import pytest

from netrazor.certification import NoisyRisk
from netrazor.verification.redrawing import noisy_limits


def test_moments_may_lie_six_standard_errors_above_the_recorded_ones() -> None:
    """Of eight draws one has no errors and one 0.4, the others 0.2: squares of 0.04 and fourth powers of 0.0016."""
    rates = np.array([0.2, 0.2, 0.2, 0.0, 0.4, 0.2, 0.2, 0.2])
    noisy = NoisyRisk(mean=0.15, variance=0.01, upper=0.25)
    upper, mean, variance = noisy_limits(noisy, 50, rates)
    assert upper == ("upper", 0.25, pytest.approx(0.2), 0.25)
    spread = math.sqrt(0.01 / 50 + 0.08 / 7 / 8)
    assert mean == ("mean", 0.15, pytest.approx(0.2), pytest.approx(0.15 + 6 * spread))
    spread = math.sqrt((0.0032 / 8 - (0.08 / 7) ** 2) * (1 / 50 + 1 / 8))
    assert variance == ("variance", 0.01, pytest.approx(0.08 / 7), pytest.approx(0.01 + 6 * spread))
