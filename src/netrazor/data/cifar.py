"""The archive in which CIFAR-10 was published for Python: a gzipped tar file of pickled batches."""

import io
import pickle
import tarfile
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from netrazor.errors import BadDataset

_BATCHES = {
    "train": tuple(f"cifar-10-batches-py/data_batch_{number}" for number in range(1, 6)),
    "test": ("cifar-10-batches-py/test_batch",),
}
_IMAGE_SHAPE = (3, 32, 32)


def read_cifar10(contents: Sequence[bytes], split: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Images N x 3 x 32 x 32 and labels N of a split, from the content of the one archive.

    Raises:
        BadDataset: no such archive, or a batch that asks for more than numpy arrays while it is unpickled.
    """
    (archive,) = contents
    try:
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as members:
            batches = [_read_batch(members, name) for name in _BATCHES[split]]
        images = np.concatenate([batch[b"data"] for batch in batches]).reshape(-1, *_IMAGE_SHAPE)
        labels = np.concatenate([batch[b"labels"] for batch in batches])
    except Exception as error:  # damaged archives and pickles raise anything
        raise BadDataset(
            f"CIFAR-10: must be the published archive of batches for Python, got one that cannot be read "
            f"({type(error).__name__}: {str(error)[:200]}); get it again"
        ) from error
    return images.astype(np.uint8), labels.astype(np.uint8)


def _read_batch(archive: tarfile.TarFile, name: str) -> dict[bytes, Any]:
    member = archive.extractfile(name)
    if member is None:
        raise KeyError(f"{name} is not a file")
    batch = _ArraysOnly(member, encoding="bytes").load()
    if not isinstance(batch, dict):
        raise pickle.UnpicklingError(f"{name} must hold a dictionary, got {type(batch).__name__}")
    return batch


_rebuild_array: Callable[..., Any] = np.empty(0).__reduce__()[0]  # type: ignore[assignment]


class _ArraysOnly(pickle.Unpickler):
    """Unpickles numpy arrays and plain values, and calls nothing else, whatever the file asks for."""

    _ALLOWED: ClassVar[dict[tuple[str, str], Callable[..., Any]]] = {
        ("numpy", "ndarray"): np.ndarray,
        ("numpy", "dtype"): np.dtype,
    }

    def find_class(self, module: str, name: str) -> Callable[..., Any]:
        if name == "_reconstruct" and module.endswith("multiarray"):  # moved between versions of numpy
            return _rebuild_array
        if (module, name) not in self._ALLOWED:
            raise pickle.UnpicklingError(f"{module}.{name} is not allowed")
        return self._ALLOWED[module, name]
