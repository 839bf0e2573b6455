"""From the name of a published data set to the data set."""

import os

import torch

from netrazor.data.images import ImageDataset
from netrazor.data.published import SPLITS, PublishedFiles, lookup
from netrazor.data.store import data_directory, obtain, stored
from netrazor.errors import InvalidArgument


def load(name: str, split: str = "train", *, directory: str | os.PathLike[str] | None = None) -> ImageDataset:
    """A published data set, fetched the first time and kept in the data directory.

    Args:
        name: one of :func:`netrazor.data.names`.
        split: "train" or "test".
        directory: the data directory; default: the environment variable NETRAZOR_DATA, or else the platform's
            cache directory.

    Raises:
        InvalidArgument: no such data set or split.
        BadDataset: a file in the data directory is not the published one.
        DatasetUnavailable: the files are not there and no source delivers them.
        OutputError: the data directory cannot be written.
    """
    published = lookup(name)
    if split not in SPLITS:
        raise InvalidArgument(f"split: must be one of {', '.join(SPLITS)}, got {split!r}")
    contents = fetch(name, splits=(split,), directory=directory)
    images, labels = published.read([contents[file] for file in published.files[split]], split)
    return ImageDataset(
        torch.from_numpy(images),
        torch.from_numpy(labels).to(torch.int64),
        classes=len(published.class_names),
        name=name,
        split=split,
        class_names=published.class_names,
    )


def fetch(
    name: str,
    *,
    splits: tuple[str, ...] = SPLITS,
    directory: str | os.PathLike[str] | None = None,
) -> dict[str, bytes]:
    """The files of a published data set, unpacked, from the data directory or else from its sources.

    Where one file is missing all are fetched, test split included, as sources hold them together.

    Raises:
        As :func:`load`.
    """
    return fetch_files(lookup(name), splits=splits, directory=directory)


def fetch_files(
    published: PublishedFiles,
    *,
    splits: tuple[str, ...] | None = None,
    directory: str | os.PathLike[str] | None = None,
) -> dict[str, bytes]:
    """As `fetch`, for a data set by what is known of its files; ``splits``: all by default."""
    place, splits = data_directory(directory), tuple(published.files) if splits is None else splits
    wanted = dict.fromkeys(file for split in splits for file in published.files[split])
    found = {file: stored(published, file, place) for file in wanted}
    if any(content is None for content in found.values()):
        return obtain(published, tuple(published.sha256), place)
    return {file: content for file, content in found.items() if content is not None}
