"""The bound of a loss in [0, 1]: valid by simulation, and close to the best distribution that the sample allows."""

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from netrazor import bounds
from netrazor.errors import InvalidArgument


def best_in_ball(values: np.ndarray, counts: np.ndarray, nats: float) -> float:
    """The largest mean of a distribution on [0, 1] whose divergence from the sample's is at most ``nats`` / n.

    By its Lagrangian: mass p_v / (t - v) at each value, scaled, and where even t = 1 leaves some over, the rest at 1.
    The other side of the dual that the bound bets with; no bound that sees only the sample's frequencies can be less
    for every long message.
    """
    share, radius = counts / counts.sum(), nats / counts.sum()
    used = counts > 0
    values, share = values[used], share[used]

    def tilted(t: float) -> np.ndarray:
        mass = share / (t - values)
        return mass / mass.sum()

    def divergence(mass: np.ndarray) -> float:
        return float((share * np.log(share / mass)).sum())

    if values.max() == 1 or divergence(tilted(1.0)) > radius:
        nearest = max(values.max(), 0.0)
        t = brentq(lambda at: divergence(tilted(at)) - radius, nearest + 1e-13, nearest + 1e9, xtol=1e-15)
        return float(tilted(t) @ values)
    mass = tilted(1.0) * math.exp(divergence(tilted(1.0)) - radius)
    return float(mass @ values + 1 - mass.sum())


CASES = (
    (60_000, (0.0, 0.5, 1.0), (0.9, 0.07, 0.03)),
    (60_000, (0.0, 1.0), (0.99, 0.01)),
    (10_000, (0.0, 0.1, 0.2, 0.3), (0.4, 0.3, 0.2, 0.1)),
    (50_000, (0.0, 0.25), (0.95, 0.05)),
    (200_000, tuple(np.arange(9) / 8), (0.6, 0.2, 0.1, 0.05, 0.02, 0.01, 0.01, 0.005, 0.005)),
)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("bits", [150, 500, 2194, 6000])
def test_within_5_percent_of_the_best_distribution(case: tuple, bits: int) -> None:
    n, values, shares = case
    counts = np.round(np.array(shares) * n)
    mean = counts @ np.array(values) / counts.sum()
    best = best_in_ball(np.array(values), counts, bits * math.log(2) - math.log(0.05))
    found = bounds.bounded_loss(values, counts, bits, 0.05)
    assert best <= found <= mean + 1.05 * (best - mean)


def test_losses_of_little_spread_are_bounded_far_below_the_kl_inverse() -> None:
    counts = np.array([4000.0, 3000, 2000, 1000])
    found = bounds.bounded_loss([0, 0.1, 0.2, 0.3], counts, 500, 0.05)
    inverse = bounds.kl_inverse(0.1, (500 * math.log(2) + math.log(20)) / 10_000)
    assert found - 0.1 < 0.5 * (inverse - 0.1)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.integers(0, 2000), min_size=3, max_size=3).filter(sum),
    st.floats(0, 3000),
    st.floats(1e-12, 0.5),
)
@example([0, 166, 1572], 2802.0, 0.5)
@example([0, 166, 1555], 2741.0, 0.5)
def test_order_and_range(counts: list[int], bits: float, delta: float) -> None:
    values = [0.0, 0.3, 1.0]
    found = bounds.bounded_loss(values, counts, bits, delta)
    mean = np.dot(values, counts) / sum(counts)
    assert mean <= found <= 1
    # The bettors are others for another length; only where the bound says nothing may that make the larger part.
    spared = 0.0 if found < 0.9999 else 1e-6
    assert bounds.bounded_loss(values, counts, bits + 10, delta) >= found - spared
    assert bounds.bounded_loss(values, counts, bits, delta / 2) >= found - spared
    rows = bounds.bounded_loss(values, [counts, [1, 0, 0]], bits, delta)
    assert rows.shape == (2,)
    assert rows[1] <= 1


def test_coverage_of_a_hold_out_is_kept() -> None:
    rng = np.random.default_rng(7)
    values, shares = np.array([0.0, 0.4, 1.0]), np.array([0.8, 0.15, 0.05])
    counts = rng.multinomial(300, shares, size=20_000)
    distinct, times = np.unique(counts, axis=0, return_counts=True)
    below = bounds.bounded_loss(values, distinct, 0.0, 0.05) < values @ shares
    assert times[below].sum() / 20_000 <= 0.05 + 3 * math.sqrt(0.05 * 0.95 / 20_000)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (([0.0, 1.5], [1, 1]), "values"),
        (([0.0, 1.0], [1, -1]), "counts"),
        (([0.0, 1.0], [1, 0.5]), "counts"),
        (([0.0, 1.0], [1, 1, 1]), "counts"),
        (([0.0, 1.0], [0, 0]), "counts"),
        (([0.0, 1.0], [1, 1], -1.0), "code_bits"),
        (([0.0, 1.0], [1, 1], 0.0, 1.0), "delta"),
        (([0.0, 1.0], [1, 1], [0.0, 1.0]), "code_bits"),
    ],
)
def test_what_is_refused(arguments: tuple, words: str) -> None:
    with pytest.raises(InvalidArgument, match=words):
        bounds.bounded_loss(*arguments)
