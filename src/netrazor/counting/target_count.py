"""Counting losses on examples whose target is an array, in one pass: how many of them have each loss of each claim.

Each claim about a mean has a list of possible losses (`possible_losses`), and each example a place in it, rounded
towards the larger loss. What is not a number loses most.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor.certification.claim_terms import Task
from netrazor.certification.claims import AnyClaim
from netrazor.certification.mean_losses import GRID, possible_losses
from netrazor.certification.record import batch_of
from netrazor.certification.target_claims import (
    AbsoluteError,
    HammingLoss,
    LabelErrors,
    PixelErrors,
    SquaredError,
    SubsetError,
    Within,
)
from netrazor.counting.claim_totals import ClaimCount
from netrazor.counting.reading_order import in_counting_order
from netrazor.counting.scoring import outputs_of, wrong
from netrazor.data.subsets import size_of
from netrazor.data.targets import TargetDataset
from netrazor.errors import BadDataset, UnsupportedModel
from netrazor.networks.walk import set_evaluation_mode
from netrazor.runtime import SILENT, Reporter, devices, processes

_UP = (
    1 + 2.0**-40
)  # outweighs the rounding of a distance, a quotient and a mean over the numbers of an example


@torch.inference_mode()
@devices.full_float32()
def count_target_claims(
    model: nn.Module,
    dataset: Dataset[tuple[Tensor, int]],
    statements: Sequence[AnyClaim],
    *,
    classes: int,
    reporter: Reporter = SILENT,
) -> tuple[ClaimCount, ...]:
    """What each of ``statements`` rests on, for ``model`` in evaluation mode over all examples of ``dataset``.

    Args:
        model: inputs to N x outputs, of segmentation N x classes x height x width.
        dataset: the counted examples, with targets.
        statements: claims of one task.
        classes: number of outputs.
        reporter: told of the progress.

    Raises:
        BadDataset: no examples, or targets that do not fit the outputs.
        UnsupportedModel: a forward pass that fails.
    """
    set_evaluation_mode(model)
    device, n, batch_size = devices.device_of(model), size_of(dataset), batch_of(statements[0].task)
    if n == 0 or not isinstance(dataset, TargetDataset):
        raise BadDataset(
            "dataset: at least one example with a target needed, got none; give one with examples"
        )
    totals = [torch.zeros(numbers_counted(each, classes), dtype=torch.int64) for each in statements]
    with reporter.stage("count losses", -(-n // batch_size // processes.count())) as tick:
        for inputs, targets in in_counting_order(dataset, batch_size, shared=True):
            outputs = outputs_of(model, inputs.to(device))
            targets = targets.to(device)
            check_fit_of_targets(outputs, targets, statements[0].task)
            for total, statement in zip(totals, statements, strict=True):
                total += count_batch(statement, outputs, targets, len(total)).cpu()
            tick()
    return tuple(
        count_of_totals(statement, processes.all_reduce(total).tolist(), classes, n)
        for statement, total in zip(statements, totals, strict=True)
    )


def count_risk(model: nn.Module, dataset: TargetDataset) -> float:
    """The mean loss of ``model`` by the claim that comes first, over all examples of ``dataset``."""
    inputs = dataset.batch(torch.zeros(1, dtype=torch.int64))[0]
    with torch.inference_mode():
        classes = outputs_of(model.eval(), inputs.to(devices.device_of(model))).shape[1]
    (count,) = count_target_claims(model, dataset, [dataset.headline], classes=classes)
    return sum(value * number for value, number in count.losses) / count.n


def check_fit_of_targets(outputs: Tensor, targets: Tensor, task: Task) -> None:
    """Refuse outputs of other shapes than the targets.

    Raises:
        BadDataset: targets of another number of labels, numbers or pixels.
        UnsupportedModel: outputs that are no scores of pixels.
    """
    if task == "segmentation":
        if outputs.ndim < 4:
            raise UnsupportedModel(
                f"output: scores of shape (N, classes, height, width) needed for a class of each pixel, got "
                f"{tuple(outputs.shape)}; wrap the network in a module that returns these"
            )
        outputs = outputs[:, 0]
    if outputs.shape != targets.shape:
        raise BadDataset(
            f"targets: of shape {tuple(outputs.shape)} for a batch needed, as the network's outputs, got "
            f"{tuple(targets.shape)}; give a target for each output"
        )


def numbers_counted(statement: AnyClaim, classes: int) -> int:
    """How many numbers are counted for a claim."""
    return classes if isinstance(statement, LabelErrors) else len(possible_losses(statement, classes))


def count_batch(statement: AnyClaim, outputs: Tensor, targets: Tensor, size: int) -> Tensor:
    """What a batch adds: of each label the errors, of a mean loss the examples at each place."""
    if isinstance(statement, LabelErrors):
        return _wrong_labels(outputs, targets).sum(0)
    return torch.bincount(_places(statement, outputs, targets), minlength=size)


def _places(statement: AnyClaim, outputs: Tensor, targets: Tensor) -> Tensor:
    """For each example the place of its loss among the possible ones."""
    if isinstance(statement, SubsetError):
        return _wrong_labels(outputs, targets).any(1).long()
    if isinstance(statement, HammingLoss):
        return _wrong_labels(outputs, targets).sum(1)
    if isinstance(statement, PixelErrors):
        return _wrong_pixels(outputs, targets, statement.ignored)
    distances = (outputs.double() - targets).abs()
    if isinstance(statement, Within):
        return (~(distances <= statement.tolerance)).any(1).long()
    assert isinstance(statement, (AbsoluteError, SquaredError))
    shares = (distances / statement.scale).nan_to_num(1.0, 1.0).clamp(max=1.0)
    losses = shares.square() if isinstance(statement, SquaredError) else shares
    return (losses.mean(1) * _UP * GRID).clamp(max=GRID).ceil().long()


def _wrong_labels(outputs: Tensor, targets: Tensor) -> Tensor:
    """Where no is answered for a label that is there, yes for one that is not, or neither."""
    return ~torch.where(targets == 1, outputs > 0, outputs < 0)


def _wrong_pixels(outputs: Tensor, targets: Tensor, ignored: int | None) -> Tensor:
    """The share of wrong pixels of each image on the grid, rounded up in whole numbers."""
    counts = torch.ones_like(targets, dtype=torch.bool) if ignored is None else targets != ignored
    missed = wrong(outputs.movedim(1, -1), torch.where(counts, targets, 0)) & counts
    pixels, errors = counts.flatten(1).sum(1), missed.flatten(1).sum(1)
    return -torch.div(-errors * GRID, pixels.clamp(min=1), rounding_mode="floor")


def count_of_totals(statement: AnyClaim, total: list[int], classes: int, n: int) -> ClaimCount:
    """What a claim rests on, from the sums over all batches."""
    if isinstance(statement, LabelErrors):
        return ClaimCount(max(total), n, tuple((n, errors) for errors in total))
    values = possible_losses(statement, classes)
    losses = tuple((float(value), count) for value, count in zip(values, total, strict=True) if count)
    return ClaimCount(n - total[0], n, (), losses)
