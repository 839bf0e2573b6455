"""Conversions against exact arithmetic, and printing that only rounds towards the weaker claim."""

from decimal import Decimal
from fractions import Fraction

import mpmath
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netrazor import units

lengths = st.just(0.0) | st.floats(min_value=1e-300, max_value=1e12)
risks = st.floats(min_value=0, max_value=1)
digits = st.integers(min_value=0, max_value=8)


@given(lengths)
def test_conversions_round_up_and_by_little(length: float) -> None:
    with mpmath.workdps(40):
        exact_nats = mpmath.mpf(length) * mpmath.log(2)
        exact_bits = mpmath.mpf(length) / mpmath.log(2)
        assert exact_nats <= units.nats_from_bits(length) <= exact_nats * (1 + mpmath.mpf(2) ** -48)
        assert exact_bits <= units.bits_from_nats(length) <= exact_bits * (1 + mpmath.mpf(2) ** -48)


def test_a_kib_is_8192_bits() -> None:
    assert units.kib_from_bits(8192) == 1.0
    assert units.nats_from_bits(0) == 0.0


@given(risks, digits)
def test_printed_percentages_enclose_the_risk(risk: float, places: int) -> None:
    above = Fraction(Decimal(units.percent_up(risk, places).removesuffix(" %"))) / 100
    below = Fraction(Decimal(units.percent_down(risk, places).removesuffix(" %"))) / 100
    step = Fraction(1, 100 * 10**places)
    assert below <= Fraction(risk) <= above
    assert above - below in (0, step)


@given(lengths, digits)
def test_printed_decimals_enclose_the_value(value: float, places: int) -> None:
    above, below = (Fraction(Decimal(show(value, places))) for show in (units.decimal_up, units.decimal_down))
    assert below <= Fraction(value) <= above


@pytest.mark.parametrize(
    ("risk", "up", "down"),
    [(0.25, "25.00 %", "25.00 %"), (0.12341, "12.35 %", "12.34 %"), (0.1, "10.01 %", "10.00 %")],
)
def test_percentages_by_hand(risk: float, up: str, down: str) -> None:
    """The float 0.1 is above one tenth, so an upper bound of it prints as 10.01 %."""
    assert units.percent_up(risk) == up
    assert units.percent_down(risk) == down
