"""Counting what claims rest on: every number of every claim in one pass over the examples.

Claims share what they are counted from: the table of labels against answers, and, where asked for, groups against
errors, margins against errors, and the best few answers. Each is a vector of whole numbers to which a batch adds.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor.certification.claims import (
    AnyClaim,
    BalancedError,
    ClassErrors,
    ClassPrecision,
    Confusion,
    Cost,
    Error,
    GroupErrors,
    OrdinalDistance,
    TopK,
    Withheld,
)
from netrazor.certification.mean_losses import loss_values
from netrazor.counting.answers import answers_and_margins
from netrazor.counting.claim_totals import Cells, ClaimCount
from netrazor.counting.group_columns import GroupColumn
from netrazor.counting.reading_order import BATCH_SIZE, counting_order, in_counting_order
from netrazor.counting.scoring import scores_of, wrong
from netrazor.counting.target_count import count_target_claims
from netrazor.data.subsets import size_of
from netrazor.errors import BadDataset, InvalidArgument, UnsupportedModel
from netrazor.networks.walk import set_evaluation_mode
from netrazor.runtime import devices, processes
from netrazor.runtime.reporting import Reporter, Silent

Key: TypeAlias = tuple[str, Any]


@dataclass(frozen=True)
class _Batch:
    """Scores, labels, and what follows from them; ``answers`` is the number of classes where there is none."""

    scores: Tensor
    labels: Tensor
    answers: Tensor
    margins: Tensor
    positions: Tensor

    @property
    def missed(self) -> Tensor:
        return self.answers != self.labels


@torch.inference_mode()
@devices.full_float32()
def count_claims(
    model: nn.Module,
    dataset: Dataset[tuple[Tensor, int]],
    statements: Sequence[AnyClaim],
    *,
    classes: int,
    columns: Mapping[str, GroupColumn] | None = None,
    batch_size: int = BATCH_SIZE,
    reporter: Reporter | None = None,
) -> tuple[ClaimCount, ...]:
    """What each of ``statements`` rests on, for ``model`` in evaluation mode over all examples of ``dataset``.

    Where examples have no single class: see `count_target_claims`. Otherwise in the order and batches of
    `count_errors`, and with its rules: no answer is decided in the network's favour. The answer is the only best
    score; where scores tie for it, or one is not a number, there is none.

    Args:
        model: inputs to N x classes scores.
        dataset: the counted examples.
        statements: claims, of any number and order.
        classes: number of classes.
        columns: those that `GroupErrors` name, of the counted examples.
        batch_size: as for `count_errors`.
        reporter: told of the progress.

    Raises:
        BadDataset: empty, or labels that the network has no output for.
        InvalidArgument: a batch size that is not allowed; a claim that does not fit the number of classes.
        UnsupportedModel: as for `count_errors`.
    """
    if statements[0].task != "single-label":
        return count_target_claims(model, dataset, statements, classes=classes, reporter=reporter or Silent())
    set_evaluation_mode(model)
    device, n = devices.device_of(model), size_of(dataset)
    if n == 0:
        raise BadDataset("dataset: must hold at least one example, got none; give one with examples")
    counters = _counters(statements, classes, columns or {})
    totals = {key: torch.zeros(counter.size, dtype=torch.int64) for key, counter in counters.items()}
    places = torch.split(counting_order(n), max(1, batch_size))[processes.rank() :: processes.count()]
    with (reporter or Silent()).stage("count errors", len(places)) as tick:
        examples = in_counting_order(dataset, batch_size, shared=True)
        for (inputs, labels), positions in zip(examples, places, strict=True):
            scores = scores_of(model, inputs.to(device))
            batch = _judged(scores, labels.to(device), positions, classes)
            for key, counter in counters.items():
                totals[key] += counter.count(batch).cpu()
            tick()
    summed = {key: processes.all_reduce(total).numpy() for key, total in totals.items()}
    return tuple(_read(statement, summed, classes, n) for statement in statements)


@dataclass(frozen=True)
class _Counter:
    """A vector of so many whole numbers, and what a batch adds to it."""

    size: int
    count: Callable[[_Batch], Tensor]


def _judged(scores: Tensor, labels: Tensor, positions: Tensor, classes: int) -> _Batch:
    """A batch with its answers and margins, once its scores and labels fit the classes."""
    if scores.shape[1] != classes:
        raise UnsupportedModel(
            f"output: scores of {classes} classes needed, got {scores.shape[1]}; wrap the network"
        )
    if bool((labels < 0).any()) or bool((labels >= classes).any()):
        wrong(scores, labels)  # says what is wrong with them
    return _Batch(scores, labels, *answers_and_margins(scores), positions)


def _counters(
    statements: Sequence[AnyClaim], classes: int, columns: Mapping[str, GroupColumn]
) -> dict[Key, _Counter]:
    """What to count, each once, however many claims rest on it."""
    counters: dict[Key, _Counter] = {("answers", None): _answers(classes)}
    for statement in statements:
        if isinstance(statement, TopK) and statement.k > 1:
            counters["top", statement.k] = _best_few(statement.k)
        elif isinstance(statement, GroupErrors):
            counters["column", statement.column] = _groups(columns[statement.column])
        elif isinstance(statement, Withheld):
            counters["margins", statement.thresholds] = _margins(statement.thresholds)
        elif not fits_classes(statement, classes):
            raise InvalidArgument(
                f"claims: numbers for {classes} classes needed in {statement.kind!r}, got others; give one for each"
            )
    return counters


def fits_classes(statement: AnyClaim, classes: int) -> bool:
    """Whether the numbers that a claim declares for each class are as many as there are classes."""
    if isinstance(statement, Cost):
        return len(statement.costs) == classes
    if isinstance(statement, BalancedError) and statement.class_weights is not None:
        return len(statement.class_weights) == classes
    return True


def _answers(classes: int) -> _Counter:
    """Labels against answers, the last column none: classes x (classes + 1), flat."""
    size = classes * (classes + 1)
    return _Counter(
        size, lambda batch: torch.bincount(batch.labels * (classes + 1) + batch.answers, minlength=size)
    )


def _best_few(k: int) -> _Counter:
    """Examples whose label is not among the ``k`` best scores."""
    return _Counter(1, lambda batch: wrong(batch.scores, batch.labels, k).sum()[None])


def _groups(column: GroupColumn) -> _Counter:
    """Groups against errors: groups x 2, flat."""
    size = 2 * len(column.groups)

    def count(batch: _Batch) -> Tensor:
        codes = column.codes[batch.positions].to(batch.labels.device)
        return torch.bincount(2 * codes + batch.missed, minlength=size)

    return _Counter(size, count)


def _margins(thresholds: tuple[float, ...]) -> _Counter:
    """How many thresholds the margin reaches, against errors: (thresholds + 1) x 2, flat."""
    size, steps = 2 * len(thresholds) + 2, torch.tensor(thresholds, dtype=torch.float64)

    def count(batch: _Batch) -> Tensor:
        reached = torch.bucketize(batch.margins, steps.to(batch.margins.device), right=True)
        return torch.bincount(2 * reached + batch.missed, minlength=size)

    return _Counter(size, count)


def _read(statement: AnyClaim, totals: Mapping[Key, Any], classes: int, n: int) -> ClaimCount:
    """What a claim rests on, from the sums over all batches."""
    table = totals["answers", None].reshape(classes, classes + 1)
    right, labelled = np.diagonal(table), table.sum(axis=1)
    errors = n - int(right.sum())
    if isinstance(statement, TopK) and statement.k > 1:
        return ClaimCount(int(totals["top", statement.k][0]), n)
    if isinstance(statement, (Error, TopK)):
        return ClaimCount(errors, n)
    if isinstance(statement, (ClassErrors, BalancedError)):
        return ClaimCount(errors, n, _pairs(labelled, labelled - right))
    if isinstance(statement, ClassPrecision):
        answered = table[:, :classes].sum(axis=0)
        return ClaimCount(errors, n, _pairs(answered, answered - right))
    if isinstance(statement, Confusion):
        return ClaimCount(errors, n, _pairs(np.repeat(labelled, classes), table[:, :classes].ravel()))
    if isinstance(statement, (Cost, OrdinalDistance)):
        return _losses(statement, table, n)
    if isinstance(statement, GroupErrors):
        groups = totals["column", statement.column].reshape(-1, 2)
        return ClaimCount(errors, n, _pairs(groups.sum(axis=1), groups[:, 1]))
    assert isinstance(statement, Withheld)
    return _curve(statement, totals["margins", statement.thresholds].reshape(-1, 2), errors, n)


def _losses(statement: Cost | OrdinalDistance, table: Any, n: int) -> ClaimCount:
    values, places = np.unique(loss_values(statement, len(table)), return_inverse=True)
    counts = np.bincount(places.ravel(), table.ravel(), len(values)).astype(np.int64)
    losses = tuple((float(v), int(c)) for v, c in zip(values, counts, strict=True) if c)
    return ClaimCount(sum(count for value, count in losses if value), n, (), losses)


def _curve(statement: Withheld, reached: Any, errors: int, n: int) -> ClaimCount:
    """At each threshold the examples withheld among all, and the errors among those answered."""
    from_here = reached[::-1].cumsum(axis=0)[::-1][1:]
    answered, missed = from_here.sum(axis=1), from_here[:, 1]
    pairs = np.stack([np.full_like(answered, n), n - answered, answered, missed], axis=1).reshape(-1, 2)
    return ClaimCount(errors, n, _pairs(pairs[:, 0], pairs[:, 1]))


def _pairs(examples: Any, events: Any) -> Cells:
    return tuple(zip(map(int, examples), map(int, events), strict=True))
