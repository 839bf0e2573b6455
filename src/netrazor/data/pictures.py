"""Image files: which are read, with what limits, and single ones as network inputs."""

import os
import stat
from pathlib import Path
from typing import IO

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from netrazor.errors import BadDataset

# Formats that Pillow decodes itself or by the usual libraries; others (EPS, say) would start foreign programs.
FORMATS = ("BMP", "GIF", "JPEG", "PNG", "PPM", "TIFF", "WEBP")
MAX_BYTES = 2**28  # of a file
_AT_ONCE = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)  # do not wait for a pipe's writer
MAX_PIXELS = 2**26  # of an image, which takes 3 bytes each


def read_picture(
    path: str | os.PathLike[str], shape: tuple[int, int, int], *, invert: bool = False
) -> Tensor:
    """An image file as float32 of ``shape`` (channels, height, width) in [0, 1].

    Raises:
        BadDataset: the file is missing, no regular file, no image of a known format, or too large.
    """
    channels, height, width = shape
    with open_regular(Path(path)) as file:
        image = decode(file, str(path), channels).resize((width, height))
    pixels = np.asarray(image, dtype=np.float32) / 255
    picture = torch.from_numpy(1 - pixels if invert else pixels)
    return picture[None] if channels == 1 else picture.permute(2, 0, 1)


def open_regular(path: Path) -> IO[bytes]:
    """``path``, opened if it is a regular file that is not too large.

    Raises:
        BadDataset: it is missing, a pipe or a device, or too large.
    """
    try:
        number = os.open(path, os.O_RDONLY | _AT_ONCE)
    except (OSError, ValueError) as error:
        raise BadDataset(f"{path}: must be an image file, got {error}; give one that can be read") from error
    status = os.fstat(number)
    if not stat.S_ISREG(status.st_mode) or status.st_size > MAX_BYTES:
        os.close(number)
        raise BadDataset(
            f"{path}: must be a regular file of at most {MAX_BYTES:,} bytes, got "
            f"{f'{status.st_size:,} bytes' if stat.S_ISREG(status.st_mode) else 'a pipe or a device'}; take it out"
        )
    return os.fdopen(number, "rb")


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
