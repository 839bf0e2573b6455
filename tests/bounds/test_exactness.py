"""No value lies on the wrong side of the exact one, and none is far from it."""

import exact_bounds as exact
import mpmath as mp
import numpy as np
import pytest
import random_inputs

from netrazor import bounds

LARGEST = {"catoni": 1e-6, "perturbation_kl": 1e-6}
SAMPLE = {
    "occam": 60,
    "preferent_compression": 300,
    "clopper_pearson": 30,
    "catoni": 60,
    "perturbation_kl": 40,
}


@pytest.mark.parametrize("name", random_inputs.CASES)
def test_random_inputs(name):
    rng = np.random.default_rng(sum(map(ord, name)))
    understated, excess = random_inputs.run(random_inputs.CASES[name], rng, SAMPLE.get(name, 300))
    assert understated == 0
    assert excess <= LARGEST.get(name, 1e-9)


def test_a_midpoint_would_be_seen():
    # Bisection to neighbouring floats that returns its middle: a known fault of public code.
    def middle(q, c):
        low, high = q, 1.0
        while True:
            p = (low + high) / 2
            if p in (low, high):
                return p
            divergence = q * np.log(q / p) + (1 - q) * np.log((1 - q) / (1 - p))
            low, high = (p, high) if divergence <= c else (low, p)

    rng = np.random.default_rng(0)
    inputs = [(float(q), float(c)) for q, c in rng.uniform(0.01, 0.4, (200, 2))]
    assert sum(exact.kl_inverse(middle(q, c), q, c)[0] for q, c in inputs) > 50
    assert not any(exact.kl_inverse(bounds.kl_inverse(q, c), q, c)[0] for q, c in inputs)


@pytest.mark.parametrize("errors", [0, 1, 3_000, 59_999, 60_000])
@pytest.mark.parametrize("code_bits", [0, 1, 1_073.5, 1_075, 30_000, 10**7, 1e300])
def test_occam_extremes(errors, code_bits):
    value = bounds.occam(errors, 60_000, code_bits)
    understated, excess = exact.occam(value, errors, 60_000, code_bits, 0.05)
    assert not understated
    assert excess <= 1e-9


def test_occam_takes_whole_numbers_of_any_size():
    assert bounds.occam(3, 100, 10**400 // 10**100) == 1.0


@pytest.mark.parametrize("delta", [1e-12, 0.5, 0.95])
def test_test_set_bound_at_any_confidence(delta):
    for errors, n in [(0, 1), (1, 2), (1, 10), (50, 100), (99, 100)]:
        value = bounds.clopper_pearson(errors, n, delta)
        understated, excess = exact.occam(value, errors, n, 0, delta)
        assert not understated
        assert excess <= 1e-9


def test_large_samples_near_the_middle():
    for n, errors in [(10**8, 5 * 10**7), (10**8, 10), (10**8, 10**8 - 10), (10**7, 10**6)]:
        value = bounds.clopper_pearson(errors, n, 0.4)
        understated, excess = exact.occam(value, errors, n, 0, 0.4)
        assert not understated
        assert excess <= 1e-9


@pytest.mark.parametrize("ratio", [0.3, 3.0])
def test_perturbation_against_adaptive_quadrature(ratio):
    centers, probabilities, sigma = [0.1, 0.2, 1.0], [0.5, 0.3, 0.2], 0.2
    value = bounds.perturbation_kl(0.2, sigma, centers, probabilities, ratio * sigma)
    true = exact.perturbation_exactly(0.2, sigma, centers, probabilities, ratio * sigma)
    assert mp.mpf(value) >= true
    assert value - true <= 1e-6


def test_the_fast_reference_is_exact():
    args = (0.1, 0.5, [0.1, -0.4], [0.3, 0.7], 0.4)
    assert abs(float(mp.mpf(str(exact.perturbation(*args))) - exact.perturbation_exactly(*args))) < 1e-16
