"""From what a user writes, a name or a folder, to the data set."""

import os
from pathlib import Path

from netrazor.data.folder import ImageFolder
from netrazor.data.images import ImageDataset
from netrazor.data.loading import load
from netrazor.data.published import names
from netrazor.data.shards import ImageShards, shards_in
from netrazor.data.squares import Squares
from netrazor.errors import InvalidArgument


def open_dataset(
    reference: str,
    *,
    split: str = "train",
    shape: tuple[int, int, int] | None = None,
    directory: str | os.PathLike[str] | None = None,
) -> ImageDataset | Squares:
    """A published data set by its name, a folder with a folder of images for each class, or a folder of shards.

    Args:
        reference: the name or the folder.
        split: of a published data set.
        shape: channels, height and width of the network's inputs, for a folder; None: RGB, as large as the shorter
            side of its first image.
        directory: the data directory, for a published data set.

    Raises:
        InvalidArgument: neither a name nor a folder, or a shape that is not square.
        DataError: as for `load`, `ImageFolder` and `ImageShards`.
    """
    if reference in names():
        return load(reference, split=split, directory=directory)
    if not Path(reference).is_dir():
        raise InvalidArgument(
            f"data: one of {', '.join(names())}, a folder with a folder of images for each class, or a folder of "
            f".tar shards allowed, got {reference!r}"
        )
    kind: type[ImageFolder] | type[ImageShards] = ImageShards if shards_in(reference) else ImageFolder
    if shape is None:
        side = min(kind(reference, 1).first_size())
        shape = (3, side, side)
    if shape[1] != shape[2] or shape[0] not in (1, 3):
        raise InvalidArgument(
            f"data: square images, grey or RGB, come from a folder; the network takes {shape}"
        )
    return kind(reference, shape[1], channels=shape[0], split=split)
