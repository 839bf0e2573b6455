"""Fixed views of an image: moved, turned, larger or smaller, some of them after a norm for size and slant.

What is learned behind them sees each view, and the last layer the sum of all: half of what a move, a turn or a change
of size does to the scores is gone before anything is learned, and costs no bit. No data chose the views, and all
arithmetic is on 64-bit integers.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from netrazor.reproduction.record_networks.moments import Moments
from netrazor.reproduction.record_networks.sampling import interpolated, offsets_from_middle

ROWS, COLUMNS = 6, (18, 5)  # standard deviations of a digit of the usual size: 6 rows, 18 / 5 columns
SMALLEST_SCALE, LARGEST_SCALE = 64, 512  # in 256ths


@dataclass(frozen=True)
class View:
    """How an image is read around its middle; in 256ths.

    What is a rows below and b columns right of the middle is read at (scale a + turn b) / 256 + down rows, (scale b -
    turn a) / 256 + right columns from there.

    Attributes:
        scale: below 256 the view shows less, and that larger.
        turn: sine of the angle.
        down: rows, times 256.
        right: columns, times 256.
    """

    scale: int = 256
    turn: int = 0
    down: int = 0
    right: int = 0

    def read_at(self, height: int, width: int, device: torch.device) -> tuple[Tensor, Tensor]:
        """Rows and columns from the middle that the view's places are read at, each 1 x H x W, in 256ths."""
        a, b = offsets_from_middle(height, width, device)
        y, x = self.scale * a + self.turn * b, self.scale * b - self.turn * a
        return (y >> 8) + self.down, (x >> 8) + self.right


class PlainViews(nn.Module):
    """From N x C x H x W images of whole numbers to N x V x C x H x W: their V views; borders go on outside."""

    def __init__(self, views: tuple[View, ...]) -> None:
        super().__init__()
        self.views = views

    def forward(self, images: Tensor) -> Tensor:
        """The views of ``images``."""
        height, width = images.shape[2:]
        pixels = images.flatten(0, 1).long()
        found = []
        for view in self.views:
            y, x = view.read_at(height, width, images.device)
            y = (y + 128 * (height - 1)).clamp(0, 256 * (height - 1))
            x = (x + 128 * (width - 1)).clamp(0, 256 * (width - 1))
            found.append(interpolated(pixels, y.expand_as(pixels), x.expand_as(pixels)).view(images.shape))
        return torch.stack(found, 1).to(images)


class UprightViews(nn.Module):
    """From N x 1 x H x W images of whole numbers, light on dark, to N x V x 1 x H x W: V views of them in a norm.

    By its own moments each image is sheared until upright, centred, and brought to a standard deviation of 6 rows;
    its standard deviation in columns goes half of the way to 3.6 (as a ratio: a one stays narrower than a zero). Such
    norms are usual for written characters (Casey 1970; Liu, Nakashima, Sako and Fujisawa 2004).
    """

    def __init__(self, views: tuple[View, ...]) -> None:
        super().__init__()
        self.views = views

    def forward(self, images: Tensor) -> Tensor:
        """The views of ``images``."""
        pixels = images[:, 0].long()
        _, height, width = pixels.shape
        moments = Moments.of(pixels)
        (row, column), shear = moments.centre, moments.shear
        tall, wide = scales(moments)
        found = []
        for view in self.views:
            y, x = view.read_at(height, width, images.device)
            y = tall * y >> 8
            x = (wide * x >> 8) + (shear * y >> 8)
            found.append(interpolated(pixels, y + row, x + column)[:, None])
        return torch.stack(found, 1).to(images)


def scales(moments: Moments) -> tuple[Tensor, Tensor]:
    """By how much rows and columns of the norm are stretched to be those of each image, in 256ths."""
    mass, shear = moments.mass, moments.shear
    # The variance of the columns once the image is upright: of x - shear y / 256.
    lean = shear * (shear * moments.variance_y - 512 * moments.covariance)
    variance_x = (moments.variance_x + (lean >> 16)).clamp(min=1)
    tall = whole_root(_divided(_divided(moments.variance_y << 16, mass * mass), ROWS**2))
    numerator, denominator = COLUMNS
    width = whole_root(_divided(variance_x << 16, mass * mass))  # 256 standard deviations
    wide = whole_root(_divided(256 * denominator * width, numerator))
    return tall.clamp(SMALLEST_SCALE, LARGEST_SCALE), wide.clamp(SMALLEST_SCALE, LARGEST_SCALE)


def whole_root(values: Tensor) -> Tensor:
    """Square roots of whole numbers below 2^52, rounded down; the root of a float64 is correctly rounded."""
    return values.double().sqrt().floor().long()


def _divided(numerators: Tensor, denominators: Tensor | int) -> Tensor:
    return torch.div(numerators, denominators, rounding_mode="floor")
