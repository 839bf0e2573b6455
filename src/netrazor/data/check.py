"""What must hold of a data set before anything can be certified about it."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from torch.utils.data import Dataset

from netrazor.data.fingerprint import Fingerprinter, Image, example, examples
from netrazor.data.images import ImageDataset
from netrazor.errors import BadDataset


@dataclass(frozen=True)
class DatasetSummary:
    """What one pass over a data set found.

    Attributes:
        n: number of examples.
        shape: shape of one image.
        label_counts: number of examples of each class.
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
    if isinstance(dataset, ImageDataset):  # its bytes, read once, are finite and cannot change
        rereads = 0
        pairs: Iterable[tuple[Image, int]] = zip(dataset.images.numpy(), dataset.labels.tolist(), strict=True)
    else:
        pairs = examples(dataset)
    seen: set[bytes] = set()
    counts = [0] * classes
    content = Fingerprinter()
    shape: tuple[int, ...] = ()
    n = 0
    for n, (image, label) in enumerate(pairs, start=1):
        _check_example(n - 1, image, label, classes)
        content.add(image[None], np.array([label]))
        counts[label] += 1
        seen.add(hashlib.blake2b(image.tobytes(), digest_size=16).digest())
        shape = image.shape
    if n == 0:
        raise BadDataset("dataset: must hold at least one example, got none; give one with examples")
    _check_repeatable(dataset, n, n if rereads is None else rereads)
    return DatasetSummary(n, tuple(shape), tuple(counts), n - len(seen), content.hexdigest())


def _check_example(index: int, image: Image, label: int, classes: int) -> None:
    if not 0 <= label < classes:
        raise BadDataset(
            f"label {index}: must be in 0 .. {classes - 1}, got {label}; "
            "correct the labels or give the network as many outputs as there are classes"
        )
    if image.dtype != np.uint8 and not np.isfinite(image).all():
        raise BadDataset(f"image {index}: must be finite, got NaN or infinite values; repair or drop it")


def _check_repeatable(dataset: Dataset[tuple[object, object]], n: int, rereads: int) -> None:
    for index in np.unique(np.linspace(0, n - 1, min(n, rereads)).astype(int)).tolist():
        (first, first_label), (second, second_label) = example(dataset, index), example(dataset, index)
        if first_label != second_label or not np.array_equal(first, second):
            raise BadDataset(
                f"item {index}: must be the same each time it is read, got two different ones; random "
                "augmentation makes the counted error mean something else: certify on the plain training "
                "set, and augment only a copy for training"
            )
