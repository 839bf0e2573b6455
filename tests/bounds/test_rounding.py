"""Rounding towards the weaker claim, to the last place."""

import math

import numpy as np

from netrazor.bounds import _rounding as rounding


def test_up_and_down_are_64_units_away():
    unit = 2.0**-53
    assert unit == rounding.UNIT_ROUNDOFF
    assert rounding.up(1.0) == 1 + 64 * unit
    assert rounding.down(1.0) == 1 - 64 * unit
    assert rounding.up(0.0) == rounding.down(0.0) == 0.0


def test_a_quotient_goes_one_float_up_between_its_ends():
    given = np.array([0.0, 5e-324, 0.25, math.nextafter(1, 0), 1.0])
    assert rounding.quotient_up(given).tolist() == [0.0, 1e-323, math.nextafter(0.25, 1), 1.0, 1.0]


def test_a_risk_stops_at_one():
    assert rounding.risk(np.array([0.5, 1.0, 1.5])).tolist() == [0.5, 1.0, 1.0]
