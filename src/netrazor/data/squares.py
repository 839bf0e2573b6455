"""Image files as squares of one size, read as they are needed."""

import copy
import os
from abc import abstractmethod
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import IO, TypeVar

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import get_worker_info

from netrazor.data.images import unit_scaled
from netrazor.data.items import BatchedDataset
from netrazor.data.pictures import decode

SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})
Held = TypeVar("Held", bound="Squares")


class Squares(BatchedDataset):
    """Images at ``places``, each with its label: float32 in [0, 1], channels x ``size`` x ``size``.

    Each image is converted to RGB (or grey), scaled (bicubic) until its shorter side is ``size``, and cut to its
    middle square: the same each time, as counting needs it. Only the places are held; a pool of threads decodes a
    batch, or processes do so ahead of it (`netrazor.data.reading_ahead`).
    """

    classes: int

    def __init__(
        self, places: Sequence[tuple[object, int]], size: int, *, channels: int, decoders: int | None
    ) -> None:
        self.size, self.channels = size, channels
        self._places = places
        self.labels = torch.tensor([label for _, label in places], dtype=torch.int64)
        self._threads = decoders or min(16, os.cpu_count() or 1)

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        """The image at ``index``, float32 in [0, 1], and its label."""
        place, label = self._places[index]
        return unit_scaled(self._read(place)), label

    def batch(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """The items at ``indices``: equal to the stacked items."""
        return unit_scaled(self.pixels(indices.tolist())), self.labels[indices]

    def pixels(self, positions: Sequence[int]) -> Tensor:
        """The images at ``positions`` as bytes, N x channels x size x size."""
        places = [self._places[position][0] for position in positions]
        if not places:
            return torch.zeros(0, self.channels, self.size, self.size, dtype=torch.uint8)
        if get_worker_info() is not None:  # one of many processes already
            return torch.stack([self._read(place) for place in places])
        return torch.stack(list(self._pool.map(self._read, places)))

    def at(self: Held, positions: Sequence[int]) -> Held:
        """Those at ``positions``, in that order."""
        chosen = copy.copy(self)
        chosen._places = [self._places[position] for position in positions]
        chosen.labels = self.labels[list(positions)]
        return chosen

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self._threads)

    def __getstate__(self) -> dict[str, object]:
        """Without the threads, which no other process has."""
        return {name: value for name, value in self.__dict__.items() if name != "_pool"}

    @abstractmethod
    def _open(self, place: object) -> IO[bytes]:
        """The file at a place."""

    def _read(self, place: object) -> Tensor:
        with self._open(place) as file:
            pixels = np.array(_square(decode(file, str(place), self.channels), self.size))
        return torch.from_numpy(pixels.reshape(self.size, self.size, self.channels)).permute(2, 0, 1)

    def first_size(self) -> tuple[int, int]:
        """Width and height of the first image, as it is."""
        place = self._places[0][0]
        with self._open(place) as file:
            width, height = decode(file, str(place), self.channels).size
        return width, height


def _square(image: Image.Image, size: int) -> Image.Image:
    """The middle square of ``image``, ``size`` pixels wide."""
    width, height = image.size
    if width == height == size:
        return image
    side = min(width, height)
    left, top = (width - side) / 2, (height - side) / 2
    return image.resize((size, size), Image.Resampling.BICUBIC, box=(left, top, left + side, top + side))
