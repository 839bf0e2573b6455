"""Single image files as network inputs."""

import os

import numpy as np
import torch
from PIL import Image, UnidentifiedImageError
from torch import Tensor

from netrazor.errors import BadDataset


def read_picture(
    path: str | os.PathLike[str], shape: tuple[int, int, int], *, invert: bool = False
) -> Tensor:
    """An image file as float32 of ``shape`` (channels, height, width) in [0, 1].

    Raises:
        BadDataset: the file is missing or no image.
    """
    channels, height, width = shape
    try:
        with Image.open(path) as image:
            converted = image.convert("L" if channels == 1 else "RGB").resize((width, height))
            pixels = np.asarray(converted, dtype=np.float32) / 255
    except (OSError, UnidentifiedImageError, Image.DecompressionBombError) as error:
        raise BadDataset(f"{path}: must be an image file, got {error}; convert it to PNG") from error
    picture = torch.from_numpy(1 - pixels if invert else pixels)
    return picture[None] if channels == 1 else picture.permute(2, 0, 1)
