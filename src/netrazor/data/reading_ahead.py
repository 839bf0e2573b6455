"""Image files decoded ahead of whoever waits for them, by processes.

A batch of photographs takes longer to decode than a small network takes to learn it. Processes decode the next
batches meanwhile. Which ones, and in which order, is decided before: every number of processes gives the same.
"""

import itertools
import multiprocessing
import os
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from netrazor.data.images import unit_scaled
from netrazor.data.squares import Squares
from netrazor.errors import NetrazorError

MOST_PROCESSES = 16
_AHEAD = 2  # batches for each process
_WORTH_IT = 8  # batches below which starting processes takes longer than it saves

Pixels = NDArray[np.uint8]


def reading_processes() -> int:
    """How many processes decode for this one: the cores it may use, shared with its neighbours under ``torchrun``."""
    if multiprocessing.current_process().daemon:
        return 0  # such a process may have no children
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    neighbours = int(os.environ.get("LOCAL_WORLD_SIZE", 1))
    return max(1, min(MOST_PROCESSES, cores // neighbours))


def read_ahead(
    images: Squares,
    batches: Iterable[Tensor],
    *,
    processes: int | None = None,
    device: torch.device | None = None,
) -> Iterator[tuple[Tensor, Tensor]]:
    """What ``images.batch`` gives for each of ``batches`` (positions), in order, decoded ahead by ``processes``.

    Few batches are read in this process, by its threads. Of many, the images go to ``device`` as bytes.

    Raises:
        BadDataset: a file that is no image.
    """
    batches = iter(batches)
    first = list(itertools.islice(batches, _WORTH_IT))
    processes = reading_processes() if processes is None else processes
    if not processes or len(first) < _WORTH_IT:
        yield from (images.batch(chosen) for chosen in itertools.chain(first, batches))
        return
    asked, decoded = itertools.tee(itertools.chain(first, batches))
    loader = DataLoader(
        _Decoding(images),
        sampler=_Lists(asked),
        batch_size=None,
        num_workers=processes,
        prefetch_factor=_AHEAD,
        collate_fn=_as_it_is,
        generator=torch.Generator(),  # reading takes nothing from the global stream of random numbers
    )
    for chosen, pixels in zip(decoded, loader, strict=True):
        if isinstance(pixels, NetrazorError):
            raise pixels
        yield unit_scaled(_sent(torch.from_numpy(pixels), device)), images.labels[chosen]


def _sent(pixels: Tensor, device: torch.device | None) -> Tensor:
    """``pixels`` on ``device``; on their way while this process goes on, where that can be."""
    if device is None or device.type != "cuda":
        return pixels.to(device)
    return pixels.pin_memory().to(device, non_blocking=True)


class _Decoding(Dataset[Pixels | NetrazorError]):
    """Batches of bytes by lists of positions: a quarter of the size of float32, and no tensors in shared memory."""

    def __init__(self, images: Squares) -> None:
        self.images = images

    def __getitem__(self, positions: list[int]) -> Pixels | NetrazorError:
        try:
            return self.images.pixels(positions).numpy()
        except (
            NetrazorError
        ) as error:  # as a value, since the loader would write a traceback into its message
            return error


class _Lists:
    """Positions as lists, made one after the other."""

    def __init__(self, batches: Iterable[Tensor]) -> None:
        self.batches = batches

    def __iter__(self) -> Iterator[list[int]]:
        return (chosen.tolist() for chosen in self.batches)


def _as_it_is(batch: Any) -> Any:
    return batch
