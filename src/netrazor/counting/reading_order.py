"""In which order, and in which batches, a network is shown the examples of a data set."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from netrazor.certification.record import COUNTING_BATCH
from netrazor.counter_hash import hash_counters
from netrazor.data import ImageDataset, Squares
from netrazor.data.items import BatchedDataset
from netrazor.data.reading_ahead import read_ahead
from netrazor.data.subsets import size_of, take
from netrazor.data.targets import TargetTable
from netrazor.errors import BadDataset, InvalidArgument
from netrazor.runtime import processes

BATCH_SIZE = COUNTING_BATCH
LARGEST_BATCH = 2**16
_ORDER_STREAM = 1_804_058  # of the hash; a constant that no data chose


def counting_order(n: int) -> Tensor:
    """The positions 0 .. n - 1 in the order in which they are counted: by a hash of each position.

    Fixed in advance, and by the position alone. Folders of images come class by class; a network that looked at its
    batch mates could tell the label by them if they were counted in their own order.
    """
    hashed = hash_counters(np.arange(n, dtype=np.uint64), _ORDER_STREAM)
    return torch.from_numpy(np.argsort(hashed, kind="stable"))


def shuffled_order(n: int, seed: int) -> NDArray[np.int64]:
    """The positions 0 .. n - 1 in an order that follows from ``seed`` alone."""
    return np.argsort(hash_counters(np.arange(n, dtype=np.uint64), seed), kind="stable").astype(np.int64)


def in_counting_order(
    dataset: Dataset[tuple[Tensor, int]], batch_size: int, *, shared: bool = False
) -> Iterator[tuple[Tensor, Tensor]]:
    """All examples in `counting_order`, in batches of ``batch_size`` (the last may be shorter).

    ``shared``: only this process's share of the batches; together the processes have all.
    """
    return _batches(dataset, counting_order(size_of(dataset)), batch_size, shared)


def in_order(
    dataset: Dataset[tuple[Tensor, int]], batch_size: int, *, shared: bool = False
) -> Iterator[tuple[Tensor, Tensor]]:
    """As `in_counting_order`, but from the first example to the last."""
    return _batches(dataset, torch.arange(size_of(dataset)), batch_size, shared)


def labels_in_order(dataset: Dataset[tuple[Tensor, int]]) -> NDArray[Any]:
    """The labels of all examples, from the first to the last; images are not read where labels can be had alone.

    Of targets that are arrays, a row for each example.
    """
    if isinstance(dataset, (ImageDataset, Squares)):
        return np.asarray(dataset.labels, dtype=np.int64)
    if isinstance(dataset, TargetTable):
        return dataset.targets.numpy()
    parts = [labels.numpy() for _, labels in in_order(dataset, BATCH_SIZE)]
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)


def part_of(dataset: Dataset[tuple[Tensor, int]], examples: int) -> Dataset[tuple[Tensor, int]]:
    """Evenly spread examples, ``examples`` of them or all there are."""
    n = size_of(dataset)
    return take(dataset, np.unique(np.linspace(0, n - 1, min(n, examples)).astype(np.int64)))


def _batches(
    dataset: Dataset[tuple[Tensor, int]], order: Tensor, batch_size: int, shared: bool
) -> Iterator[tuple[Tensor, Tensor]]:
    if not 1 <= batch_size <= LARGEST_BATCH:
        raise InvalidArgument(f"batch_size: 1 to {LARGEST_BATCH:,} examples allowed, got {batch_size:,}")
    batches = torch.split(order, batch_size) if len(order) else ()
    if shared:
        batches = batches[processes.rank() :: processes.count()]
    if isinstance(dataset, Squares):
        yield from read_ahead(dataset, batches)
    elif isinstance(dataset, BatchedDataset):
        for indices in batches:
            yield dataset.batch(indices)
    else:
        own = torch.Generator()  # so that reading takes nothing from the global stream of random numbers
        sampler = [indices.tolist() for indices in batches]
        for inputs, labels in DataLoader(dataset, batch_sampler=sampler, generator=own):
            yield inputs, _as_classes(labels)


def _as_classes(labels: object) -> Tensor:
    if not isinstance(labels, Tensor) or labels.ndim != 1 or labels.dtype.is_floating_point:
        got = (
            f"{labels.dtype}, shape {tuple(labels.shape)} for a batch"
            if isinstance(labels, Tensor)
            else type(labels).__name__
        )
        raise BadDataset(f"labels: one whole number for each example needed, got {got}; give a label an item")
    return labels.long()
