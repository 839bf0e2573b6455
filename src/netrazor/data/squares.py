"""Image files as squares of one size, read as they are needed."""

import os
from abc import abstractmethod
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import IO

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from netrazor.data.items import BatchedDataset
from netrazor.data.pictures import decode

SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})


class Squares(BatchedDataset):
    """Images at ``places``, each with its label: float32 in [0, 1], channels x ``size`` x ``size``.

    Each image is converted to RGB (or grey), scaled (bicubic) until its shorter side is ``size``, and cut to its
    middle square: the same each time, as counting needs it. Only the places are held; a pool of threads decodes a
    batch.
    """

    classes: int

    def __init__(
        self, places: Sequence[tuple[object, int]], size: int, *, channels: int, decoders: int | None
    ) -> None:
        self.size, self.channels = size, channels
        self._places = places
        self.labels = torch.tensor([label for _, label in places], dtype=torch.int64)
        self._pool = ThreadPoolExecutor(decoders or min(16, os.cpu_count() or 1))

    def __len__(self) -> int:
        return len(self._places)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        """The image at ``index``, float32 in [0, 1], and its label."""
        place, label = self._places[index]
        return self._read(place).float().div_(255), label

    def batch(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """The items at ``indices``: equal to the stacked items."""
        places = [self._places[index][0] for index in indices.tolist()]
        empty = torch.zeros(0, self.channels, self.size, self.size)
        images = torch.stack(list(self._pool.map(self._read, places))) if places else empty
        return images.float().div_(255), self.labels[indices]

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
