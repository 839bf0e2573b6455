"""Counting errors: the empirical risk that a certificate stands on."""

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, Subset

from netrazor.data import ImageDataset, Squares
from netrazor.errors import BadDataset, UnsupportedModel
from netrazor.runtime import devices, processes
from netrazor.runtime.reporting import Reporter, Silent

BATCH_SIZE = 1000


@dataclass(frozen=True)
class ErrorCount:
    """Wrong answers on ``n`` examples: for each example one answer, right if the label is among the top k."""

    errors: int
    n: int

    @property
    def risk(self) -> float:
        """The share of wrong answers."""
        return self.errors / self.n


@torch.inference_mode()
@devices.full_float32()
def count_errors(
    model: nn.Module,
    dataset: Dataset[tuple[Tensor, int]],
    *,
    batch_size: int = BATCH_SIZE,
    top: int = 1,
    name: str = "count errors",
    reporter: Reporter | None = None,
) -> ErrorCount:
    """0-1 errors of ``model`` in evaluation mode over all examples of ``dataset``, in order, in fixed batches.

    Scores are computed where the network is, in full float32. Of several processes each takes its share of the
    batches, which are the same for any number of them.

    An answer that is not a number counts as an error, and so does a tie for the last place that the label takes
    part in: ties are never decided in the network's favour.

    Raises:
        BadDataset: empty, or labels that the network has no output for.
        UnsupportedModel: the forward pass fails or gives something other than N x classes scores.
    """
    model.eval()
    device = devices.device_of(model)
    found = torch.zeros(2, dtype=torch.int64)
    batches = math.ceil(len(dataset) / batch_size / processes.count())  # type: ignore[arg-type]
    with (reporter or Silent()).stage(name, batches) as tick:
        for inputs, labels in in_order(dataset, batch_size, shared=True):
            errors = wrong(scores_of(model, inputs.to(device)), labels.to(device), top).sum()
            found += torch.tensor([int(errors), len(labels)])
            tick()
    errors, n = processes.all_reduce(found).tolist()
    if n == 0:
        raise BadDataset("dataset: must hold at least one example, got none; give one with examples")
    return ErrorCount(errors, n)


def in_order(
    dataset: Dataset[tuple[Tensor, int]], batch_size: int, *, shared: bool = False
) -> Iterator[tuple[Tensor, Tensor]]:
    """All examples in order, in batches of ``batch_size`` (the last may be shorter).

    ``shared``: only this process's share of the batches; together the processes have all.
    """
    batches = torch.arange(len(dataset)).split(batch_size) if len(dataset) else ()  # type: ignore[arg-type]
    if shared:
        batches = batches[processes.rank() :: processes.count()]
    if isinstance(dataset, (ImageDataset, Squares)):
        for indices in batches:
            yield dataset.batch(indices)
    else:
        own = torch.Generator()  # so that reading takes nothing from the global stream of random numbers
        sampler = [indices.tolist() for indices in batches]
        for inputs, labels in DataLoader(dataset, batch_sampler=sampler, generator=own):
            yield inputs, labels.long()


def labels_in_order(dataset: Dataset[tuple[Tensor, int]]) -> NDArray[np.int64]:
    """The labels of all examples, in order."""
    if isinstance(dataset, ImageDataset):
        return np.asarray(dataset.labels, dtype=np.int64)
    parts = [labels.numpy() for _, labels in in_order(dataset, BATCH_SIZE)]
    return np.concatenate([np.zeros(0, np.int64), *parts])


def part_of(dataset: Dataset[tuple[Tensor, int]], examples: int) -> Dataset[tuple[Tensor, int]]:
    """Evenly spread examples, ``examples`` of them or all there are."""
    n = len(dataset)  # type: ignore[arg-type]
    chosen = np.unique(np.linspace(0, n - 1, min(n, examples)).astype(int)).tolist()
    if isinstance(dataset, ImageDataset):  # stays in memory, so that batches stay fast
        return replace(dataset, images=dataset.images[chosen], labels=dataset.labels[chosen])
    return Subset(dataset, chosen)


def scores_of(model: Callable[[Tensor], Tensor], inputs: Tensor) -> Tensor:
    """The network's scores, N x classes.

    Raises:
        UnsupportedModel: the forward pass fails or gives something else.
    """
    try:
        with devices.making_on(inputs.device):
            scores = model(inputs)
    except Exception as error:
        raise UnsupportedModel(
            f"forward pass on inputs of shape {tuple(inputs.shape)} failed: {error}; {_remedy(model, inputs)}"
        ) from error
    if not isinstance(scores, Tensor) or scores.ndim != 2 or len(scores) != len(inputs):
        got = tuple(scores.shape) if isinstance(scores, Tensor) else type(scores).__name__
        raise UnsupportedModel(
            f"output: must be scores of shape ({len(inputs)}, classes), got {got}; wrap the network in a "
            "module that returns class scores"
        )
    return scores


def _remedy(model: Callable[[Tensor], Tensor], inputs: Tensor) -> str:
    """What to do about a forward pass that fails."""
    weights = next(model.parameters(), inputs) if isinstance(model, nn.Module) else inputs
    if weights.device != inputs.device:
        return (
            f"the weights are on {weights.device} and the inputs on {inputs.device}: move the network there"
        )
    if inputs.device != devices.CPU:
        return (
            "if it makes tensors on the CPU, have it make them where its inputs are, or choose the device cpu"
        )
    if inputs.is_floating_point() and weights.dtype != inputs.dtype:
        return (
            f"the inputs are {inputs.dtype} and the weights {weights.dtype}: call model.float(), or convert the "
            "inputs in the network's forward"
        )
    return "give a data set whose items fit the network"


def wrong(scores: Tensor, labels: Tensor, top: int = 1) -> Tensor:
    """For each example, whether more than ``top`` scores reach that of its label, its own included."""
    classes = scores.shape[-1]
    if bool((labels < 0).any()) or bool((labels >= classes).any()):
        raise BadDataset(
            f"labels: must be in 0 .. {classes - 1}, got {int(labels.min())} .. {int(labels.max())}; "
            "correct the labels or give the network as many outputs as there are classes"
        )
    own = scores.gather(-1, labels[..., None])
    not_below = (scores >= own).sum(-1)  # the label's own place, and all that tie with it or beat it
    return ~(not_below <= top) | own[..., 0].isnan() | scores.isnan().any(-1)
