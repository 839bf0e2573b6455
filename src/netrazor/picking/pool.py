"""The examples that picking chooses from: any data set, read by positions."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from netrazor.data.items import BatchedDataset
from netrazor.errors import BadDataset
from netrazor.picking.learner import Examples
from netrazor.picking.priority import Positions


@dataclass(frozen=True)
class Pool:
    """``size`` examples; ``take`` reads those at some positions, in the order of these."""

    size: int
    take: Callable[[Positions], Examples]


def pool_of(dataset: Any) -> Pool:
    """The examples of a data set of netrazor, of a pair (inputs, labels) of arrays, or of a map-style data set.

    Raises:
        BadDataset: empty, labels that are not one whole number for each input, or no length.
    """
    if isinstance(dataset, BatchedDataset):
        pool = _batched(dataset)
    elif isinstance(dataset, tuple) and len(dataset) == 2 and all(hasattr(part, "shape") for part in dataset):
        pool = _arrays(*dataset)
    elif hasattr(dataset, "__len__") and hasattr(dataset, "__getitem__"):
        pool = _items(dataset)
    else:
        raise BadDataset(
            f"dataset: must be a pair (inputs, labels) or have a length and items by number, got "
            f"{type(dataset).__name__}"
        )
    if not pool.size:
        raise BadDataset("dataset: must hold at least one example, got none; give one with examples")
    return pool


def _batched(dataset: BatchedDataset) -> Pool:
    def take(positions: Positions) -> Examples:
        inputs, labels = dataset.batch(torch.from_numpy(positions))
        return Examples(inputs, labels.numpy())

    return Pool(len(dataset), take)


def _arrays(inputs: Any, labels: Any) -> Pool:
    inputs = inputs if isinstance(inputs, Tensor) else np.asarray(inputs)
    known = np.asarray(labels)
    if known.dtype.kind not in "iu" or known.shape != tuple(inputs.shape[:1]):
        raise BadDataset(
            f"labels: must be {len(inputs)} whole numbers, one for each input, got {known.dtype} of shape "
            f"{known.shape}; number the classes from 0"
        )

    def take(positions: Positions) -> Examples:
        chosen = torch.from_numpy(positions) if isinstance(inputs, Tensor) else positions
        return Examples(inputs[chosen], known[positions].astype(np.int64))

    return Pool(len(known), take)


def _items(dataset: Any) -> Pool:
    def take(positions: Positions) -> Examples:
        pairs = [dataset[position] for position in positions.tolist()]
        labels = np.array([int(label) for _, label in pairs], dtype=np.int64)
        if not pairs:
            return Examples(np.zeros((0,)), labels)
        if isinstance(pairs[0][0], Tensor):
            return Examples(torch.stack([image for image, _ in pairs]), labels)
        return Examples(np.stack([np.asarray(image) for image, _ in pairs]), labels)

    return Pool(len(dataset), take)
