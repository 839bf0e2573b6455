"""Identities, orders and reference values of the risk bounds."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from netrazor import bounds
from netrazor.errors import InvalidArgument

KIB = 8 * 1024 * math.log(2)
IMAGENET = 1_281_167

risks = st.floats(0, 1)
nats = st.floats(0, 1e6)
sizes = st.integers(8, 10**8)
deltas = st.floats(1e-12, 0.5)


@pytest.mark.parametrize(
    ("risk", "kib", "n", "expected"),
    [
        (0.35, 350, IMAGENET, 0.965400),
        (0.13, 350, IMAGENET, 0.890298),
        (0.015, 6.23, 60_000, 0.486849),
        (0.010, 6.23, 60_000, 0.475395),
        (0.005, 6.23, 60_000, 0.462497),
    ],
)
def test_catoni_reference_values(risk, kib, n, expected):
    assert bounds.catoni(risk, kib * KIB, n) == pytest.approx(expected, abs=1e-6)


def test_clopper_pearson_reference_values():
    assert bounds.clopper_pearson(0, 100) == pytest.approx(1 - 0.05**0.01, abs=1e-13)
    assert bounds.clopper_pearson(5, 5) == 1.0
    assert bounds.clopper_pearson(1, 2) == pytest.approx(math.sqrt(0.95), abs=1e-12)


@given(risks, nats, sizes, deltas)
@settings(max_examples=50, deadline=None)
def test_order_of_the_pac_bayes_bounds(risk, kl_nats, n, delta):
    maurer = bounds.maurer(risk, kl_nats, n, delta)
    assert risk <= maurer <= bounds.mcallester(risk, kl_nats, n, delta) + 1e-12
    assert bounds.catoni(risk, kl_nats, n, delta) >= risk - 1e-12
    assert bounds.dr17(risk, kl_nats, n, delta, grid_index=3) >= bounds.dr17(risk, kl_nats, n, delta) - 1e-12


@given(st.integers(8, 10**7), st.data(), st.floats(0, 1e5), deltas)
@settings(max_examples=50, deadline=None)
def test_occam_is_never_looser_than_the_kl_inverse(n, data, code_bits, delta):
    errors = data.draw(st.integers(0, n))
    point_mass = (code_bits * math.log(2) - math.log(delta)) / n
    assert bounds.occam(errors, n, code_bits, delta) <= bounds.kl_inverse(errors / n, point_mass) + 1e-12
    assert bounds.occam(errors, n, code_bits + 1, delta) >= bounds.occam(errors, n, code_bits, delta) - 1e-12


@given(risks, nats, sizes)
@settings(max_examples=30, deadline=None)
def test_every_bound_grows_with_risk_and_divergence_and_falls_with_delta(risk, kl_nats, n):
    for bound in (bounds.catoni, bounds.maurer, bounds.mcallester, bounds.dr17):
        value = bound(risk, kl_nats, n)
        assert value <= bound(min(1.0, risk + 0.1), kl_nats, n) + 1e-9
        assert value <= bound(risk, kl_nats + 100, n) + 1e-9
        assert value <= bound(risk, kl_nats, n, 0.01) + 1e-9


def test_catoni_is_the_least_over_lambda():
    lams = np.geomspace(1.001, 1e9, 20_000)
    values = bounds.catoni_at(0.1, 5000, 60_000, lams)
    assert bounds.catoni(0.1, 5000, 60_000) <= values.min() <= bounds.catoni(0.1, 5000, 60_000) + 1e-6


def test_alpha_is_fixed_or_paid_for():
    best = min(bounds.catoni(0.02, 3000, 60_000, alpha=alpha) for alpha in bounds.ALPHAS)
    paid = bounds.catoni_over_alpha(0.02, 3000, 60_000)
    assert best < paid < best + 0.001
    assert bounds.catoni_over_alpha([0.02, 0.5], 3000, 60_000).shape == (2,)
    assert bounds.catoni_over_alpha(0.02, 3000, 60_000, alphas=(1.001,)) == pytest.approx(
        bounds.catoni(0.02, 3000, 60_000, alpha=1.001)
    )


def test_scalars_give_floats_and_arrays_broadcast():
    for bound in (bounds.catoni, bounds.maurer, bounds.mcallester, bounds.dr17):
        assert type(bound(0.1, 100, 1000)) is float
        values = bound(np.array([[0.1], [0.2]]), np.array([10.0, 20, 30]), 1000)
        assert values.shape == (2, 3)
        assert values[1, 2] == pytest.approx(bound(0.2, 30, 1000), abs=1e-14)
    assert type(bounds.occam(3, 100, 10)) is float
    assert bounds.occam([0, 3, 100], 100, 10).shape == (3,)
    assert bounds.catoni(np.empty(0), 1, 100).shape == (0,)
    assert bounds.kl_inverse([], 1.0).shape == (0,)


def test_many_values_at_once_match_one_by_one():
    errors = np.arange(0, 5000, 97)
    together = bounds.occam(errors, 5000, 40)
    assert together == pytest.approx([bounds.occam(int(e), 5000, 40) for e in errors], abs=1e-12)


def test_a_rounded_quotient_is_no_loophole():
    # 1/3 in floats is below 1/3; the bound must hold for the exact frequency.
    assert bounds.maurer(1 / 3, 0, 3000) > bounds.kl_inverse(1 / 3, math.log(2 * 3000**0.5 / 0.05) / 3000)


def test_outcomes():
    assert bounds.outcome(1.0, 10) is bounds.Outcome.VACUOUS
    assert bounds.outcome(0.95, 10) is bounds.Outcome.GUESSING
    assert bounds.outcome(0.2, 10) is bounds.Outcome.INFORMATIVE


def test_side_by_side():
    from fractions import Fraction

    lines = bounds.side_by_side(Fraction(1, 10), 1000, 50.0)
    values = {line.method.split(",")[0]: line.bound for line in lines}
    assert values["Occam"] == bounds.occam(100, 1000, 50 / math.log(2))
    assert values["McAllester"] == bounds.mcallester(0.1, 50, 1000)
    assert all(0.1 < line.bound <= 1 for line in lines)
    with pytest.raises(ValueError, match="risk: must be in"):
        bounds.side_by_side(Fraction(3, 2), 1000, 50.0)


def test_outcomes_at_their_limits():
    assert bounds.outcome(0.5, 2) is bounds.Outcome.GUESSING
    assert bounds.outcome(math.nextafter(0.5, 0), 2) is bounds.Outcome.INFORMATIVE
    assert bounds.outcome(0.6, 3) is bounds.Outcome.INFORMATIVE
    assert bounds.outcome(0.7, 3) is bounds.Outcome.GUESSING
    assert bounds.outcome(math.nextafter(1, 0), 2) is bounds.Outcome.GUESSING


@pytest.mark.parametrize(("bound", "least"), [("maurer", 8), ("mcallester", 8), ("dr17", 2)])
def test_the_least_number_of_examples_is_that_of_the_theorem(bound, least):
    call = getattr(bounds, bound)
    assert 0 < call(0.0, 0.1, least) <= 1
    with pytest.raises(InvalidArgument, match=f"n: must be a whole number from {least} to"):
        call(0.0, 0.1, least - 1)


@pytest.mark.parametrize("place", [1, 3])
def test_dr17_without_errors_has_a_closed_form(place):
    n, kl_nats, delta = 1000, 20.0, 0.05
    nats = kl_nats + np.log(np.pi**2 * n / (6 * delta)) + 2 * np.log(place)
    found = bounds.dr17(0.0, kl_nats, n, delta, grid_index=place)
    assert found == pytest.approx(-np.expm1(-nats / (n - 1)), rel=1e-9)
    if place == 1:  # the place that is meant where none is named
        assert found == bounds.dr17(0.0, kl_nats, n, delta)
