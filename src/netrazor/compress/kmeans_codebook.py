"""A codebook for one tensor: few values (centres), each a small integer times one step, found by k-means."""

from dataclasses import dataclass

import kmeans1d
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

Array = NDArray[np.float64]

SAMPLE = 200_000  # values the exact one-dimensional k-means is run on, evenly spread in sorted order


def find_kmeans_centers(values: Array, k: int) -> Array:
    """At most ``k`` centres of ``values``, by the k-means of least loss (exact in one dimension), in rising order.

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
    """The values step * i for integers 0 < |i| < 2^(bits - 1): a centre among them takes ``bits`` bits.

    The step is a float32 with eight significant bits (as in bfloat16), so each product is exact in float32.
    """

    step: float
    bits: int

    @classmethod
    def over(cls, values: Array, bits: int) -> "Grid":
        """The finest grid that reaches the largest magnitude of ``values``."""
        largest = float(np.abs(values).max(initial=0.0)) or 1.0
        return cls(round_up_to_eight_bits(largest / (2 ** (bits - 1) - 1)), bits)

    def round(self, values: Tensor) -> Tensor:
        """The nearest grid values, float64; never zero, which is reserved for pruned weights."""
        most = 2 ** (self.bits - 1) - 1
        magnitudes = (values.abs() / self.step).round_().clamp_(1, most).mul_(self.step)
        return torch.where(values < 0, -magnitudes, magnitudes)


class Codebook:
    """The non-zeros of one parameter, each assigned to one of few centres.

    Attributes:
        positions: of the non-zeros in the flattened parameter.
        grid: on which the centres are coded.
        centers: float32, not yet rounded to the grid, in rising order.
        indices: the centre of each non-zero.
    """

    def __init__(self, weight: Tensor, entries: int, center_bits: int) -> None:
        self.positions = (weight.flatten() != 0).nonzero()[:, 0]
        values = self.get_latent(weight).double().cpu().numpy()
        self.grid = Grid.over(values, center_bits)
        self.centers = torch.from_numpy(find_kmeans_centers(values, entries)).float().to(weight.device)
        self.assign(weight)

    def get_latent(self, weight: Tensor) -> Tensor:
        """The unquantized values of the non-zeros, float32."""
        return weight.detach().flatten()[self.positions].float()

    def assign(self, weight: Tensor) -> None:
        """Assign each weight to its nearest centre."""
        middles = (self.centers[1:] + self.centers[:-1]) / 2
        self.indices = torch.bucketize(self.get_latent(weight), middles)

    def recenter(self, weight: Tensor) -> None:
        """Set each centre to the mean of its weights; a centre without weights stays."""
        count = torch.bincount(self.indices, minlength=len(self.centers))
        total = torch.zeros_like(self.centers).index_add_(0, self.indices, self.get_latent(weight))
        self.centers = torch.where(count > 0, total / count.clamp(min=1), self.centers)

    def quantize(self, weight: Tensor) -> Tensor:
        """The tensor that the network computes with."""
        values = self.grid.round(self.centers.double()).float()
        flat = torch.zeros(weight.numel(), device=weight.device)
        flat[self.positions] = values[self.indices]
        return torch.empty_like(weight).copy_(flat.view_as(weight))  # in its layout and type


def round_up_to_eight_bits(value: float) -> float:
    """``value`` rounded up to eight significant bits."""
    mantissa, exponent = np.frexp(value)
    return float(np.ldexp(np.ceil(mantissa * 256) / 256, exponent))
