"""An answer depends on its example alone: tried on a sample, before errors are counted.

The empirical risk is a mean over independent examples only if each answer is a function of one of them. A network
that looks at the rest of its batch, at chance, or at how many examples came before gives answers in a count that
nobody gets afterwards.
"""

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import islice
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase
from torch.utils.data import Dataset

from netrazor.certification.claim_terms import Task
from netrazor.certification.mean_losses import possible_losses
from netrazor.certification.record import batch_of
from netrazor.counting.reading_order import BATCH_SIZE, in_counting_order, shuffled_order
from netrazor.counting.scoring import outputs_of, scores_of, wrong
from netrazor.counting.target_count import check_fit_of_targets, count_batch, numbers_counted
from netrazor.data.targets import TargetDataset
from netrazor.errors import UnsupportedModel
from netrazor.networks.snapshot import first_change, snapshot
from netrazor.networks.walk import modules, set_evaluation_mode
from netrazor.runtime import devices

SAMPLE = 64  # examples that are asked for in several ways
_IMAGES = 8  # the same where each has a score for each class and pixel

# What outputs for the inputs in some rows of a batch lose in the mean.
MeanLoss: TypeAlias = Callable[[Tensor, Tensor], float]


def check_independence(
    model: nn.Module,
    dataset: Dataset[tuple[Tensor, int]],
    *,
    together: int = BATCH_SIZE,
    sample: int = SAMPLE,
    seed: int | None = None,
) -> None:
    """`check_scores` on the first batch of ``dataset`` that will be counted, or its first ``together`` examples.

    So many of them as ``sample`` says are asked for, see `asked_for`.

    Raises:
        UnsupportedModel: as `check_scores`.
    """
    task: Task = dataset.task if isinstance(dataset, TargetDataset) else "single-label"
    few = min(sample, _IMAGES) if task == "segmentation" else sample
    for inputs, labels in islice(in_counting_order(dataset, min(together, batch_of(task))), 1):
        rows = asked_for(len(inputs), few, seed)
        check_scores(model, inputs, rows, task, partial(_mean_loss, dataset, labels))


def asked_for(number: int, sample: int = SAMPLE, seed: int | None = None) -> Tensor:
    """Places in a batch of ``number``: evenly spread; with a ``seed`` any, which a network cannot know and spare."""
    if seed is None:
        return torch.linspace(0, number - 1, min(number, sample)).long()
    return torch.from_numpy(shuffled_order(number, seed)[:sample])


def _mean_loss(dataset: Dataset[tuple[Tensor, int]], labels: Tensor, rows: Tensor, outputs: Tensor) -> float:
    """What ``outputs`` for the examples of a batch in ``rows`` lose in the mean, by the claim that comes first."""
    own = labels.to(outputs.device)[rows]
    if not isinstance(dataset, TargetDataset):
        return float(wrong(outputs, own).double().mean())
    check_fit_of_targets(outputs, own, dataset.task)
    statement, classes = dataset.headline, outputs.shape[1]
    counts = count_batch(statement, outputs, own, numbers_counted(statement, classes)).double().cpu()
    return float(counts @ torch.from_numpy(possible_losses(statement, classes))) / len(own)


@torch.inference_mode()
@devices.full_float32()
def check_scores(
    model: nn.Module,
    inputs: Tensor,
    rows: Tensor | None = None,
    task: Task = "single-label",
    mean_loss: MeanLoss | None = None,
) -> None:
    """Refuse ``model``, in evaluation mode, if its scores of an example depend on anything but the example.

    The ``inputs`` in ``rows`` (by default `asked_for`) are scored among all of them, one by one, in the opposite
    order, and so a second time.
    Differences within rounding, in the precision of the network, are no reason, as long as what is lost in the mean
    is the same but for one of the examples: scores that are large beside their differences may be anything within
    rounding. Of other tasks than classes, the same of outputs.

    Raises:
        UnsupportedModel: scores that differ, random numbers that are drawn, or a forward pass that changes what the
            network holds; which of these, and what to do.
    """
    set_evaluation_mode(model)
    inputs = inputs.to(devices.device_of(model))
    rows = (asked_for(len(inputs)) if rows is None else rows).to(inputs.device)
    some = inputs[rows]
    before = snapshot(model)
    with _nothing_drawn(inputs.device):
        outputs = scores_of if task == "single-label" else outputs_of
        counted = outputs(model, inputs)[rows]
        turned, again = (outputs(model, some.flip(0)).flip(0) for _ in range(2))
        alone = torch.cat([outputs(model, example[None]) for example in some])
    if (name := first_change(before, snapshot(model))) is not None:
        raise UnsupportedModel(
            f"{name}: the forward pass changes it, so that an answer may depend on the examples before it; make it "
            "once, in __init__, or keep it in a local variable"
        )
    precision, spared = _precision(model, counted), 1 / (SAMPLE if task == "segmentation" else len(rows))
    if not _agree(turned, again, precision, task):
        raise UnsupportedModel(
            "model: two answers to the same examples in evaluation mode differ: its forward pass is random; "
            f"{_OFF}"
        )
    for other, how in ((alone, "alone and in a batch"), (turned, "in another batch and order")):
        loses_the_same = mean_loss is None or abs(mean_loss(rows, counted) - mean_loss(rows, other)) <= spared
        if not (loses_the_same and _agree(counted, other, precision, task)):
            raise UnsupportedModel(
                f"model: the scores of an example differ when it is counted {how}: its answers depend on the other "
                f"examples of the batch; {_remedy(model)}"
            )


