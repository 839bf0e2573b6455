"""Certified risks as they are recorded: whole multiples of 1e-9, rounded towards the weaker claim."""

import numpy as np
from numpy.typing import NDArray

_STEPS = 10**9
_LEAST_EXCESS = 1e-12  # of the rounding, by which another machine's logarithms may differ unseen


def risk_up(value: float) -> float:
    """``value`` rounded up far enough that machines whose logarithms differ in the last place agree on it."""
    return float(risks_up(np.array(float(value))))


def risks_up(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """`risk_up` of each of ``values``."""
    return np.minimum(1.0, np.ceil((values + _LEAST_EXCESS) * _STEPS) / _STEPS)


def complement_down(risk: float) -> float:
    """1 - ``risk`` of a rounded risk, as the multiple that it is."""
    return round((1 - risk) * _STEPS) / _STEPS
