"""Where an image is bright: centre, spread and slant of its brightness, in whole numbers."""

from dataclasses import dataclass

import torch
from torch import Tensor

LARGEST_SHEAR = 384  # in 256ths of a column for each row


@dataclass(frozen=True)
class Moments:
    """Of N images, each N x 1 x 1, 64-bit integers. Variances and covariance are times the mass squared.

    Attributes:
        mass: sum of all values, at least 1.
        sum_y: of values times rows.
        sum_x: of values times columns.
        covariance: of rows and columns.
        variance_y: of rows, at least 1.
        variance_x: of columns.
    """

    mass: Tensor
    sum_y: Tensor
    sum_x: Tensor
    covariance: Tensor
    variance_y: Tensor
    variance_x: Tensor

    @classmethod
    def of(cls, pixels: Tensor) -> "Moments":
        """Of N x H x W 64-bit integers."""
        rows = torch.arange(pixels.shape[1], device=pixels.device)[None, :, None]
        columns = torch.arange(pixels.shape[2], device=pixels.device)[None, None, :]

        def total(values: Tensor) -> Tensor:
            return values.sum((1, 2), keepdim=True)

        mass = total(pixels).clamp(min=1)
        sum_y, sum_x = total(pixels * rows), total(pixels * columns)
        return cls(
            mass,
            sum_y,
            sum_x,
            mass * total(pixels * columns * rows) - sum_x * sum_y,
            (mass * total(pixels * rows * rows) - sum_y * sum_y).clamp(min=1),
            mass * total(pixels * columns * columns) - sum_x * sum_x,
        )

    @property
    def centre(self) -> tuple[Tensor, Tensor]:
        """Row and column of the centre, in 256ths."""
        return in_256ths(self.sum_y, self.mass), in_256ths(self.sum_x, self.mass)

    @property
    def shear(self) -> Tensor:
        """Columns by which the image leans for each row, in 256ths, clipped to `LARGEST_SHEAR`."""
        return in_256ths(self.covariance, self.variance_y).clamp(-LARGEST_SHEAR, LARGEST_SHEAR)


def in_256ths(numerators: Tensor, denominators: Tensor) -> Tensor:
    """Quotients in 256ths, rounded down."""
    return torch.div(256 * numerators, denominators, rounding_mode="floor")
