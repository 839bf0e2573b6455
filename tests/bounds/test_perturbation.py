"""The divergence of noisy weights: closed forms, layers as sums, the choice of lambda."""

import math

import numpy as np
import pytest

from netrazor import bounds
from netrazor.bounds import NoisyLayer

CENTERS = np.array([-0.6, -0.2, 0.1, 0.4, 1.0])
MASSES = np.array([0.1, 0.3, 0.3, 0.2, 0.1])


def test_one_center_is_the_divergence_of_two_normals():
    for w, sigma, u, lam in [(0.0, 1.0, 0.0, 1.0), (0.3, 0.5, 0.1, 0.7), (2.0, 0.1, -1.0, 1.5)]:
        closed = math.log(lam / sigma) + (sigma**2 + (w - u) ** 2) / (2 * lam**2) - 0.5
        assert closed <= bounds.perturbation_kl(w, sigma, [u], [1.0], lam) <= closed + 1e-6


def test_far_apart_centers_give_the_code_length():
    # Little noise around one of 16 far values: the noise tells nothing but which value it is.
    centers = np.arange(16.0)
    value = bounds.perturbation_kl(3.0, 1e-3, centers, np.full(16, 1 / 16), 1e-3)
    assert value == pytest.approx(math.log(16), abs=1e-6)


def test_centers_without_mass_do_not_count():
    with_empty = bounds.perturbation_kl(0.1, 0.1, [0.1, 0.2, 9.0], [0.5, 0.5, 0.0], 0.1)
    without = bounds.perturbation_kl(0.1, 0.1, [0.1, 0.2], [0.5, 0.5], 0.1)
    assert with_empty == pytest.approx(without, abs=1e-12)


def test_masses_that_exceed_one_by_rounding_are_paid_for():
    exact = bounds.perturbation_kl(0.1, 0.1, [0.1, 0.2], [0.5, 0.5], 0.1)
    more = bounds.perturbation_kl(0.1, 0.1, [0.1, 0.2], [0.5 + 2e-7, 0.5 + 2e-7], 0.1)
    assert more == pytest.approx(exact, abs=1e-9)
    less = bounds.perturbation_kl(0.1, 0.1, [0.1, 0.2], [0.25, 0.25], 0.1)
    assert less == pytest.approx(exact + math.log(2), abs=1e-6)


def test_a_layer_is_the_sum_of_its_weights():
    counts = np.array([5, 100, 40, 7, 1])
    lams = [0.05, 0.1, 0.4]
    layer = bounds.layer_perturbation_kl(
        NoisyLayer(CENTERS, counts, 0.1, CENTERS, MASSES), lams, tolerance=1e-7
    )
    single = bounds.perturbation_kl(CENTERS[:, None], 0.1, CENTERS, MASSES, lams, tolerance=1e-7)
    assert single.shape == (5, 3)
    assert layer == pytest.approx(counts @ single, rel=1e-6)


def test_values_need_not_be_centers():
    values = np.random.default_rng(0).normal(size=5000)
    layer = bounds.layer_perturbation_kl(NoisyLayer(values, np.ones(5000), 0.3, CENTERS, MASSES), [0.5])
    assert layer[0] >= 5000 * 0.01
    part = bounds.perturbation_kl(values[:20], 0.3, CENTERS, MASSES, 0.5)
    assert bounds.layer_perturbation_kl(
        NoisyLayer(values[:20], np.ones(20), 0.3, CENTERS, MASSES), [0.5]
    ) == pytest.approx(part.sum(), abs=1e-3)


def test_the_chosen_lambda_is_the_best_of_the_grid():
    counts = np.array([5, 100, 40, 7, 1])
    lams = 0.1 * np.geomspace(0.3, 10, 9)
    each = bounds.layer_perturbation_kl(
        NoisyLayer(CENTERS, counts, 0.1, CENTERS, MASSES), lams, tolerance=1e-6
    )
    best = bounds.choose_lambda(NoisyLayer(CENTERS, counts, 0.1, CENTERS, MASSES), lams, tolerance=1e-6)
    assert best.index == int(np.argmin(each))
    assert best.kl_nats == pytest.approx(each.min(), rel=1e-5)


def test_frequencies_are_best_where_lambda_is_sigma():
    counts = np.array([5, 100, 40, 7, 1])
    frequencies, even = counts / counts.sum(), np.full(5, 0.2)
    sigma = [0.2]
    fitted = bounds.layer_perturbation_kl(NoisyLayer(CENTERS, counts, 0.2, CENTERS, frequencies), sigma)
    assert (
        fitted[0] <= bounds.layer_perturbation_kl(NoisyLayer(CENTERS, counts, 0.2, CENTERS, even), sigma)[0]
    )


def test_a_tighter_tolerance_only_lowers_the_value():
    values = [bounds.perturbation_kl(0.1, 0.3, CENTERS, MASSES, 0.1, tolerance=t) for t in (1e-1, 1e-3, 1e-5)]
    assert values[0] >= values[1] >= values[2] > 0


def test_the_search_for_nodes_ends():
    # So wide a noise against so narrow a prior that the tolerance cannot be met: still an upper value.
    value = bounds.perturbation_kl(0.1, 1.0, [0.0, 0.2], [0.5, 0.5], 0.01, tolerance=1e-12)
    to_nearest = 1 - 0.2 * math.sqrt(2 / math.pi) + 0.01  # E (|z| - 0.1)^2
    closed = to_nearest / (2 * 0.01**2) - 0.5 + math.log(0.01) + math.log(2)
    assert value == pytest.approx(closed, rel=1e-3)


def test_no_weights_cost_nothing():
    assert bounds.layer_perturbation_kl(NoisyLayer([0.1], [0], 0.1, [0.1], [1.0]), [0.1])[0] == pytest.approx(
        0, abs=1e-12
    )
