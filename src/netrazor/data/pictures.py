"""Image files: which are read, with what limits, and single ones as network inputs."""

import os
from pathlib import Path
from typing import IO

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from netrazor.errors import BadDataset
from netrazor.files import open_regular

# Formats that Pillow decodes itself or by the usual libraries; others (EPS, say) would start foreign programs.
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
MAX_BYTES = 2**28  # of a file
MAX_PIXELS = 2**26  # of an image, which takes 3 bytes each


def read_picture(
    path: str | os.PathLike[str], shape: tuple[int, int, int], *, invert: bool = False
) -> Tensor:
    """An image file as float32 of ``shape`` (channels, height, width) in [0, 1].

    Raises:
        BadDataset: the file is missing, no regular file, no image of a known format, or too large.
    """
    channels, height, width = shape
    with open_picture(Path(path)) as file:
        image = decode(file, str(path), channels).resize((width, height))
    pixels = np.asarray(image, dtype=np.float32) / 255
    picture = torch.from_numpy(1 - pixels if invert else pixels)
    return picture[None] if channels == 1 else picture.permute(2, 0, 1)


def open_picture(path: Path) -> IO[bytes]:
    """``path``, opened if it is a regular file that is not too large.

    Raises:
        BadDataset: it is missing, a pipe or a device, or too large.
    """
    try:
        file = open_regular(path)
    except (OSError, ValueError) as error:
        raise BadDataset(f"{path}: must be an image file, got {error}; give one that can be read") from error
    size = os.fstat(file.fileno()).st_size
    if size > MAX_BYTES:
        file.close()
        raise BadDataset(f"{path}: must have at most {MAX_BYTES:,} bytes, got {size:,}; take it out")
    return file


def decode(file: IO[bytes], name: str, channels: int) -> Image.Image:
    """The image in ``file``, as RGB (``channels`` 3) or grey (1).

    Raises:
        BadDataset: no image of a known format, damaged, or too large.
    """
    try:
        with Image.open(file, formats=FORMATS) as image:
            width, height = image.size
            if width * height <= MAX_PIXELS:
                converted: Image.Image = image.convert("L" if channels == 1 else "RGB")
                return converted
    except Exception as error:  # the decoders raise whatever comes to their mind
        raise BadDataset(
            f"{name}: must be an image ({', '.join(FORMATS)}), got {str(error)[:200]} ({type(error).__name__}); "
            "repair it, convert it to PNG or take it out"
        ) from error
    raise BadDataset(
        f"{name}: must be an image of at most {MAX_PIXELS:,} pixels, got {width} x {height}; scale it down"
    )
