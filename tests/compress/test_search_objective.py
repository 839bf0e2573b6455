"""The objective of the searches follows the bound that certificates state, and goes on where that is vacuous."""

import pytest

from netrazor import bounds
from netrazor.compress.search_objective import approximate_bound
from netrazor.units import LOG_2


@pytest.mark.parametrize("risk", [0.0, 0.03, 0.4, 1.0])
@pytest.mark.parametrize("bits", [0.0, 800.0, 20_000.0])
def test_it_is_about_the_kl_bound(risk: float, bits: float) -> None:
    certified = float(bounds.maurer(risk, bits * LOG_2, 60_000, 0.05))
    assert approximate_bound(risk, bits, 60_000, 0.05) == pytest.approx(certified, abs=1e-6) or certified >= 1


def test_where_the_bound_says_nothing_fewer_bits_and_errors_are_better_still() -> None:
    worst = approximate_bound(0.5, 3e6, 1000, 0.05)
    assert worst > approximate_bound(0.5, 2e6, 1000, 0.05) > 1
    assert worst > approximate_bound(0.4, 3e6, 1000, 0.05) > 1
