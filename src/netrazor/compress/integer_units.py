"""The unit of a tensor of whole numbers, a power of two, and the value that its zeros stand for."""

import math

import numpy as np
from torch import Tensor

_COVERED = 0.95  # of the given weights are in reach of the largest integer
_NEAR = 0.9  # share of the values of a vector that must be nearer to its centre than to zero
_FINE = 16  # units from zero to a centre, at most


def choose_step_size(weights: Tensor, limit: int) -> float:
    """A power of two: 1 for integers up to ``limit``, or one by which most weights become at most ``limit``."""
    sizes = weights[weights != 0].abs().cpu().numpy()
    if sizes.size == 0:
        return 1.0
    covering = 2.0 ** math.ceil(math.log2(sizes.max() / limit))  # brings all weights in reach
    if not (sizes % covering).any():
        return max(1.0, covering) if not (sizes % 1).any() else covering
    reach = float(np.quantile(sizes, _COVERED if weights.ndim > 1 else 1.0))
    return float(2.0 ** round(math.log2(reach / limit)))


def choose_center(weights: Tensor) -> float:
    """What a vector moves away from: zero, or a power of two that nearly all of its values are nearer to.

    The scales of norms are such vectors: as steps away from one most of them are zero, and what costs bits are those
    that change.
    """
    if weights.ndim > 1 or weights.numel() < 2:
        return 0.0
    median = float(weights.median())
    if median == 0 or not math.isfinite(median):
        return 0.0
    center = math.copysign(2.0 ** round(math.log2(abs(median))), median)
    near = (weights - center).abs() < weights.abs()
    return center if float(near.double().mean()) > _NEAR else 0.0


def choose_unit(weights: Tensor, center: float, limit: int) -> float:
    """The step of a tensor around its centre; a sixteenth of a centre at least, since finer steps only cost bits."""
    if center == 0:
        return choose_step_size(weights, limit)
    least, steps = abs(center) / _FINE, weights - center
    return max(least, choose_step_size(steps, limit)) if bool(steps.any()) else least