_OFF = "switch dropout and noise off there (training=self.training), or draw once, in __init__, and keep a buffer"


@contextmanager
def _nothing_drawn(device: torch.device) -> Iterator[None]:
    """Refuses what draws from a stream of random numbers in it."""
    before = _random_states(device)
    yield
    if before != _random_states(device):
        raise UnsupportedModel(f"model: its forward pass draws random numbers in evaluation mode; {_OFF}")


def _random_states(device: torch.device) -> tuple[object, ...]:
    of_numpy: Any = np.random.get_state(legacy=True)
    elsewhere = [state.numpy().tobytes() for state in devices.random_state(device).values()]
    return (
        torch.get_rng_state().numpy().tobytes(),
        *elsewhere,
        random.getstate(),
        (of_numpy[1].tobytes(), *of_numpy[2:]),
    )


def _precision(model: nn.Module, scores: Tensor) -> float:
    """The relative step of the coarsest floats that the scores are made from."""
    held = (tensor.dtype for tensor in (*model.parameters(), *model.buffers(), scores))
    coarse = [torch.finfo(dtype).eps for dtype in held if dtype.is_floating_point]
    return max(coarse, default=torch.finfo(torch.float32).eps)


def _agree(one: Tensor, other: Tensor, precision: float, task: Task = "single-label") -> bool:
    """Whether scores are the same up to rounding.

    Rounding is measured by what decides: the usual distance between the best and the second best score, or, where
    there is no best, how far an output usually is from the middle of its kind. A score that is far from all others (a
    class that is masked out) allows for no more at the others.
    """
    one, other = (_rows(outputs.double(), task) for outputs in (one, other))
    if not torch.equal(one.isfinite(), other.isfinite()) or not torch.equal(
        one[~one.isfinite()].nan_to_num(0.0), other[~other.isfinite()].nan_to_num(0.0)
    ):
        return False
    known = one.nan_to_num(0.0, 0.0, 0.0)
    best = known.topk(min(2, one.shape[1]), dim=1).values
    usual = (best[:, 0] - best[:, -1]).median() if one.shape[1] > 1 else best.abs().median()
    if task in ("multi-label", "regression"):
        usual = (known - known.median(dim=0).values).abs().median()
    size = torch.maximum(one.abs(), best[:, :1].abs())
    allowed = 3 * precision**0.5 * usual + 16 * precision * size
    finite = one.isfinite()
    return bool(((one - other).abs() <= allowed)[finite].all())


def _rows(outputs: Tensor, task: Task) -> Tensor:
    """Outputs as N x outputs; of images a row for each pixel."""
    return outputs.movedim(1, -1).flatten(0, -2) if task == "segmentation" else outputs.flatten(1)


def _remedy(model: nn.Module) -> str:
    """What to do about answers that depend on the batch, by what the network is made of."""
    for module in modules(model):
        kind = type(module).__name__
        if getattr(module, "batch_first", True) is False:
            return f"{kind} takes the first dimension for the sequence: build it with batch_first=True"
        if isinstance(module, _NormBase) and module.running_mean is None and "Instance" not in kind:
            return (
                f"{kind} has no running statistics: build it with track_running_stats=True and train it again"
            )
    return "take means, sorts and branches over the other dimensions only"
