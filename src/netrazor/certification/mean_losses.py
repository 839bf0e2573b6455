"""Claims about the mean of one loss in [0, 1]: which values the loss can have, and whether what was counted fits."""

from collections.abc import Iterator
from typing import Literal, TypeGuard

import numpy as np
from numpy.typing import NDArray

from netrazor.certification.claim_record import ClaimRecord
from netrazor.certification.claims import MOST_CELLS, AnyClaim, Cost, OrdinalDistance
from netrazor.certification.target_claims import MEAN_LOSSES, HammingLoss, MeanLoss, SubsetError, Within

MOST_OUTPUTS = {"ordinal-distance": 1000, "hamming-loss": MOST_CELLS}  # by the kind of claim
GRID = 1024  # a loss that may be any number is rounded up to a multiple of 1 / GRID


def has_mean_loss(statement: AnyClaim) -> TypeGuard[Cost | OrdinalDistance | MeanLoss]:
    """Whether a claim bounds the mean of one loss, and its record holds the losses that were counted."""
    return isinstance(statement, (Cost, OrdinalDistance, *MEAN_LOSSES))


def loss_word(statement: AnyClaim) -> Literal["0-1", "in [0, 1]"]:
    """What a record calls the loss; of a cost or a distance, which are older than the word, 0-1 whatever it is."""
    between = isinstance(statement, MEAN_LOSSES) and not isinstance(statement, (SubsetError, Within))
    return "in [0, 1]" if between else "0-1"


def possible_losses(statement: AnyClaim, classes: int) -> NDArray[np.float64]:
    """The values that the loss of a claim about a mean can have, increasing, in [0, 1], rounded up.

    ``classes``: the number of outputs, of multi-label networks that of the labels.
    """
    if isinstance(statement, (Cost, OrdinalDistance)):
        return np.unique(loss_values(statement, classes))
    if isinstance(statement, (SubsetError, Within)):
        return np.array([0.0, 1.0])
    if isinstance(statement, HammingLoss):
        return _rounded_up(np.arange(classes + 1) / classes)
    return np.arange(GRID + 1) / GRID  # exact: a power of two


def loss_values(statement: Cost | OrdinalDistance, classes: int) -> NDArray[np.float64]:
    """The loss of each answer (columns; the last is none at all) for each label (rows), in [0, 1], rounded up."""
    if isinstance(statement, OrdinalDistance):
        places = np.arange(classes, dtype=np.float64)
        table = np.abs(places[:, None] - places) / max(1, classes - 1)
    else:
        costs = np.array(statement.costs, dtype=np.float64)
        table = costs / costs.max()
    return np.hstack([_rounded_up(table), np.ones((classes, 1))])


def loss_faults(claim: ClaimRecord, classes: int) -> Iterator[str]:
    """What of the losses of a claim about a mean cannot come from a count of ``claim.n`` examples, in words."""
    statement = claim.statement
    if classes > MOST_OUTPUTS.get(statement.kind, classes):
        yield f"sample.classes: at most {MOST_OUTPUTS[statement.kind]} allowed for {statement.kind!r}, got {classes}"
        return
    if isinstance(statement, Cost) and len(statement.costs) != classes:
        yield f"claims.asked.costs: {classes} rows needed, one for each class, got {len(statement.costs)}"
        return
    yield from _count_faults(claim, classes)
    if claim.constant is not None:
        beside = claim.model_copy(update={"losses": claim.constant.losses, "errors": claim.constant.errors})
        yield from (
            fault.replace("claims.", "claims.constant.", 1) for fault in _count_faults(beside, classes)
        )


def _count_faults(claim: ClaimRecord, classes: int) -> Iterator[str]:
    values, statement = [value for value, _ in claim.losses], claim.statement
    if values != sorted(set(values)) or not set(values) <= set(possible_losses(statement, classes).tolist()):
        yield "claims.losses: increasing values of the declared loss needed, got others"
    with_loss = sum(count for value, count in claim.losses if value)
    if sum(count for _, count in claim.losses) != claim.n or with_loss != claim.errors:
        yield f"claims.losses: counts of sum n = {claim.n}, {claim.errors} of them above 0, needed, got others"


def _rounded_up(quotients: NDArray[np.float64]) -> NDArray[np.float64]:
    """Quotients in [0, 1] that may have been rounded down; 0 and 1 are exact."""
    return np.where((quotients > 0) & (quotients < 1), np.nextafter(quotients, 1.0), quotients)
