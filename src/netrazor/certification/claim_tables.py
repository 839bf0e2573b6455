"""Tables of claims: which cells there are, what each says, and how the claim's bound follows from them.

Order of cells: one for each class or group; of a confusion matrix row after row, the label's first; of answers
withheld two for each threshold, first the examples withheld among all, then the errors among those answered.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

import numpy as np

from netrazor import bounds
from netrazor.certification.claim_record import ClaimRecord
from netrazor.certification.claims import (
    AnyClaim,
    BalancedError,
    CellRecord,
    ClassErrors,
    ClassPrecision,
    Confusion,
    GroupErrors,
    LabelErrors,
    Withheld,
)
from netrazor.certification.constant_bounds import constant_faults
from netrazor.certification.delta_shares import equal_share
from netrazor.certification.mean_losses import has_mean_loss, loss_faults, possible_losses
from netrazor.certification.risk_rounding import complement_down, risk_up, risks_up


@dataclass(frozen=True)
class Price:
    """What a claim's bounds pay: the bits of the message, and its part of delta."""

    code_bits: float
    delta: float


def cells_of(statement: AnyClaim, classes: int) -> int:
    """How many cells the table of a claim has; 0 where it has none."""
    if isinstance(statement, (ClassErrors, ClassPrecision, BalancedError, LabelErrors)):
        return classes
    if isinstance(statement, Confusion):
        return classes**2
    if isinstance(statement, GroupErrors):
        return len(statement.groups)
    return 2 * len(statement.thresholds) if isinstance(statement, Withheld) else 0


def statements_of(statement: AnyClaim, classes: int) -> int:
    """Among how many statements a table's part of delta is divided evenly; a diagonal is bounded on both sides."""
    return max(1, cells_of(statement, classes)) + (classes if isinstance(statement, Confusion) else 0)


def bound_table(claim: ClaimRecord, classes: int, price: Price) -> ClaimRecord:
    """``claim`` with the bounds of its cells, or of its mean loss, and its own bound, from what was counted alone.

    Claim: conditionally on which counted examples are in a group (of a label, of an answer, of a value of a column,
    of a margin), they are independent draws from the group; so the exact binomial tail of Theorem 4.1 holds for each
    cell with the number of its examples for n, at an equal share of the claim's part of delta.

    Raises:
        InvalidArgument: numbers outside the domain of the bound.
    """
    counted = tuple(CellRecord(n=cell.n, count=cell.count) for cell in claim.cells)
    claim = claim.model_copy(update={"cells": counted})
    if has_mean_loss(claim.statement):
        return claim.model_copy(update={"bound": _bound_mean(claim, classes, price)})
    if isinstance(claim.statement, BalancedError):
        return claim.model_copy(update={"bound": _bound_balanced(claim, claim.statement, classes, price)})
    share = equal_share(price.delta, statements_of(claim.statement, classes))
    cells = _bound_cells(claim.cells, Price(price.code_bits, share))
    if isinstance(claim.statement, Confusion):
        cells = _bound_diagonal(cells, classes, Price(price.code_bits, share))
    return claim.model_copy(update={"cells": cells, "bound": headline_bound(claim.statement, cells, classes)})


def headline_bound(statement: AnyClaim, cells: Sequence[CellRecord], classes: int) -> float:
    """What the cells' bounds say together, in one number.

    The largest of them; of a confusion matrix the largest of a wrong answer; of answers withheld the bound of errors
    at `chosen_threshold`.
    """
    if isinstance(statement, Withheld):
        return cells[2 * chosen_threshold(statement, cells) + 1].bound
    wrong = enumerate(cells)
    if isinstance(statement, Confusion):
        return max((cell.bound for place, cell in wrong if place % (classes + 1)), default=0.0)
    return max((cell.bound for _, cell in wrong), default=1.0)


def chosen_threshold(statement: Withheld, cells: Sequence[CellRecord]) -> int:
    """The place of the threshold of least error bound among those that answer the declared share of the examples.

    Where none does, the first, which answers most.
    """
    answering = [
        place
        for place in range(len(statement.thresholds))
        if cells[2 * place + 1].n >= Fraction(statement.answered) * cells[0].n
    ]
    return min(answering, key=lambda place: cells[2 * place + 1].bound, default=0)


