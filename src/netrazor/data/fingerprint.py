"""By what a certificate recognises the data set that it speaks of.

    fingerprint = SHA-256( header, SHA-256(inputs), SHA-256(labels) )

``header`` is the ASCII line "netrazor-dataset-2 N dtype AxBx..." with a line feed, where AxBx... is the shape of one
input. Inputs are the values that the network is given, in order, little-endian: images held as bytes and given as
bytes / 255 enter as the float32 that they are given as. Labels are little-endian int64. Where a target is an array,
" targets dtype AxBx..." follows in the header. The names of the data set,
its split and its files do not enter: the same items in the same order are the same data set, however they are stored.
"""

import hashlib

import numpy as np
from torch.utils.data import Dataset

from netrazor.data.items import Images, Labels, item_batches
from netrazor.errors import BadDataset


class Fingerprinter:
    """Takes the examples some at a time, so that a data set larger than memory can be recognised too."""

    def __init__(self) -> None:
        self._seen: set[bytes] = set()
        self._images = hashlib.sha256()
        self._labels = hashlib.sha256()
        self._count = 0
        self._kind = ""

    def add(self, images: Images, labels: Labels) -> None:
        """Append a batch: images N x ..., labels N.

        Raises:
            BadDataset: images of another type or shape than those before.
        """
        kind = f"{images.dtype.name} {_shape(images)}"
        if labels.ndim > 1:
            kind = f"{kind} targets {labels.dtype.name} {_shape(labels)}"
        if self._count and kind != self._kind:
            raise BadDataset(
                f"image {self._count}: all images must have one type and shape ({self._kind}), got {kind}; "
                "resize or convert them to one shape first"
            )
        self._kind = kind
        self._images.update(_little_endian(images))
        self._labels.update(_little_endian(labels))
        self._count += len(labels)
        self._seen.update(hashlib.blake2b(image.tobytes(), digest_size=16).digest() for image in images)

    @property
    def duplicates(self) -> int:
        """How many inputs so far equal an earlier one, whatever their labels."""
        return self._count - len(self._seen)

    def hexdigest(self) -> str:
        """The fingerprint of everything added so far: 64 hexadecimal digits."""
        header = f"netrazor-dataset-2 {self._count} {self._kind}\n".encode()
        return hashlib.sha256(header + self._images.digest() + self._labels.digest()).hexdigest()


def fingerprint(dataset: Dataset[tuple[object, object]]) -> str:
    """The fingerprint of any map-style data set of (image, label), read once from first to last.

    What a data set says of itself is not believed: its items are read.

    Raises:
        BadDataset: an item that is not an array of numbers with an integer label, or shapes that differ.
    """
    return read_all(dataset).hexdigest()


def read_all(dataset: Dataset[tuple[object, object]]) -> Fingerprinter:
    """A fingerprinter that was given all of a data set. Raises as `fingerprint`."""
    content = Fingerprinter()
    for images, labels in item_batches(dataset):
        content.add(images, labels)
    return content


def _shape(arrays: Images) -> str:
    """The shape of one of them."""
    return "x".join(map(str, arrays.shape[1:]))


def _little_endian(array: Images) -> memoryview:
    return np.ascontiguousarray(array, dtype=array.dtype.newbyteorder("<")).reshape(-1).view(np.uint8).data
