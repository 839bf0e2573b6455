"""What always the same answer loses where examples have no single class: it is chosen, then its losses are counted.

The choice is made in whole numbers, so that a verifier comes to the same. It is the best one for labels and pixels;
of numbers it is about the best of the multiples of a step, for each output by itself.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from netrazor.certification.claims import AnyClaim
from netrazor.certification.constant_record import STEPS, ConstantRecord, has_constant, step_of
from netrazor.certification.mean_losses import GRID
from netrazor.certification.record import batch_of
from netrazor.certification.target_claims import (
    AbsoluteError,
    HammingLoss,
    LabelErrors,
    PixelErrors,
    SquaredError,
    Within,
)
from netrazor.counting.reading_order import in_order, labels_in_order
from netrazor.counting.target_count import count_batch, count_of_totals, numbers_counted
from netrazor.data.targets import TargetDataset

_MOST_EXAMPLES, _MOST_TRIED = 2**20, 2**12  # by which a number is chosen; evenly spread ones of more
_REACH = 2**20  # steps from the median beyond which all numbers are alike
_WHOLE = 2.0**52  # floats up to here tell whole numbers apart

Numbers = NDArray[np.int64]


def count_constants(
    dataset: Dataset[tuple[Tensor, int]], statements: Sequence[AnyClaim], classes: int
) -> tuple[ConstantRecord | None, ...]:
    """For each claim what always the same answer loses on ``dataset``; None for claims that have no such yardstick.

    Args:
        dataset: the counted examples.
        statements: claims of one task.
        classes: number of outputs.
    """
    wanted = [has_constant(statement, classes) for statement in statements]
    if not isinstance(dataset, TargetDataset) or not any(wanted):
        return (None,) * len(statements)
    targets = _Targets(dataset, statements[0])
    return tuple(
        _counted(statement, targets, classes) if is_wanted else None
        for statement, is_wanted in zip(statements, wanted, strict=True)
    )


@dataclass(frozen=True)
class _Targets:
    """The targets of a data set in batches: read once where they are labels or numbers, each time where images."""

    dataset: TargetDataset
    headline: AnyClaim
    held: Tensor | None = None

    def __post_init__(self) -> None:
        if self.headline.task != "segmentation":
            object.__setattr__(self, "held", torch.from_numpy(labels_in_order(self.dataset)))

    def batches(self) -> Iterator[Tensor]:
        """All targets, in order."""
        if self.held is not None:
            yield from torch.split(self.held, 2**14)
        else:
            for _, targets in in_order(self.dataset, batch_of(self.headline.task)):
                yield targets


def _counted(statement: AnyClaim, targets: _Targets, classes: int) -> ConstantRecord:
    """The answer for a claim, and what it loses on all examples."""
    answer = _choose(statement, targets, classes)
    total, n = torch.zeros(numbers_counted(statement, classes), dtype=torch.int64), 0
    for batch in targets.batches():
        total += count_batch(statement, _outputs(statement, answer, batch, classes), batch, len(total))
        n += len(batch)
    count = count_of_totals(statement, total.tolist(), classes, n)
    return ConstantRecord(answer=answer, errors=count.errors, losses=count.losses)


def _choose(statement: AnyClaim, targets: _Targets, classes: int) -> tuple[int, ...]:
    if isinstance(statement, PixelErrors):
        shares = sum(_pixel_shares(batch, classes, statement.ignored) for batch in targets.batches())
        assert isinstance(shares, Tensor)
        return (int(shares.argmax()),)
    assert targets.held is not None
    if isinstance(statement, (HammingLoss, LabelErrors)):
        return tuple((2 * targets.held.sum(0) > len(targets.held)).long().tolist())
    assert isinstance(statement, (Within, AbsoluteError, SquaredError))
    values = targets.held.numpy()
    values = values[np.unique(np.linspace(0, len(values) - 1, _MOST_EXAMPLES).astype(np.int64))]
    steps = np.rint(np.clip(values / step_of(statement), -_WHOLE, _WHOLE)).astype(np.int64)
    return tuple(_choose_number(column, statement) for column in steps.T)


def _pixel_shares(targets: Tensor, classes: int, ignored: int | None) -> Tensor:
    """For each class the sum over images of the share of their pixels that are of it, on the grid."""
    flat = targets.flatten(1)
    kept = torch.ones_like(flat, dtype=torch.bool) if ignored is None else flat != ignored
    counts = torch.stack([((flat == label) & kept).sum(1) for label in range(classes)], dim=1)
    pixels = kept.sum(1, keepdim=True).clamp(min=1)
    return torch.div(counts * GRID, pixels, rounding_mode="floor").sum(0)


def _choose_number(steps: Numbers, statement: Within | AbsoluteError | SquaredError) -> int:
    """About the best constant for whole numbers of steps: one of the numbers themselves, or a window's mean."""
    middle = int(np.sort(steps)[len(steps) // 2])
    numbers = np.sort(np.clip(steps - middle, -_REACH, _REACH))
    reach = STEPS if not isinstance(statement, Within) else STEPS // 2 if statement.tolerance else 0
    sums = _Sums.of(numbers)
    tried = np.unique(numbers)
    tried = tried[np.unique(np.linspace(0, len(tried) - 1, _MOST_TRIED).astype(np.int64))]
    if isinstance(statement, Within):
        tried = np.concatenate([tried, tried + reach])  # a window that begins at a number
    elif isinstance(statement, SquaredError):
        centers = np.concatenate([tried, tried + reach])  # also a window that begins at a number
        count, first, _ = sums.around(centers, reach)
        tried = np.concatenate([tried, first // np.maximum(count, 1)])
    count, first, second = sums.around(tried, reach)
    if isinstance(statement, Within):
        losses = -count
    elif isinstance(statement, SquaredError):
        losses = second - 2 * tried * first + tried**2 * count + reach**2 * (len(numbers) - count)
    else:
        below_count, below, _ = sums.between(tried - reach, tried)
        losses = first - 2 * below + tried * (2 * below_count - count) + reach * (len(numbers) - count)
    return middle + int(tried[losses.argmin()])


@dataclass(frozen=True)
class _Sums:
    """Sorted whole numbers, and the sums of them and of their squares up to each place."""

    numbers: Numbers
    first: Numbers
    second: Numbers

    @classmethod
    def of(cls, numbers: Numbers) -> "_Sums":
        """The sums of sorted ``numbers``."""
        first, second = (np.concatenate([[0], np.cumsum(powers)]) for powers in (numbers, numbers**2))
        return cls(numbers, first, second)

    def around(self, centers: Numbers, reach: int) -> tuple[Numbers, Numbers, Numbers]:
        """Number, sum and sum of squares of those at most ``reach`` from each of ``centers``."""
        return self.between(centers - reach, centers + reach)

    def between(self, lowest: Numbers, highest: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """The same of those from ``lowest`` to ``highest``."""
        start = np.searchsorted(self.numbers, lowest, side="left")
        stop = np.searchsorted(self.numbers, highest, side="right")
        return stop - start, self.first[stop] - self.first[start], self.second[stop] - self.second[start]


def _outputs(statement: AnyClaim, answer: tuple[int, ...], targets: Tensor, classes: int) -> Tensor:
    """The outputs of a network that always gives ``answer``, for a batch."""
    if isinstance(statement, PixelErrors):
        scores = torch.zeros(1, classes, *(1 for _ in targets.shape[1:]))
        scores[0, answer[0]] = 1
        return scores.expand(len(targets), classes, *targets.shape[1:])
    row = torch.tensor(answer, dtype=torch.float64)
    if isinstance(statement, (HammingLoss, LabelErrors)):
        return (2 * row - 1).expand(len(targets), -1)
    assert isinstance(statement, (Within, AbsoluteError, SquaredError))
    return (row * step_of(statement)).expand(len(targets), -1)
