"""The bound of preferent compression: the published equation, its other form, orders, and that it is tight."""

import math
from fractions import Fraction

import exact_bounds as exact
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netrazor import bounds
from netrazor.errors import InvalidArgument


@pytest.mark.parametrize("n", range(1, 13))
def test_the_published_sum_is_a_quotient_of_binomial_probabilities(n):
    alpha, delta = Fraction(2, 7), Fraction(1, 20)
    masses = [math.comb(n, i) * alpha**i * (1 - alpha) ** (n - i) for i in range(n + 1)]
    for k in range(n):
        quotient = delta * sum(masses[k + 1 :]) / (n * alpha * masses[k])
        assert exact.published_sum(k, n, delta, alpha) == quotient


@pytest.mark.parametrize("delta", [1e-12, 0.05, 0.5, 0.999, 1 - 1e-6])
@pytest.mark.parametrize("n", [1, 2, 3, 7, 20])
def test_the_root_of_the_published_sum_in_rationals(n, delta):
    for size in range(n):
        root = bounds.preferent_compression(size, n, delta)
        assert root > size / n
        assert exact.published_sum(size, n, Fraction(delta), Fraction(root)) >= 1
        assert exact.published_sum(size, n, Fraction(delta), Fraction(root - 1e-11)) < 1
    assert bounds.preferent_compression(n, n, delta) == 1.0


def test_reference_values():
    # One example, none in the set: delta / (1 - alpha) = 1. One of two: (delta / 2)(1 / 2) / (1 - alpha) = 1.
    assert bounds.preferent_compression(0, 1, 0.25) == pytest.approx(0.75, abs=1e-12)
    assert bounds.preferent_compression(1, 2, 0.25) == pytest.approx(1 - 0.25 / 4, abs=1e-12)
    # None of two: (delta / 2)(1 / (1 - alpha) + 1 / (1 - alpha)^2) = 1.
    x = (0.125 + math.sqrt(0.125**2 + 0.5)) / 2
    assert bounds.preferent_compression(0, 2, 0.25) == pytest.approx(1 - x, abs=1e-12)
    # 500 picks and 358 errors left among the 60,000 of MNIST, one of 32 stops.
    assert bounds.preferent_compression(858, 60_000, 0.05 / 32) == pytest.approx(0.01646295, abs=1e-8)


def test_delta_is_5_percent_unless_said():
    assert bounds.preferent_compression(3, 100) == bounds.preferent_compression(3, 100, 0.05)


@given(st.integers(1, 10**7), st.data(), st.floats(1e-12, 0.999))
@settings(max_examples=60, deadline=None)
def test_between_the_bound_of_a_hold_out_and_chernoff(n, data, delta):
    size = data.draw(st.integers(0, n))
    value = bounds.preferent_compression(size, n, delta)
    assert value >= bounds.clopper_pearson(size, n, delta) - 1e-10
    assert value <= bounds.kl_inverse(size / n, math.log(2 * n / delta) / n) + 1e-10


@given(st.integers(2, 10**6), st.data(), st.floats(1e-9, 0.4))
@settings(max_examples=40, deadline=None)
def test_grows_with_the_size_and_falls_with_n_and_delta(n, data, delta):
    size = data.draw(st.integers(0, n - 1))
    value = bounds.preferent_compression(size, n, delta)
    assert value <= bounds.preferent_compression(size + 1, n, delta) + 1e-10
    assert value >= bounds.preferent_compression(size, n + 1, delta) - 1e-10
    assert value >= bounds.preferent_compression(size, n, 2 * delta) - 1e-10


@pytest.mark.parametrize("delta", [0.05, 0.6])
@pytest.mark.parametrize("n", [1, 2, 5, 30])
def test_no_smaller_values_would_do(n, delta):
    # A learner that errs below epsilon_k after k picks stops before n of them with probability delta exactly.
    boundary = bounds.preferent_compression(np.arange(n), n, delta)
    assert 1 - all_below(boundary) == pytest.approx(delta, abs=1e-9)


def all_below(boundary):
    """P(the (k+1)-th smallest of n uniform numbers is at most boundary[k], for all k < n), by cells of the line.

    ``having[j]`` is the probability that j of them are in the cells so far, and that none came too late.
    """
    n = len(boundary)
    having, left = np.eye(n + 1)[0], 0.0
    for k, right in enumerate(boundary):
        share = (right - left) / (1 - left)
        after = np.zeros(n + 1)
        for j in range(k, n + 1):
            some = np.arange(n - j + 1)
            masses = [math.comb(n - j, i) * share**i * (1 - share) ** (n - j - i) for i in some]
            after[j + some] += having[j] * np.array(masses)
        after[: k + 1] = 0.0  # fewer than k + 1 below boundary[k]
        having, left = after, right
    return having[n] if n else 1.0


def test_numbers_and_arrays():
    assert type(bounds.preferent_compression(3, 100)) is float
    sizes, n = np.array([[0], [40], [100]]), np.array([100, 1000])
    together = bounds.preferent_compression(sizes, n, 0.01)
    assert together.shape == (3, 2)
    one_by_one = [[bounds.preferent_compression(int(k), int(m), 0.01) for m in n] for k in sizes[:, 0]]
    assert together == pytest.approx(np.array(one_by_one), abs=1e-12)
    assert bounds.preferent_compression([], 5).shape == (0,)


def test_samples_beyond_any_use_still_get_a_value_on_the_safe_side():
    assert 0.5 < bounds.preferent_compression(2**52, 2**53) < 0.5 + 1e-6
    assert bounds.preferent_compression(2**53 - 1, 2**53) == 1.0


def test_understating_would_be_seen():
    value = bounds.preferent_compression(858, 60_000, 0.01)
    assert not exact.preferent_compression(value, 858, 60_000, 0.01)[0]
    assert exact.preferent_compression(value - 1e-11, 858, 60_000, 0.01)[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((11, 10), "size: must be a whole number from 0 to n, got '11 with n = 10'; count the examples"),
        ((-1, 10), "size: .* got -1"),
        ((1.5, 10), "size: .* got 1.5"),
        ((1, 0), "n: must be a whole number from 1"),
        ((1, 10, 0), "delta: .* got 0"),
        ((1, 10, 1), "delta: .* got 1"),
        (([1, 2], [1, 2, 3]), "size and n and delta: shapes must broadcast"),
    ],
)
def test_refusals(arguments, message):
    with pytest.raises(InvalidArgument, match=message):
        bounds.preferent_compression(*arguments)
