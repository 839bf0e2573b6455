"""Image folders: a directory for each class, read as they are needed."""

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor
from torch.utils.data import Dataset

from netrazor.errors import BadDataset

SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})


class ImageFolder(Dataset[tuple[Tensor, int]]):
    """Images below ``root``/class name/, float32 in [0, 1]; classes and files are in the order of their names.

    Each image is converted to RGB (or grey), scaled (bicubic) until its shorter side is ``size``, and cut to its
    middle ``size`` x ``size`` square: the same each time, as counting needs it. Only the list of files is held;
    a pool of threads decodes a batch.

    Args:
        root: the folder.
        size: side of the square, in pixels.
        channels: 3 (RGB) or 1 (grey).
        classes: names of the classes, where a test set is to have those of its training set.
        split: what the certificate calls it.
        decoders: threads that decode.

    Raises:
        BadDataset: no folder, no classes, no images, or (when it is read) a file that is no image.
    """

    def __init__(
        self,
        root: str | os.PathLike[str],
        size: int,
        *,
        channels: int = 3,
        classes: tuple[str, ...] | None = None,
        split: str = "train",
        decoders: int | None = None,
    ) -> None:
        self.root, self.size, self.channels, self.split = Path(root), size, channels, split
        self.name = self.root.name
        found = (
            sorted(entry.name for entry in self.root.iterdir() if entry.is_dir())
            if self.root.is_dir()
            else []
        )
        self.class_names = tuple(found) if classes is None else classes
        if strange := sorted(set(found) - set(self.class_names)):
            raise BadDataset(
                f"folder {root}: classes {', '.join(self.class_names)} allowed, got {strange[0]!r} too"
            )
        self._files = [
            (path, label) for label, name in enumerate(self.class_names) for path in _images(self.root / name)
        ]
        if not self._files:
            raise BadDataset(
                f"folder {root}: must hold a folder of images for each class, found {len(found)} folders and no "
                f"images; known are {', '.join(sorted(SUFFIXES))}"
            )
        self._pool = ThreadPoolExecutor(decoders or min(16, os.cpu_count() or 1))

    @property
    def classes(self) -> int:
        """Number of classes."""
        return len(self.class_names)

    def __len__(self) -> int:
        return len(self._files)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        """Image channels x size x size float32 in [0, 1], and its label."""
        path, label = self._files[index]
        return self._read(path).float().div_(255), label

    def batch(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """The items at ``indices``: equal to the stacked items."""
        chosen = [self._files[index] for index in indices.tolist()]
        images = torch.stack(list(self._pool.map(lambda file: self._read(file[0]), chosen)))
        return images.float().div_(255), torch.tensor([label for _, label in chosen])

    def _read(self, path: Path) -> Tensor:
        try:
            with Image.open(path) as image:
                pixels = np.array(_square(image.convert("L" if self.channels == 1 else "RGB"), self.size))
        except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
            raise BadDataset(f"{path}: must be an image, got {error}; repair it or take it out") from error
        return torch.from_numpy(pixels.reshape(self.size, self.size, self.channels)).permute(2, 0, 1)


def first_image(root: str | os.PathLike[str]) -> Path:
    """The file that comes first in the image folder ``root``. Raises as `ImageFolder`."""
    return ImageFolder(root, 1)._files[0][0]


def _images(folder: Path) -> list[Path]:
    return (
        sorted(path for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
        if folder.is_dir()
        else []
    )


def _square(image: Image.Image, size: int) -> Image.Image:
    """The middle square of ``image``, ``size`` pixels wide."""
    width, height = image.size
    if width == height == size:
        return image
    side = min(width, height)
    left, top = (width - side) / 2, (height - side) / 2
    return image.resize((size, size), Image.Resampling.BICUBIC, box=(left, top, left + side, top + side))
