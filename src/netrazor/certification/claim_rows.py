"""A claim's table in words, for a terminal and a page: every number rounded towards the weaker claim."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import isqrt

from netrazor.certification.claim_record import ClaimRecord
from netrazor.certification.claim_tables import chosen_threshold
from netrazor.certification.claims import (
    BalancedError,
    CellRecord,
    ClassErrors,
    ClassPrecision,
    Confusion,
    Cost,
    GroupErrors,
    OrdinalDistance,
    Withheld,
)
from netrazor.certification.class_names import class_names_of
from netrazor.certification.record import Certificate
from netrazor.certification.target_claims import HammingLoss, LabelErrors
from netrazor.units import percent_down, percent_up

_STEPS = 8  # in which losses that may be any number are shown
TOO_FEW = "says nothing"  # of a class or group with too few examples for any statement


@dataclass(frozen=True)
class ClaimRows:
    """Cells as they are to be read, under one line."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def rows_of(certificate: Certificate, claim: ClaimRecord, most: int | None = None) -> ClaimRows | None:
    """The table of a claim, of at most ``most`` rows; None where it has none, or a confusion matrix is larger.

    Classes and labels have the names that the certificate gives them, or else their numbers.
    """
    statement, cells = claim.statement, claim.cells
    names = class_names_of(certificate, isqrt(len(cells)) if isinstance(statement, Confusion) else len(cells))
    if isinstance(statement, Withheld):
        return _curve(claim, statement, most)
    if isinstance(statement, Confusion):
        return None if most is not None and len(names) > most else _matrix(cells, names)
    if isinstance(statement, (Cost, OrdinalDistance, HammingLoss)):
        return _losses(claim, most)
    if claim.loss != "0-1":
        return _spread(claim)
    if isinstance(statement, GroupErrors):
        title = f"Errors in groups of {statement.column!r}"
        return _list(title, "group", list(statement.groups), cells, most)
    if isinstance(statement, (ClassErrors, ClassPrecision, BalancedError, LabelErrors)):
        titles = {
            "class-errors": ("Errors of each class: 1 - recall", "class"),
            "class-precision": ("Errors of each answer: 1 - precision", "answer"),
            "balanced-error": ("Errors counted in each class, bounded together", "class"),
            "label-errors": ("Errors of each label", "label"),
        }
        found = _list(*titles[statement.kind], names, cells, most)
        if not isinstance(statement, BalancedError):
            return found
        return ClaimRows(found.title, found.heads[:-1], tuple(row[:-1] for row in found.rows), found.note)
    return None


def _list(
    title: str, head: str, names: Sequence[str], cells: Sequence[CellRecord], most: int | None
) -> ClaimRows:
    """A row for each cell; where there are too many, those of the largest bounds."""
    order = sorted(range(len(cells)), key=lambda place: -cells[place].bound)
    shown = sorted(order[:most])
    rows = tuple((names[place], *_counted(cells[place]), _bound(cells[place])) for place in shown)
    left = len(cells) - len(shown)
    note = f"{left} more, of lower bounds, are in the certificate." if left else ""
    return ClaimRows(title, (head, "examples", "wrong", "counted", "at most"), rows, note)


def _matrix(cells: Sequence[CellRecord], names: Sequence[str]) -> ClaimRows:
    """A row for each label; recalls from below, wrong answers from above."""
    rows, classes = [], len(names)
    for label in range(classes):
        row = cells[label * classes : (label + 1) * classes]
        words = [
            f"≥ {percent_down(cell.lower or 0.0)}" if answer == label else f"≤ {percent_up(cell.bound)}"
            for answer, cell in enumerate(row)
        ]
        rows.append((names[label], f"{row[0].n:,}", *(words if row[0].n else [TOO_FEW] * classes)))
    return ClaimRows(
        "Confusion matrix: new examples of a class (rows) that are answered with another (columns)",
        ("class", "examples", *names),
        tuple(rows),
        "All entries hold together: on the diagonal at least so much, elsewhere at most.",
    )


def _curve(claim: ClaimRecord, statement: Withheld, most: int | None) -> ClaimRows:
    """A row for each threshold that changes what is answered; of too many, evenly so many, with the chosen one."""
    places = list(_steps([cell.n for cell in claim.cells[1::2]]))
    chosen = chosen_threshold(statement, claim.cells)
    if most is not None and len(places) > most:
        places = sorted({places[step * (len(places) - 1) // (most - 1)] for step in range(most)})
    rows = []
    for place in sorted({*places, chosen}):
        withheld, answered = claim.cells[2 * place], claim.cells[2 * place + 1]
        rows.append(
            (
                f"{statement.thresholds[place]:.6g}" + (" *" if place == chosen else ""),
                f"{answered.n:,}",
                f"{answered.count:,}",
                percent_down(1 - withheld.bound),
                _bound(answered),
            )
        )
    return ClaimRows(
        "Answers withheld below a margin",
        ("margin", "answered", "wrong", "answers at least", "errs there at most"),
        tuple(rows),
        "All rows hold together, so any may be chosen; * is the one that the claim names.",
    )


def _steps(answered: Sequence[int]) -> Iterator[int]:
    """The last place of each run of equal numbers of answers."""
    for place, n in enumerate(answered):
        if place + 1 == len(answered) or answered[place + 1] != n:
            yield place


def _losses(claim: ClaimRecord, most: int | None) -> ClaimRows:
    shown = claim.losses if most is None else claim.losses[-most:]
    rows = tuple((f"{value:.4g}", f"{count:,}") for value, count in shown)
    title = {"ordinal-distance": "Distances", "hamming-loss": "Labels that are wrong, as shares of all"}.get(
        claim.statement.kind, "Costs, as shares of the largest"
    )
    return ClaimRows(title, ("loss", "examples"), rows)


def _spread(claim: ClaimRecord) -> ClaimRows:
    """How losses that may be any number are spread: counts in equal steps, and how many lose all."""
    ends = [step / _STEPS for step in range(_STEPS + 1)]
    counts = [
        sum(count for value, count in claim.losses if low < value <= end)
        for low, end in pairwise([-1.0, *ends])
    ]
    rows = tuple((f"{end:g}", f"{count:,}") for end, count in zip(ends, counts, strict=True))
    return ClaimRows("Losses, as shares of the largest", ("up to", "examples"), rows)


def _counted(cell: CellRecord) -> tuple[str, str, str]:
    share = percent_up(cell.count / cell.n) if cell.n else "-"
    return f"{cell.n:,}", f"{cell.count:,}", share


def _bound(cell: CellRecord) -> str:
    return percent_up(cell.bound) if cell.bound < 1 else TOO_FEW
