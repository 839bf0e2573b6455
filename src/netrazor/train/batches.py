"""Shuffled batches of a data set, the same for the same seed, from any step on."""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from netrazor.data import ImageDataset, Squares
from netrazor.data.items import BatchedDataset
from netrazor.data.reading_ahead import read_ahead
from netrazor.errors import BadDataset, ConfigurationError
from netrazor.runtime import devices, processes
from netrazor.train.soft_targets import SoftTargets


class Batches:
    """An endless, seeded stream of (inputs, labels) that starts at any step.

    Each epoch is a fresh permutation determined by ``seed`` and the number of the epoch alone, so a resumed
    run sees the batches that the first one would have seen. The last, short batch of an epoch is left out; a
    data set smaller than one batch is one batch. Of several processes each gets its share of each batch.

    Images in memory are taken to ``device``, as bytes, once, where they fit beside a network; image files are decoded
    ahead by processes. Of other data sets, items may do what they like when they are read, in the order of the
    batches; ``workers`` processes read them.

    With ``soft`` the labels are replaced by a teacher's probabilities, B x classes.
    """

    def __init__(
        self,
        dataset: Dataset[tuple[Tensor, int]],
        batch_size: int,
        seed: int,
        *,
        workers: int = 0,
        device: torch.device = devices.CPU,
        soft: SoftTargets | None = None,
    ) -> None:
        self.n = len(dataset)  # type: ignore[arg-type]
        if self.n == 0:
            raise BadDataset("dataset: must hold at least one example, got none; give one with examples")
        self.batch_size = min(batch_size, self.n)
        if self.batch_size < processes.count():
            raise ConfigurationError(
                f"batch_size: at least one example for each of {processes.count()} processes needed, got "
                f"{self.batch_size}; start fewer processes"
            )
        self.dataset = _resident(dataset, device)
        self.per_epoch = self.n // self.batch_size
        self.seed, self.workers, self.device, self.soft = seed, workers, device, soft

    def steps(self, start: int, stop: int) -> Iterator[tuple[int, Tensor, Tensor]]:
        """(step, inputs, labels) for each step from ``start`` up to, not including, ``stop``."""
        batches = self._read(self._shares(start, stop))
        if self.soft is not None:
            batches = self._softened(batches, self._shares(start, stop), self.soft)
        for step, (inputs, labels) in zip(range(start, stop), batches, strict=True):
            yield step, inputs, labels

    @staticmethod
    def _softened(
        batches: Iterator[tuple[Tensor, Tensor]], shares: Iterator[Tensor], soft: SoftTargets
    ) -> Iterator[tuple[Tensor, Tensor]]:
        for places, (inputs, labels) in zip(shares, batches, strict=True):
            yield inputs, soft.probabilities(places, labels)

    def _shares(self, start: int, stop: int) -> Iterator[Tensor]:
        """The positions that this process reads for each step."""
        while start < stop:
            epoch, skipped = divmod(start, self.per_epoch)
            indices = torch.split(self._permutation(epoch), self.batch_size)[skipped : self.per_epoch]
            for chosen in indices[: stop - start]:
                yield chosen[processes.rank() :: processes.count()]
                start += 1

    def _permutation(self, epoch: int) -> Tensor:
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + epoch)
        order = torch.randperm(self.n, generator=generator)
        return order.to(self.dataset.images.device) if isinstance(self.dataset, ImageDataset) else order

    def _read(self, indices: Iterator[Tensor]) -> Iterator[tuple[Tensor, Tensor]]:
        if isinstance(self.dataset, Squares):
            yield from read_ahead(self.dataset, indices, device=self.device)
        elif isinstance(self.dataset, BatchedDataset):
            for chosen in indices:
                yield self.dataset.batch(chosen)
        else:
            loader = DataLoader(
                self.dataset,
                batch_sampler=(chosen.tolist() for chosen in indices),
                num_workers=self.workers,
                generator=torch.Generator(),  # reading takes nothing from the global stream of random numbers
            )
            for inputs, labels in loader:
                yield inputs, labels.long()


def _resident(dataset: Dataset[tuple[Tensor, int]], device: torch.device) -> Dataset[tuple[Tensor, int]]:
    """Images in memory on ``device``, if they leave most of its memory free; any other data set as it is."""
    if not isinstance(dataset, ImageDataset) or device == devices.CPU:
        return dataset
    free = devices.free_memory(device)
    return dataset.on(device) if free is None or 4 * dataset.images.numel() <= free else dataset
