"""From what was asked to the records of claims: which may be asked together, and what was counted for each."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor.certification import ClaimRecord
from netrazor.certification.claim_tables import cells_of
from netrazor.certification.claims import MOST_CELLS, AnyClaim, AnyLoss, CellRecord, Error, GroupErrors, TopK
from netrazor.certification.delta_shares import delta_parts
from netrazor.certification.mean_losses import MOST_OUTPUTS, loss_word
from netrazor.certification.record import Method
from netrazor.counting import ClaimCount, GroupColumn, count_claims, fits_classes, read_column
from netrazor.counting.constant_answers import count_constants
from netrazor.errors import InvalidArgument
from netrazor.runtime import Reporter


def check_claims(claims: Sequence[AnyClaim]) -> tuple[AnyClaim, ...]:
    """``claims``, if one certificate can make them all.

    Raises:
        InvalidArgument: none, something else than claims, one twice, a first one that cannot be the headline, or
            claims of several tasks.
    """
    if not claims or not all(isinstance(claim, AnyLoss) for claim in claims):
        raise InvalidArgument(
            f"claims: at least one of netrazor.claims needed, got {list(claims)!r:.200}; [Error()] is usual"
        )
    if not claims[0].may_be_first:
        raise InvalidArgument(
            f"claims: Error() or TopK(k=...) needed first, which is the headline, got {claims[0].kind!r}; put one "
            "first (of other tasks SubsetError, HammingLoss, Within, AbsoluteError, SquaredError or PixelErrors)"
        )
    if len(tasks := sorted({claim.task for claim in claims})) > 1:
        raise InvalidArgument(
            f"claims: all about one task needed, got {' and '.join(tasks)}, whose examples share no loss; issue a "
            "certificate for each, at a part of delta"
        )
    said = [_said(claim) for claim in claims]
    if any(each in said[:place] for place, each in enumerate(said)):
        raise InvalidArgument(
            "claims: each once allowed, got one twice, which would cost delta twice; leave it out"
        )
    return tuple(claims)


def check_fit(claims: Sequence[AnyClaim], classes: int) -> None:
    """Refuse claims that do not fit a number of classes.

    Raises:
        InvalidArgument: numbers for other classes, or a table that is too large.
    """
    for claim in claims:
        if not fits_classes(claim, classes):
            raise InvalidArgument(
                f"claims: numbers for {classes} classes needed in {claim.kind!r}, got others; give one for each class"
            )
        if classes > MOST_OUTPUTS.get(claim.kind, classes):
            raise InvalidArgument(
                f"claims: at most {MOST_OUTPUTS[claim.kind]} outputs allowed for {claim.kind!r}, got {classes}; ask "
                "for others"
            )
        if cells_of(claim, classes) > MOST_CELLS:
            raise InvalidArgument(
                f"claims: at most {MOST_CELLS} cells allowed, got {claim.kind!r} of {cells_of(claim, classes)}; ask "
                "for ClassErrors() and ClassPrecision()"
            )


def named_groups(
    claims: Sequence[AnyClaim], columns: Mapping[str, Any], n: int, counted: NDArray[np.int64]
) -> tuple[tuple[AnyClaim, ...], dict[str, GroupColumn]]:
    """``claims`` with the groups and digests of their columns filled in, and these columns.

    Conditionally on a column's values its groups are fixed, so that naming them after the examples costs nothing.

    Raises:
        InvalidArgument, BadDataset: as for `netrazor.counting.read_column`.
    """
    read = {
        c.column: read_column(c.column, columns, n, counted) for c in claims if isinstance(c, GroupErrors)
    }
    filled = tuple(
        claim.model_copy(update={"groups": read[claim.column].groups, "sha256": read[claim.column].sha256})
        if isinstance(claim, GroupErrors)
        else claim
        for claim in claims
    )
    return filled, read


def count_records(
    network: nn.Module,
    examples: Dataset[tuple[Tensor, int]],
    claims: Sequence[AnyClaim],
    *,
    classes: int,
    columns: Mapping[str, GroupColumn],
    reporter: Reporter,
) -> tuple[ClaimRecord, ...]:
    """A record of each of ``claims`` with what was counted, one pass for all; shares of delta and bounds to come."""
    counts = count_claims(network, examples, claims, classes=classes, columns=columns, reporter=reporter)
    constants = count_constants(examples, claims, classes)
    return tuple(
        record_of(claim, count).model_copy(update={"constant": constant})
        for claim, count, constant in zip(claims, counts, constants, strict=True)
    )


def record_of(claim: AnyClaim, count: ClaimCount) -> ClaimRecord:
    """The record of one claim with what was counted; an error of weight 1 needs no more than its ``top``."""
    is_error = isinstance(claim, (Error, TopK))
    return ClaimRecord(
        sentence="",
        bound=1.0,
        top=claim.k if isinstance(claim, TopK) else 1,
        n=count.n,
        errors=count.errors,
        delta_parts={},
        loss=loss_word(claim),
        asked=None if is_error and claim.weight == 1 else claim,
        cells=tuple(CellRecord(n=n, count=events) for n, events in count.cells),
        losses=count.losses,
    )


def share_delta(
    records: Sequence[ClaimRecord], delta: float, considered: tuple[Method, ...]
) -> tuple[ClaimRecord, ...]:
    """``records``, each with its share of ``delta`` by its weight."""
    total = sum(record.statement.weight for record in records)
    return tuple(
        record.model_copy(
            update={"delta_parts": delta_parts(delta, considered, total, weight=record.statement.weight)}
        )
        for record in records
    )


def _said(claim: AnyClaim) -> object:
    """What a claim says, whatever its weight: the error is the first of the best answers."""
    if isinstance(claim, (Error, TopK)):
        return claim.k if isinstance(claim, TopK) else 1
    return claim.model_copy(update={"weight": 1})
