"""Shuffled batches of a data set, the same for the same seed, from any step on."""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from netrazor.data.items import BatchedDataset
from netrazor.errors import BadDataset, ConfigurationError
from netrazor.runtime import processes


class Batches:
    """An endless, seeded stream of (inputs, labels) that starts at any step.

    Each epoch is a fresh permutation determined by ``seed`` and the number of the epoch alone, so a resumed
    run sees the batches that the first one would have seen. The last, short batch of an epoch is left out; a
    data set smaller than one batch is one batch. Of several processes each gets its share of each batch.

    ``workers`` processes read data sets that are not held in memory.
    """

    def __init__(
        self, dataset: Dataset[tuple[Tensor, int]], batch_size: int, seed: int, *, workers: int = 0
    ) -> None:
        self.dataset = dataset
        self.n = len(dataset)  # type: ignore[arg-type]
        if self.n == 0:
            raise BadDataset("dataset: must hold at least one example, got none; give one with examples")
        self.batch_size = min(batch_size, self.n)
        if self.batch_size < processes.count():
            raise ConfigurationError(
                f"batch_size: at least one example for each of {processes.count()} processes needed, got "
                f"{self.batch_size}; start fewer processes"
            )
        self.per_epoch = self.n // self.batch_size
        self.seed = seed
        self.workers = workers

    def steps(self, start: int, stop: int) -> Iterator[tuple[int, Tensor, Tensor]]:
        """(step, inputs, labels) for each step from ``start`` up to, not including, ``stop``."""
        step = start
        while step < stop:
            epoch, skipped = divmod(step, self.per_epoch)
            indices = torch.split(self._permutation(epoch), self.batch_size)[skipped : self.per_epoch]
            shares = [chosen[processes.rank() :: processes.count()] for chosen in indices[: stop - step]]
            for inputs, labels in self._read(shares):
                yield step, inputs, labels
                step += 1

    def _permutation(self, epoch: int) -> Tensor:
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + epoch)
        return torch.randperm(self.n, generator=generator)

    def _read(self, indices: list[Tensor]) -> Iterator[tuple[Tensor, Tensor]]:
        if isinstance(self.dataset, BatchedDataset):
            for chosen in indices:
                yield self.dataset.batch(chosen)
        else:
            loader = DataLoader(
                self.dataset,
                batch_sampler=[chosen.tolist() for chosen in indices],
                num_workers=self.workers,
                generator=torch.Generator(),  # reading takes nothing from the global stream of random numbers
            )
            for inputs, labels in loader:
                yield inputs, labels.long()
