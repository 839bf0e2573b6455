"""By what a certificate recognises the data set that it speaks of.

    fingerprint = SHA-256( header, SHA-256(images), SHA-256(labels) )

``header`` is the ASCII line "netrazor-dataset-1 N dtype AxBx..." with a line feed, where AxBx... is the shape
of one image; images are their values in order, little-endian; labels are little-endian int64. The names of
the data set, its split and its files do not enter: the same examples in the same order are the same data set.
"""

import hashlib
from collections.abc import Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch.utils.data import Dataset

from netrazor.errors import BadDataset

Image = NDArray[np.generic]


class Fingerprinter:
    """Takes the examples one by one, so that a data set larger than memory can be recognised too."""

    def __init__(self) -> None:
        self._images = hashlib.sha256()
        self._labels = hashlib.sha256()
        self._count = 0
        self._kind = ""

    def add(self, images: Image, labels: NDArray[np.int64]) -> None:
        """Append a batch: images N x ..., labels N.

        Raises:
            BadDataset: images of another type or shape than those before.
        """
        kind = f"{images.dtype.name} {'x'.join(map(str, images.shape[1:]))}"
        if self._count and kind != self._kind:
            raise BadDataset(
                f"image {self._count}: all images must have one type and shape ({self._kind}), got {kind}; "
                "resize or convert them to one shape first"
            )
        self._kind = kind
        self._images.update(_little_endian(images))
        self._labels.update(_little_endian(labels.astype(np.int64)))
        self._count += len(labels)

    def hexdigest(self) -> str:
        """The fingerprint of everything added so far: 64 hexadecimal digits."""
        header = f"netrazor-dataset-1 {self._count} {self._kind}\n".encode()
        return hashlib.sha256(header + self._images.digest() + self._labels.digest()).hexdigest()


def fingerprint_of_arrays(images: Image, labels: NDArray[np.int64]) -> str:
    """The fingerprint of a data set held in two arrays: images N x ..., labels N."""
    whole = Fingerprinter()
    whole.add(images, labels)
    return whole.hexdigest()


def fingerprint(dataset: Dataset[tuple[object, object]]) -> str:
    """The fingerprint of any map-style data set of (image, label), read once from first to last.

    A data set that knows its own (``dataset.fingerprint``, as those of :func:`netrazor.data.load`) is asked
    for it; theirs is over the stored bytes, not over the scaled float images.

    Raises:
        BadDataset: an item that is not an array of numbers with an integer label, or shapes that differ.
    """
    known = getattr(dataset, "fingerprint", None)
    if isinstance(known, str):
        return known
    streamed = Fingerprinter()
    for image, label in examples(dataset):
        streamed.add(image[None], np.array([label]))
    return streamed.hexdigest()


def examples(dataset: Dataset[tuple[object, object]]) -> Iterator[tuple[Image, int]]:
    """Each example of a map-style data set as a numpy array and an int.

    Raises:
        BadDataset: no length, or an item as described for :func:`example`.
    """
    if not hasattr(dataset, "__len__") or not hasattr(dataset, "__getitem__"):
        raise BadDataset(
            f"dataset: must be map-style, with a length and items by number, got {type(dataset).__name__}; "
            "a stream has no fixed n to certify: collect it into a list of (image, label)"
        )
    return (example(dataset, index) for index in range(len(dataset)))


def example(dataset: Dataset[tuple[object, object]], index: int) -> tuple[Image, int]:
    """Item ``index`` as a numpy array and an int.

    Raises:
        BadDataset: not a pair, an image that is no tensor or array, or a label that is no integer.
    """
    item = dataset[index]
    if not isinstance(item, (tuple, list)) or len(item) != 2:
        raise BadDataset(f"item {index}: must be a pair (image, label), got {type(item).__name__}")
    image, label = item
    if isinstance(image, torch.Tensor):
        image = image.detach().cpu().numpy()
    if not isinstance(image, np.ndarray) or image.dtype.kind not in "buif":
        raise BadDataset(
            f"image {index}: must be a tensor or array of real numbers, got {type(image).__name__}; "
            "convert it in the data set's transform"
        )
    if isinstance(label, (torch.Tensor, np.ndarray)) and label.ndim == 0:
        label = label.item()
    if isinstance(label, bool) or not isinstance(label, (int, np.integer)):
        raise BadDataset(f"label {index}: must be one integer, got {label!r} ({type(label).__name__})")
    return image, int(label)


def _little_endian(array: Image) -> bytes:
    return np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).tobytes()
