"""A codebook for one tensor: few values, each a short whole number times one step."""

from dataclasses import dataclass

import kmeans1d
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Array = NDArray[np.float64]

SAMPLE = 200_000  # values the exact one-dimensional k-means is run on, evenly spread in sorted order


def kmeans_centers(values: Array, k: int) -> Array:
    """At most ``k`` centres of ``values``, by k-means that is exact in one dimension, in rising order.

    Beyond ``SAMPLE`` values, evenly spaced quantiles stand for them.
    """
    ordered = np.sort(values)
    if len(ordered) > SAMPLE:
        ordered = ordered[np.linspace(0, len(ordered) - 1, SAMPLE).astype(int)]
    distinct = np.unique(ordered)
    if len(distinct) <= k:
        return distinct
    centers: Array = np.unique(np.array(kmeans1d.cluster(ordered, k).centroids))
    return centers


@dataclass(frozen=True)
class Grid:
    """The values step * i for whole numbers 0 < |i| < 2^(bits - 1): a centre on it takes ``bits`` bits.

    The step is a float32 with eight significant bits (as in bfloat16), so each product is exact in float32.
    """

    step: float
    bits: int

    @classmethod
    def over(cls, values: Array, bits: int) -> "Grid":
        """The grid that just holds the largest magnitude of ``values``."""
        largest = float(np.abs(values).max(initial=0.0)) or 1.0
        return cls(eight_bits_up(largest / (2 ** (bits - 1) - 1)), bits)

    def snap(self, values: Tensor) -> Tensor:
        """The nearest grid values, float64; never zero, which is reserved for pruned weights."""
        most = 2 ** (self.bits - 1) - 1
        magnitudes = (values.abs() / self.step).round_().clamp_(1, most).mul_(self.step)
        return torch.where(values < 0, -magnitudes, magnitudes)


def eight_bits_up(value: float) -> float:
    """``value`` rounded up to eight significant bits."""
    mantissa, exponent = np.frexp(value)
    return float(np.ldexp(np.ceil(mantissa * 256) / 256, exponent))
