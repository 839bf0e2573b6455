"""Where runs are executed: in this process, in local processes, or on a cluster."""

import multiprocessing
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import torch

from netrazor.errors import ConfigurationError
from netrazor.runtime import keep_freed_memory


class Job(Protocol):
    """A call under way."""

    def result(self) -> Any:
        """Wait for it; raises what it raised."""
        ...


class Launcher(Protocol):
    """Takes calls, as `concurrent.futures` executors and submitit's do."""

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Job:
        """Execute the call at some time."""
        ...


class Here:
    """Executes each call at once, in this process."""

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Job:
        """Execute the call now."""
        future: Future[Any] = Future()
        try:
            future.set_result(function(*arguments))
        except Exception as error:
            future.set_exception(error)
        return future


@contextmanager
def launcher(processes: int, cluster: str | None, logs: Path) -> Iterator[Launcher]:
    """An executor of calls: `concurrent.futures` here, submitit where a cluster is named.

    Args:
        processes: at one time, each with one thread; 1 is this process. On a cluster: jobs at one time.
        cluster: a name that submitit knows ("slurm", "local"), or None for this machine.
        logs: folder in which submitit keeps its files.

    Raises:
        ConfigurationError: a cluster is named and submitit is not installed; less than one process.
    """
    if processes < 1:
        raise ConfigurationError(f"processes: at least 1 allowed, got {processes}; give the number of cores")
    if cluster is not None:
        yield _submitit(cluster, processes, logs)
    elif processes == 1:
        keep_freed_memory()
        yield Here()
    else:
        context = multiprocessing.get_context("spawn")  # a forked torch may hang on its threads
        with ProcessPoolExecutor(processes, context, _begin) as executor:
            yield executor


def _begin() -> None:
    """What a process of the pool does first."""
    torch.set_num_threads(1)
    keep_freed_memory()


def _submitit(cluster: str, processes: int, logs: Path) -> Launcher:
    try:
        import submitit
    except ImportError as error:
        raise ConfigurationError(
            f"cluster {cluster!r}: needs submitit, which is not installed; install it, or leave --cluster out"
        ) from error
    executor = submitit.AutoExecutor(folder=logs, cluster=cluster)
    executor.update_parameters(
        name="netrazor-randomize", cpus_per_task=1, timeout_min=24 * 60, slurm_array_parallelism=processes
    )
    cluster_launcher: Launcher = executor
    return cluster_launcher
