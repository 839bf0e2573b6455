"""What a part of `gpu.py` is: tasks by name, each giving figures, and a limit for all of them together."""

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from netrazor.data import ImageDataset, load
from netrazor.runtime import devices

Figures = dict[str, Any]
Task = Callable[[], Figures]


@dataclass(frozen=True)
class Setting:
    """Where it runs, and how much of it.

    Attributes:
        device: that is tried.
        small: the same on made-up images and in few steps, to see that all of it runs.
        place: folder of runs, from whose checkpoints a stopped one goes on.
    """

    device: torch.device
    small: bool
    place: Path

    def choose(self, full: Any, small: Any) -> Any:
        """One of two sizes."""
        return small if self.small else full

    def mnist(self) -> ImageDataset:
        """The training set, or a small one made up."""
        return made_up(1, 28) if self.small else load("mnist")

    def cifar10(self) -> ImageDataset:
        """The training set, or a small one made up."""
        return made_up(3, 32) if self.small else load("cifar10-jpeg")


@dataclass(frozen=True)
class Part:
    """Some tasks.

    Attributes:
        name: of the part.
        seconds: after which it is stopped, and the next part begins.
        tasks: of a setting; made without reading data.
    """

    name: str
    seconds: int
    tasks: Callable[[Setting], dict[str, Task]]


class TimeUp(BaseException):
    """The limit is reached; no part of the program takes it for a failure of its own."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raises `TimeUp` in it after so many seconds."""

    def stop(*_: object) -> None:
        raise TimeUp

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def made_up(channels: int, side: int, n: int = 400) -> ImageDataset:
    """Ten patterns under noise."""
    generator = torch.Generator().manual_seed(0)
    patterns = torch.randint(0, 200, (10, channels, side, side), generator=generator, dtype=torch.uint8)
    noise = torch.randint(0, 56, (n, channels, side, side), generator=generator, dtype=torch.uint8)
    labels = torch.arange(n) % 10
    return ImageDataset(patterns[labels] + noise, labels, 10, name="made up")


def seconds_of(task: Callable[[], object], device: torch.device) -> float:
    """Wall-clock seconds of ``task``, with all that it gave the device to do."""
    devices.wait_for(device)
    started = time.perf_counter()
    task()
    devices.wait_for(device)
    return time.perf_counter() - started
