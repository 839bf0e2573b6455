"""From what a user writes, a name or a folder, to the data set."""

import os
from pathlib import Path

from PIL import Image

from netrazor.data.catalogue import names
from netrazor.data.folder import ImageFolder, first_image
from netrazor.data.images import ImageDataset
from netrazor.data.loading import load
from netrazor.errors import InvalidArgument


def open_dataset(
    reference: str,
    *,
    split: str = "train",
    shape: tuple[int, int, int] | None = None,
    directory: str | os.PathLike[str] | None = None,
) -> ImageDataset | ImageFolder:
    """A published data set by its name, or a folder with a folder of images for each class.

    Args:
        reference: the name or the folder.
        split: of a published data set.
        shape: channels, height and width of the network's inputs, for a folder; None: RGB, as large as the shorter
            side of its first image.
        directory: the data directory, for a published data set.

    Raises:
        InvalidArgument: neither a name nor a folder, or a shape that is not square.
        DataError: as for `load` and `ImageFolder`.
    """
    if reference in names():
        return load(reference, split=split, directory=directory)
    if not Path(reference).is_dir():
        raise InvalidArgument(
            f"data: one of {', '.join(names())}, or a folder with a folder of images for each class, allowed, got "
            f"{reference!r}"
        )
    if shape is None:
        with Image.open(first_image(reference)) as image:
            shape = (3, min(image.size), min(image.size))
    if shape[1] != shape[2] or shape[0] not in (1, 3):
        raise InvalidArgument(
            f"data: square images, grey or RGB, come from a folder; the network takes {shape}"
        )
    return ImageFolder(reference, shape[1], channels=shape[0], split=split)
