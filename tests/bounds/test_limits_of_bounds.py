"""Each bound where its domain ends, and the constants that its claim rests on."""

import dataclasses
import importlib
import math
from fractions import Fraction

import numpy as np
import pytest

from netrazor import bounds
from netrazor.bounds import comparison, memorization, perturbation
from netrazor.bounds._quadrature import Cells
from netrazor.errors import InvalidArgument

# The functions of these names hide their modules.
betting = importlib.import_module("netrazor.bounds.bounded_loss")
catoni_module = importlib.import_module("netrazor.bounds.catoni")
VALUES = np.array([0.0, 0.5, 1.0])


def test_catonis_constants_are_those_that_were_fixed():
    assert catoni_module.ALPHA == 1.0001
    assert catoni_module.ALPHAS == (1.1, 1.01, 1.001, 1.0001, 1.00001)


@pytest.mark.parametrize(
    "bound",
    [bounds.catoni, lambda risk, nats, n: bounds.catoni_at(risk, nats, n, 2.0), bounds.catoni_over_alpha],
)
def test_catoni_holds_from_one_example_on(bound):
    assert 0 < bound(0.0, 0.0, 1) <= 1
    with pytest.raises(InvalidArgument, match="n: "):
        bound(0.0, 0.0, 0)


@pytest.mark.parametrize(("risk", "nats", "n"), [(1.0, 0.0, 50), (0.0, 0.0, 10**9), (0.9, 500.0, 3)])
def test_catoni_at_the_ends_of_its_search(risk, nats, n):
    """Where the best lambda is the first or the last of the grid."""
    grid = np.exp(np.linspace(2.0**-20, math.log(64 * n), 2000))
    assert bounds.catoni(risk, nats, n) <= bounds.catoni_at(risk, nats, n, grid).min() + 1e-6


@pytest.mark.parametrize("n", [1.0, 1000.0])
@pytest.mark.parametrize("rising", [True, False])
def test_the_search_for_lambda_goes_from_1_to_64_n(monkeypatch, n, rising):
    """On a function whose least value is at an end of all that is searched."""

    def value(q, kl_nats, n, lam, delta, alpha):
        return lam / 1e6 if rising else 1 / lam

    monkeypatch.setattr(catoni_module, "_value", value)
    found = catoni_module._infimum(*(np.array([[x]]) for x in (0.1, 5.0, n, 0.05, 1.0001)))
    assert found == pytest.approx([1e-6 if rising else 1 / (64 * n)], rel=1e-8)


def test_a_comparison_at_the_ends_of_its_domain():
    for risk in (Fraction(0), Fraction(1)):
        assert len(comparison.side_by_side(risk, 8, 1.0)) == 7
    for wrong in (Fraction(-1, 2), Fraction(3, 2)):
        with pytest.raises(InvalidArgument, match="risk"):
            comparison.side_by_side(wrong, 8, 1.0)
    with pytest.raises(InvalidArgument, match="n: "):
        comparison.side_by_side(Fraction(0), 7, 1.0)
    line = comparison.side_by_side(Fraction(0), 8, 1.0)[0]
    with pytest.raises(dataclasses.FrozenInstanceError):
        line.bound = 0.0


def divergence_by_hand(a, b):
    """Of Jensen and Shannon, of two coins."""

    def entropy(p):
        return -sum(x * math.log(x) for x in (p, 1 - p) if x)

    return entropy((a + b) / 2) - (entropy(a) + entropy(b)) / 2


@pytest.mark.parametrize(("a", "b"), [(0.2, 0.8), (0.8, 0.2), (0.5, 0.9), (0.9, 0.5), (0.6, 0.7), (0.0, 0.5)])
def test_the_floor_on_either_side_of_a_half(a, b):
    assert bounds.memorization_floor(a, b, 1000) == pytest.approx(1000 * divergence_by_hand(a, b), rel=1e-9)


def test_errors_near_one_are_taken_by_their_complements():
    """1 - 2^-40 has as many exact digits as 2^-40: the floor is the same and never above the exact one."""
    near = memorization._memory_below(np.array([2.0**-40]), np.array([2.0**-38]))[0]
    mirrored = memorization._memory_below(np.array([1 - 2.0**-40]), np.array([1 - 2.0**-38]))
    assert mirrored[0] == pytest.approx(near, rel=1e-12)


def test_the_floor_and_its_inverse_need_one_example():
    assert bounds.memorization_floor(0.0, 0.5, 1) > 0
    assert memorization.test_error_allowed(0.0, 1.0, 1) <= 1
    for call in (bounds.memorization_floor, memorization.test_error_allowed):
        with pytest.raises(InvalidArgument, match="n: "):
            call(0.0, 0.5, 0)


