"""Items of a data set as arrays: the very numbers that a network is given when its errors are counted."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from netrazor.errors import BadDataset

Images = NDArray[np.generic]
Labels = NDArray[Any]  # int64, one for each item; targets may be others
_TOGETHER = 256  # items that are read at once where that can be


class BatchedDataset(Dataset[tuple[Tensor, int]], ABC):
    """A data set that reads many of its items at once."""

    @abstractmethod
    def __len__(self) -> int: ...

    @abstractmethod
    def batch(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """The items at ``indices``: inputs N x ..., labels N (or N x ..., see `netrazor.data.targets`)."""


def item_batches(dataset: Dataset[tuple[object, object]]) -> Iterator[tuple[Images, Labels]]:
    """All items of a map-style data set in order, some at a time: inputs N x ..., labels N.

    Raises:
        BadDataset: no length, or an item as described for `item_at`.
    """
    if not hasattr(dataset, "__len__") or not hasattr(dataset, "__getitem__"):
        raise BadDataset(
            f"dataset: must be map-style, with a length and items by number, got {type(dataset).__name__}; "
            "a stream has no fixed n to certify: collect it into a list of (image, label)"
        )
    n = len(dataset)
    if isinstance(dataset, BatchedDataset):
        for start in range(0, n, _TOGETHER):
            images, labels = dataset.batch(torch.arange(start, min(start + _TOGETHER, n)))
            yield images.numpy(), labels.numpy()
    else:
        yield from (item_at(dataset, index) for index in range(n))


def item_at(dataset: Dataset[tuple[object, object]], index: int) -> tuple[Images, Labels]:
    """Item ``index`` as a batch of one.

    Raises:
        BadDataset: not a pair, an image that is no tensor or array of real numbers, or a label that is no integer.
    """
    if isinstance(dataset, BatchedDataset):
        images, labels = dataset.batch(torch.tensor([index]))
        return images.numpy(), labels.numpy()
    item = dataset[index]
    if not isinstance(item, (tuple, list)) or len(item) != 2:
        raise BadDataset(
            f"item {index}: must be a pair (image, label), got {described(item)}; return such pairs"
        )
    return _as_array(item[0], index)[None], np.array([_as_label(item[1], index)], dtype=np.int64)


def described(value: object) -> str:
    """A value in the words of an error: short, whatever it holds."""
    if isinstance(value, (Tensor, np.ndarray)) and value.ndim > 0:
        return f"{type(value).__name__} of {value.dtype}, shape {tuple(value.shape)}"
    shown = repr(value) if isinstance(value, (bool, int, float, str, np.generic, Tensor)) else ""
    return f"{shown[:40]} ({type(value).__name__})" if shown else type(value).__name__


def _as_array(image: object, index: int) -> Images:
    if isinstance(image, Tensor) and image.dtype != torch.bfloat16 and image.layout == torch.strided:
        image = image.detach().cpu().resolve_conj().resolve_neg().numpy()
    if not isinstance(image, np.ndarray) or image.dtype.kind not in "buif" or image.dtype.itemsize > 8:
        raise BadDataset(
            f"image {index}: must be a dense tensor or array of real numbers, got {described(image)}; "
            "convert it in the data set's transform, to float32 say"
        )
    return image


def _as_label(label: object, index: int) -> int:
    if isinstance(label, (Tensor, np.ndarray)) and label.ndim == 0:
        label = label.item()
    if isinstance(label, bool) or not isinstance(label, (int, np.integer)) or not -(2**63) <= label < 2**63:
        raise BadDataset(
            f"label {index}: must be one integer, got {described(label)}; a certificate is about classes, one for "
            "each example"
        )
    return int(label)
