"""Random changes of training images that were chosen in advance: affine, elastic, flips, shifts.

All images of a batch are changed at once: each gets a field of places where its pixels come from, and is
interpolated there. The random numbers come from the caller's generator, so that the same seed gives the same
images whatever was drawn elsewhere. They are drawn on the CPU; pixels are moved where the images are.
"""

import math

import torch
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor
from torch.nn import functional as F


@dataclass(frozen=True, config={"extra": "forbid"})
class Augmentation:
    """How far images are changed; a range r means uniform in [-r, r], and 0 means not at all.

    Attributes:
        rotation: degrees.
        scale: of the logarithm of the size, along each axis.
        shear: of the slope.
        shift: pixels.
        elastic: standard deviation of the displacement of a pixel, in pixels.
        elastic_cells: the displacement is smooth between a grid of so many cells along each axis.
        flip: mirror left and right in half of the cases.
        crop: whole pixels by which an image is shifted, cheaper than ``shift``; zeros come in.
        erase: side of a square, in pixels, that is set to zero at a random place (cutout).
    """

    rotation: float = Field(default=0.0, ge=0)
    scale: float = Field(default=0.0, ge=0)
    shear: float = Field(default=0.0, ge=0)
    shift: float = Field(default=0.0, ge=0)
    elastic: float = Field(default=0.0, ge=0)
    elastic_cells: int = Field(default=5, ge=2)
    flip: bool = False
    crop: int = Field(default=0, ge=0)
    erase: int = Field(default=0, ge=0)

    def __call__(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Changed copies of ``images``, float N x C x H x W."""
        if self.flip:
            mirrored = (torch.rand(len(images), generator=generator) < 0.5).to(images.device)
            images = torch.where(mirrored[:, None, None, None], images.flip(-1), images)
        if self.crop:
            images = _cropped(images, self.crop, generator)
        if self._bends:
            images = F.grid_sample(
                images, self._places(images, generator).to(images.device), align_corners=False
            )
        if self.erase:
            images = _erased(images, self.erase, generator)
        return images

    @property
    def _bends(self) -> bool:
        return any((self.rotation, self.scale, self.shear, self.shift, self.elastic))

    def _places(self, images: Tensor, generator: torch.Generator) -> Tensor:
        """Where each pixel comes from, N x H x W x 2 in [-1, 1]."""
        number, _, height, width = images.shape
        places = F.affine_grid(
            self._affine(number, height, width, generator), [number, 1, height, width], False
        )
        if self.elastic:
            cells = self.elastic_cells
            corners = torch.randn(number, 2, cells, cells, generator=generator) * self.elastic
            field = F.interpolate(corners, (height, width), mode="bicubic", align_corners=True)
            places = places + field.permute(0, 2, 3, 1) * (2 / torch.tensor([width, height]))
        return places

    def _affine(self, number: int, height: int, width: int, generator: torch.Generator) -> Tensor:
        """Maps of output to input coordinates, N x 2 x 3."""
        draw = torch.rand(number, 6, generator=generator) * 2 - 1
        angle = draw[:, 0] * (self.rotation * math.pi / 180)
        x_scale, y_scale = (draw[:, 1:3] * self.scale).exp().unbind(1)
        slope = draw[:, 3] * self.shear
        x_shift, y_shift = (draw[:, 4:] * self.shift * (2 / torch.tensor([width, height]))).unbind(1)
        cos, sin = angle.cos(), angle.sin()
        rows = [cos * x_scale, (cos * slope - sin) * y_scale, x_shift]
        rows += [sin * x_scale, (sin * slope + cos) * y_scale, y_shift]
        return torch.stack(rows, dim=1).view(number, 2, 3)


def _cropped(images: Tensor, most: int, generator: torch.Generator) -> Tensor:
    """Each image moved by whole pixels of its own along both axes."""
    number, _, height, width = images.shape
    down, right = torch.randint(0, 2 * most + 1, (2, number), generator=generator)
    rows = (down[:, None] + torch.arange(height))[:, None, :, None]
    columns = (right[:, None] + torch.arange(width))[:, None, None, :]
    padded = F.pad(images, (most, most, most, most))
    channels = torch.arange(images.shape[1])[None, :, None, None]
    places = (torch.arange(number)[:, None, None, None], channels, rows, columns)
    return padded[tuple(place.to(images.device) for place in places)]


def _erased(images: Tensor, side: int, generator: torch.Generator) -> Tensor:
    """Each image with a square of zeros, which may reach over the edge."""
    number, _, height, width = images.shape
    top = torch.randint(1 - side, height, (number, 1), generator=generator)
    left = torch.randint(1 - side, width, (number, 1), generator=generator)
    rows, columns = torch.arange(height), torch.arange(width)
    inside = ((rows >= top) & (rows < top + side))[:, :, None] & (
        (columns >= left) & (columns < left + side)
    )[:, None]
    return images.masked_fill(inside[:, None].to(images.device), 0.0)