def table_faults(claim: ClaimRecord, classes: int) -> Iterator[str]:
    """What of a table cannot come from a count of ``claim.n`` examples, in words."""
    statement, cells = claim.statement, claim.cells
    expected = cells_of(statement, classes)
    if len(cells) != expected:
        yield f"claims.cells: {expected} needed, got {len(cells)}"
        return
    if any(cell.count > cell.n or cell.n > claim.n for cell in cells):
        yield "claims.cells: a count can be no larger than its number of examples, got one that is"
    yield from constant_faults(claim, classes)
    if has_mean_loss(statement):
        yield from loss_faults(claim, classes)
    elif claim.losses:
        yield "claims.losses: none needed for a claim of this kind, got some"
    elif not claim.is_error and not _adds_up(claim, classes):
        yield f"claims.cells: examples that add up to n = {claim.n} needed, got others"
    if isinstance(statement, LabelErrors) and claim.errors != max(cell.count for cell in cells):
        yield "claims.errors: those of the label that has most needed, got others"
    if isinstance(statement, Withheld) and not _is_curve(statement, cells):
        yield "claims.cells: fewer answers at each larger threshold, and no more errors, needed, got others"
    if isinstance(statement, Confusion) and any(
        len({cell.n for cell in row}) > 1 or sum(cell.count for cell in row) > row[0].n
        for row in (cells[start : start + classes] for start in range(0, len(cells), classes))
    ):
        yield "claims.cells: one number of examples a row, not below the sum of its counts, needed, got others"
    if isinstance(statement, BalancedError) and len(statement.class_weights or cells) != classes:
        yield f"claims.asked.class_weights: {classes} needed, one for each class, got others"
    if isinstance(statement, GroupErrors) and statement.groups != tuple(sorted(set(statement.groups))):
        yield "claims.asked.groups: each value once, in order, needed, got others"


def _bound_mean(claim: ClaimRecord, classes: int, price: Price) -> float:
    """The bound of a mean loss: the exact tail where the declared loss is 0 or 1, or else by betting."""
    if set(possible_losses(claim.statement, classes).tolist()) <= {0.0, 1.0}:
        return risk_up(float(bounds.occam(claim.errors, claim.n, price.code_bits, price.delta)))
    values, counts = np.array(claim.losses, dtype=np.float64).T
    return risk_up(float(bounds.bounded_loss(values, counts, price.code_bits, price.delta)))


def _bound_balanced(claim: ClaimRecord, statement: BalancedError, classes: int, price: Price) -> float:
    """The bound of a weighted mean over classes, of all examples together, by betting.

    Conditionally on the labels an error of class c, of weight w, is the loss w n / n_c, whose mean over examples has
    the balanced error for its expectation. As a share of the largest of these losses it is bounded like any other. A
    class without examples has lost all.
    """
    weights = statement.class_weights or (1 / classes,) * classes
    pairs = [(weight, cell) for weight, cell in zip(weights, claim.cells, strict=True) if cell.n]
    unseen = math.fsum(weight for weight, cell in zip(weights, claim.cells, strict=True) if not cell.n)
    losses = np.array([weight * claim.n / cell.n for weight, cell in pairs]) * (1 + 2.0**-50)
    missed = np.array([cell.count for _, cell in pairs], dtype=np.float64)
    largest = float(losses.max())
    values = np.minimum(np.append(losses / largest * (1 + 2.0**-50), 0.0), 1.0)
    counts = np.append(missed, claim.n - missed.sum())
    mean = float(bounds.bounded_loss(values, counts, price.code_bits, price.delta))
    return risk_up(largest * mean * (1 + 2.0**-50) + unseen)


def _bound_cells(cells: Sequence[CellRecord], price: Price) -> tuple[CellRecord, ...]:
    """Each cell's bound from above: the exact tail; 1 for a group without examples."""
    some = [cell for cell in cells if cell.n]
    if not some:
        return tuple(cell.model_copy(update={"bound": 1.0}) for cell in cells)
    counts, n = np.array([(cell.count, cell.n) for cell in some], dtype=np.int64).T
    found = iter(risks_up(bounds.occam(counts, n, price.code_bits, price.delta)).tolist())
    return tuple(cell.model_copy(update={"bound": next(found) if cell.n else 1.0}) for cell in cells)


def _bound_diagonal(cells: Sequence[CellRecord], classes: int, price: Price) -> tuple[CellRecord, ...]:
    """The diagonal from below: what is not on it from above."""
    diagonal = range(0, len(cells), classes + 1)
    missed = [
        cells[place].model_copy(update={"count": cells[place].n - cells[place].count}) for place in diagonal
    ]
    lower = {
        place: complement_down(cell.bound)
        for place, cell in zip(diagonal, _bound_cells(missed, price), strict=True)
    }
    return tuple(
        cell.model_copy(update={"lower": lower[place]}) if place in lower else cell
        for place, cell in enumerate(cells)
    )


def _adds_up(claim: ClaimRecord, classes: int) -> bool:
    """Whether the groups' numbers of examples are those of all counted ones; no answer is in no group of answers."""
    sizes = [cell.n for cell in claim.cells]
    if isinstance(claim.statement, LabelErrors):
        return set(sizes) <= {claim.n}
    if isinstance(claim.statement, Confusion):
        sizes = sizes[::classes]
    if isinstance(claim.statement, Withheld):
        sizes = sizes[:1]
    total = sum(sizes)
    return total <= claim.n if isinstance(claim.statement, ClassPrecision) else total == claim.n


def _is_curve(statement: Withheld, cells: Sequence[CellRecord]) -> bool:
    withheld, answered = cells[::2], cells[1::2]
    return (
        len({cell.n for cell in withheld}) == 1
        and all(w.n - w.count == a.n for w, a in zip(withheld, answered, strict=True))
        and list(statement.thresholds) == sorted(set(statement.thresholds))
        and all(b.n <= a.n and b.count <= a.count for a, b in pairwise(answered))
    )
