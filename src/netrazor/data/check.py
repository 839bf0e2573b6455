"""What must hold of a data set before anything can be certified about it."""

from dataclasses import dataclass

import numpy as np
from torch.utils.data import Dataset

from netrazor.data.fingerprint import Fingerprinter
from netrazor.data.images import ImageDataset
from netrazor.data.items import Images, Labels, item_at, item_batches
from netrazor.errors import BadDataset


@dataclass(frozen=True)
class DatasetSummary:
    """What one pass over a data set found.

    Attributes:
        n: number of examples.
        shape: shape of one image.
        label_counts: number of examples of each class; 0 where a target is an array.
        duplicates: number of images that equal an earlier one, whatever their labels. Independent draws may
            coincide, so these are only reported; copies made on purpose are no draws.
        fingerprint: SHA-256 of the content, see :func:`netrazor.data.fingerprint`.
    """

    n: int
    shape: tuple[int, ...]
    label_counts: tuple[int, ...]
    duplicates: int
    fingerprint: str


def check(
    dataset: Dataset[tuple[object, object]], classes: int, *, rereads: int | None = 1000
) -> DatasetSummary:
    """Read every example once, and ``rereads`` of them (all, if None), evenly spread, a second time.

    Raises:
        BadDataset: empty, no fixed length, shapes that differ, values that are not finite, labels outside
            0 .. classes - 1, or an item that differs when it is read again (random augmentation).
    """
    counts = np.zeros(classes, np.int64)
    content = Fingerprinter()
    shape: tuple[int, ...] = ()
    n = 0
    for images, labels in item_batches(dataset):
        _check_batch(n, images, labels, classes)
        content.add(images, labels)
        counts += np.bincount(labels, minlength=classes) if labels.ndim == 1 else 0
        shape = images.shape[1:]
        n += len(labels)
    if n == 0:
        raise BadDataset("dataset: must hold at least one example, got none; give one with examples")
    if type(dataset) is not ImageDataset:  # what is held in memory is the same each time
        _check_repeatable(dataset, n, n if rereads is None else rereads)
    return DatasetSummary(n, tuple(shape), tuple(counts.tolist()), content.duplicates, content.hexdigest())


def _check_batch(first: int, images: Images, labels: Labels, classes: int) -> None:
    outside = (
        np.flatnonzero((labels < 0) | (labels >= classes)) if labels.ndim == 1 else np.zeros(0, np.int64)
    )
    if len(outside):
        raise BadDataset(
            f"label {first + outside[0]}: must be in 0 .. {classes - 1}, got {labels[outside[0]]}; "
            "correct the labels or give the network as many outputs as there are classes"
        )
    if images.dtype.kind == "f" and not np.isfinite(images).all():
        broken = np.flatnonzero(~np.isfinite(images).reshape(len(images), -1).all(axis=1))
        raise BadDataset(
            f"image {first + broken[0]}: must be finite, got NaN or infinite values; repair or drop it"
        )


def _check_repeatable(dataset: Dataset[tuple[object, object]], n: int, rereads: int) -> None:
    for index in np.unique(np.linspace(0, n - 1, min(n, rereads)).astype(int)).tolist():
        (first, first_label), (second, second_label) = item_at(dataset, index), item_at(dataset, index)
        if not (np.array_equal(first_label, second_label) and np.array_equal(first, second)):
            raise BadDataset(
                f"item {index}: must be the same each time it is read, got two different ones; random "
                "augmentation makes the counted error mean something else: certify on the plain training "
                "set, and augment only a copy for training"
            )
