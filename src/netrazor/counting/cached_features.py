"""What the given part of a network makes of each example, computed once: a data set to train, search and count on."""

import hashlib
import math
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from netrazor.counting.reading_order import BATCH_SIZE, counting_order, in_counting_order
from netrazor.data.items import BatchedDataset
from netrazor.data.subsets import size_of
from netrazor.errors import BadDataset, OutputError
from netrazor.runtime import Reporter, devices

IN_MEMORY = 2**30  # bytes; more is a file that is mapped into memory
_CHUNK = 2**26  # bytes that are read at once for a digest

Examples = Dataset[tuple[Tensor, int]]


class CachedFeatures(BatchedDataset):
    """Features and labels of all examples, in the order of the data set that they were made of.

    Attributes:
        features: a row for each example.
        labels: of each.
        digest: SHA-256 (hex) of the features as they were written.
    """

    def __init__(self, features: Tensor, labels: Tensor, name: str) -> None:
        self.features, self.labels, self.name = features, labels, name
        self.digest = self._compute_digest()

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.features[index], int(self.labels[index])

    def batch(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """See `BatchedDataset`."""
        return self.features[indices], self.labels[indices]

    def check_unchanged(self) -> None:
        """Refuse features that are not those that were written: a file on disk is anybody's.

        Raises:
            BadDataset: they are others.
        """
        if self._compute_digest() != self.digest:
            raise BadDataset(
                "dataset: the cached features of the given part changed while they were used; keep other programs "
                "off the directory for temporary files, and run it again"
            )

    def _compute_digest(self) -> str:
        digest, flat = hashlib.sha256(), self.features.numpy().reshape(-1).view(np.uint8)
        for start in range(0, len(flat), _CHUNK):
            digest.update(np.ascontiguousarray(flat[start : start + _CHUNK]).data)
        return digest.hexdigest()


@contextmanager
def cached_features(
    features_of: Callable[[Tensor], Tensor],
    dataset: Examples,
    device: torch.device,
    reporter: Reporter,
    *,
    in_memory: int = IN_MEMORY,
    named: str = "features of the given part",
) -> Iterator[CachedFeatures]:
    """The features of all examples of ``dataset``, computed in the batches and the order in which errors are counted.

    So a count on features sees the very numbers that a count on the whole network would see. Features of more than
    ``in_memory`` bytes are in a temporary file, which is removed at the end. ``named``: what they are, for the
    reporter.

    Raises:
        BadDataset: features that are not finite, with the number of an example.
        OutputError: no space for them.
    """
    n = size_of(dataset)
    order, labels = counting_order(n), torch.zeros(n, dtype=torch.int64)
    features: Tensor | None = None
    with ExitStack() as stack:
        tick = stack.enter_context(reporter.stage(named, math.ceil(n / BATCH_SIZE)))
        for number, (inputs, classes) in enumerate(in_counting_order(dataset, BATCH_SIZE)):
            places = order[number * BATCH_SIZE : number * BATCH_SIZE + len(classes)]
            with torch.no_grad(), devices.making_on(device):
                rows = features_of(inputs.to(device)).cpu()
            _check_finite(rows, places)
            if features is None:
                features = _space((n, *rows.shape[1:]), rows.dtype, in_memory, stack)
            features[places], labels[places] = rows, classes
            tick()
        if features is None:
            raise BadDataset("dataset: must hold at least one example, got none; give one with examples")
        yield CachedFeatures(features, labels, str(getattr(dataset, "name", type(dataset).__name__)))


def features_fit(bytes_of_all: int) -> bool:
    """Whether so many bytes can be kept: in memory, or in half of what is free for temporary files."""
    return bytes_of_all <= max(IN_MEMORY, shutil.disk_usage(tempfile.gettempdir()).free // 2)


def _space(shape: tuple[int, ...], dtype: torch.dtype, in_memory: int, stack: ExitStack) -> Tensor:
    """An empty tensor, in memory or in a file that ``stack`` removes."""
    if math.prod(shape) * dtype.itemsize <= in_memory:
        return torch.empty(shape, dtype=dtype)
    try:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="netrazor-"))
        path = Path(folder) / "features"
        return torch.from_file(str(path), shared=True, size=math.prod(shape), dtype=dtype).view(shape)
    except (OSError, RuntimeError) as error:
        raise OutputError(
            f"cannot write features of the given part to {tempfile.gettempdir()}: {error}; set TMPDIR to a place "
            f"with {math.prod(shape) * dtype.itemsize / 2**30:.1f} GiB free"
        ) from error


def _check_finite(rows: Tensor, places: Tensor) -> None:
    if not rows.is_floating_point():
        return
    bad = ~rows.reshape(len(rows), -1).isfinite().all(1)
    if bool(bad.any()):
        raise BadDataset(
            f"dataset: the given part makes features that are not finite of {int(bad.sum())} examples of a batch, "
            f"number {int(places[bad][0])} among them; check these inputs, and the weights of the given part"
        )
