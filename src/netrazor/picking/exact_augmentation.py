"""Random changes of images in whole numbers: the same pixels on every machine.

Each image is read at places that are multiples of 1/16 pixel: a random linear map of the places (which turns, scales
and shears), a random shift, and a field of random displacements that is linear between the corners of a grid. Pixels
are whole numbers and are interpolated between their four neighbours in whole numbers.
"""

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor

from netrazor.certification.spending import hash_positions

_ONE = 16  # places of one pixel
_GRID = 256  # of the entries of the linear map

Whole = NDArray[np.int64]


@dataclass(frozen=True, config={"extra": "forbid"})
class ExactAugmentation:
    """How far images are changed, in whole numbers; uniform in minus the range to the range.

    Attributes:
        linear: of the entries of the linear map beside the identity, in 256ths.
        shift: of the shift along each axis, in 16ths of a pixel.
        elastic: of the displacement of each corner of the grid along each axis, in 16ths of a pixel.
        cells: of this grid along each axis.
        flip: mirror left and right in half of the cases.
    """

    linear: int = Field(default=0, ge=0, le=_GRID)
    shift: int = Field(default=0, ge=0)
    elastic: int = Field(default=0, ge=0)
    cells: int = Field(default=4, ge=1)
    flip: bool = False

    def __call__(self, images: Tensor, seed: int) -> Tensor:
        """Changed copies of ``images``, whole numbers N x C x H x W as float64."""
        number, _, height, width = images.shape
        corners = 2 * (self.cells + 1) ** 2
        draws = whole_numbers(seed, number * (7 + corners)).reshape(number, -1)
        rows, columns = self._places(draws[:, : 6 + corners], height, width)
        if self.flip:
            mirrored = (draws[:, -1] & 1)[:, None, None]
            columns = np.where(mirrored == 1, _ONE * (width - 1) - columns, columns)
        return _interpolated(images, rows, columns)

    def _places(self, draws: NDArray[np.uint64], height: int, width: int) -> tuple[Whole, Whole]:
        """Where each pixel comes from, in 16ths of a pixel, each N x H x W."""
        linear = _within(draws[:, :4], self.linear)[:, :, None, None]
        shift = _within(draws[:, 4:6], self.shift)[:, :, None, None]
        down = np.arange(height, dtype=np.int64)[None, :, None] * 2 - (height - 1)  # twice from the middle
        right = np.arange(width, dtype=np.int64)[None, None, :] * 2 - (width - 1)
        half = 2 * _GRID // _ONE
        bend = self._field(_within(draws[:, 6:], self.elastic), height, width)
        rows = (linear[:, 0] * down + linear[:, 1] * right) // half + shift[:, 0] + bend[:, 0]
        columns = (linear[:, 2] * down + linear[:, 3] * right) // half + shift[:, 1] + bend[:, 1]
        return rows + _ONE * np.arange(height)[None, :, None], columns + _ONE * np.arange(width)[
            None, None, :
        ]

    def _field(self, corners: Whole, height: int, width: int) -> Whole:
        """Displacements N x 2 x H x W, linear between (cells + 1)^2 corners."""
        side = self.cells + 1
        corners = corners.reshape(-1, 2, side, side)
        along = [np.arange(size, dtype=np.int64) * self.cells for size in (height, width)]
        cell = [np.minimum(a // (s - 1), self.cells - 1) for a, s in zip(along, (height, width), strict=True)]
        rest = [a - c * (s - 1) for a, c, s in zip(along, cell, (height, width), strict=True)]
        top, bottom = corners[:, :, cell[0]], corners[:, :, cell[0] + 1]
        down = (top * (height - 1 - rest[0])[:, None] + bottom * rest[0][:, None]).astype(np.int64)
        left, right = down[..., cell[1]], down[..., cell[1] + 1]
        field: Whole = (left * (width - 1 - rest[1]) + right * rest[1]) // ((height - 1) * (width - 1))
        return field


def whole_numbers(seed: int, number: int) -> NDArray[np.uint64]:
    """``number`` pseudo-random 64-bit numbers of a stream that ``seed`` names."""
    start = hash_positions(np.array([seed], dtype=np.int64), seed=1)[0]  # so that streams do not overlap
    return hash_positions(np.arange(number, dtype=np.int64), int(start))


def _within(draws: NDArray[np.uint64], reach: int) -> Whole:
    """Whole numbers in -reach .. reach."""
    drawn: Whole = (draws >> np.uint64(33)).astype(np.int64) % (2 * reach + 1) - reach
    return drawn


def _interpolated(images: Tensor, rows: Whole, columns: Whole) -> Tensor:
    """Pixels at the places, rounded to whole numbers, halves upward; zero outside of the image."""
    number, channels, height, width = images.shape
    padded = np.zeros((number, channels, height + 2, width + 2), dtype=np.int64)
    padded[:, :, 1:-1, 1:-1] = images.numpy()
    rows = np.clip(rows + _ONE, 0, _ONE * (height + 1) - 1)
    columns = np.clip(columns + _ONE, 0, _ONE * (width + 1) - 1)
    row, down, column, right = rows // _ONE, rows % _ONE, columns // _ONE, columns % _ONE
    flat = padded.reshape(number, channels, -1)
    start = (row * (width + 2) + column).reshape(number, 1, -1)
    down, right = down.reshape(number, 1, -1), right.reshape(number, 1, -1)
    found = [np.take_along_axis(flat, start + step, axis=2) for step in (0, 1, width + 2, width + 3)]
    top = found[0] * (_ONE - right) + found[1] * right
    bottom = found[2] * (_ONE - right) + found[3] * right
    mixed = (top * (_ONE - down) + bottom * down + _ONE * _ONE // 2) // (_ONE * _ONE)
    return torch.from_numpy(mixed.reshape(images.shape).astype(np.float64))