def test_shares_of_bettors_rise_from_about_the_best_up_to_all():
    doubling = betting._shares(1000.0, 2.5)
    assert doubling[0] == pytest.approx(math.sqrt(5 / 1000) / 2)
    assert doubling[1:-1] == pytest.approx(2 * doubling[:-2])
    assert doubling[-1] == 1
    finer, ratio = betting._shares(1e6, 48.0), 1.25
    assert finer[0] == pytest.approx(math.sqrt(96 / 1e6) * ratio / 4)
    rising = finer[finer < 0.75]
    assert rising[1:] == pytest.approx(ratio * rising[:-1])
    assert {0.75, 0.875, 0.9375, 1.0} < set(finer.tolist())
    assert 0.96875 not in finer
    assert betting._shares(1.0, 100.0).tolist() == pytest.approx([0.75, 0.875, 0.9375, 0.96875, 1.0])


@pytest.mark.parametrize("counts", [[1500, 300, 200], [900, 90, 10], [10, 10, 30]])
@pytest.mark.parametrize("mean", [0.3, 0.6, 0.95])
def test_the_wealth_of_the_two_mixtures(counts, mean):
    n, nats = sum(counts), 400.0
    shares = betting._shares(float(n), nats)

    def log_wealth(b):
        return float(np.array(counts) @ np.log1p(-b + b * (1 - VALUES) / (1 - mean)))

    with np.errstate(divide="ignore"):
        few = np.logaddexp.reduce([log_wealth(b) for b in shares]) + math.log(0.9 / len(shares))
        best = max(log_wealth(b) for b in np.linspace(0, 1, 20001))
    universal = best - math.log(math.pi * n + 1) / 2 + math.log(0.1)
    point = np.array([mean])
    found, slope = betting._log_wealth_below(VALUES[None], np.array([counts], float), point, shares)
    later, _ = betting._log_wealth_below(VALUES[None], np.array([counts], float), point + 1e-6, shares)
    if found[0] > 1:  # elsewhere no slope is needed: nothing is gained at any share
        assert slope[0] == pytest.approx((later[0] - found[0]) / 1e-6, rel=1e-2)
    assert found[0] == pytest.approx(max(few, universal), abs=1e-3)
    assert found[0] <= max(few, universal) + 1e-4


def test_shapes_of_losses_and_counts():
    assert isinstance(bounds.bounded_loss(VALUES, [3, 1, 0]), float)
    assert bounds.bounded_loss(VALUES, [[3, 1, 0]]).shape == (1,)
    for values, counts in ((0.5, [3]), ([0.5], 3), (VALUES, [1, 2])):
        with pytest.raises(InvalidArgument, match="one for each of the values"):
            bounds.bounded_loss(values, counts)


def test_values_that_no_loss_had_change_nothing():
    with_them = bounds.bounded_loss([0.0, 0.25, 0.5, 0.75], [70, 0, 30, 0], 10.0)
    assert with_them == pytest.approx(bounds.bounded_loss([0.0, 0.5], [70, 30], 10.0), rel=1e-12)


def layer(values, counts, sigma, centers, probabilities):
    return perturbation.NoisyLayer(
        values=np.array(values), counts=np.array(counts), sigma=sigma, centers=np.array(centers),
        probabilities=np.array(probabilities),
    )  # fmt: skip


def one_value(centers):
    """A layer of one value, and the nodes that it has at first."""
    held = layer([0.2], [1.0], 0.3, np.linspace(-1, 1, centers), np.full(centers, 1 / centers))
    cells = Cells.around(np.array([0.2]), np.ones(1), 0.3, 0.3 / perturbation._FIRST)
    return held, len(cells.nodes), perturbation._cells(np.ones(1), perturbation._FIRST)


def test_tangents_are_refined_by_the_curved_bound(monkeypatch):
    used = []
    divergence = Cells.divergence

    def watched(self, prior, lam, *, curved):
        used.append(curved)
        return divergence(self, prior, lam, curved=curved)

    monkeypatch.setattr(Cells, "divergence", watched)
    bounds.layer_perturbation_kl(one_value(2)[0], [0.31], tolerance=1e-9)
    assert used[:2] == [False, True]
    assert all(used[1:])


def test_work_that_is_allowed_and_work_that_is_not():
    held, nodes, cells = one_value(100)
    kl = bounds.layer_perturbation_kl
    for too_little in (nodes * 100 - 1, 16 * cells):
        with pytest.raises(InvalidArgument, match="more work"):
            kl(held, [0.31], most_work=too_little)
    coarse = kl(held, [0.31], most_work=nodes * 100)
    assert coarse == kl(held, [0.31], tolerance=np.inf)
    assert kl(held, [0.31], most_work=10**9) < coarse
    few = one_value(2)[0]
    with pytest.raises(InvalidArgument, match="more work"):
        kl(few, [0.31], most_work=16 * cells - 1)
    unrefined = kl(few, [0.31], tolerance=np.inf)
    assert kl(few, [0.31], most_work=1.5 * 16 * cells) == unrefined
    assert kl(few, [0.31], most_work=2.5 * 16 * cells) < unrefined
