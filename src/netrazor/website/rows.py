"""The leaderboard's rows, ours and published ones alike, by data set."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

from netrazor.certification import measure_yardsticks
from netrazor.units import percent_up
from netrazor.website.entries import Entry
from netrazor.website.published_bounds import Board, DatasetPart, PublishedBound


@dataclass(frozen=True)
class Row:
    """One claim, as it is shown.

    Attributes:
        who: name of the certificate, or the work.
        page: address of its page; empty for a published one.
        kind: key of a kind.
        bound_percent: to sort and to draw by, as a double.
        cells: texts of the columns that both have, by name; what is not known is an empty text.
        keys: numbers to sort these columns by; what is not known sorts last.
    """

    who: str
    page: str
    kind: str
    bound_percent: float
    cells: dict[str, str]
    keys: dict[str, float] = field(default_factory=dict)

    @property
    def is_ours(self) -> bool:
        """Whether there is a certificate."""
        return bool(self.page)

    def key(self, column: str) -> float:
        """What the column is sorted by."""
        return self.keys.get(column, math.inf)


@dataclass(frozen=True)
class Yardstick:
    """A line in the plot: what guessing, or a hold-out, would give."""

    title: str
    percent: float
    text: str


@dataclass(frozen=True)
class DatasetBoard:
    """A part of the leaderboard."""

    part: DatasetPart
    rows: tuple[Row, ...]
    yardsticks: tuple[Yardstick, ...]


def boards(board: Board, entries: Sequence[Entry]) -> list[DatasetBoard]:
    """All parts that have a row, each by its bounds; certificates of other data sets have parts of their own."""
    known = {sample for part in board.datasets for sample in part.samples}
    others = sorted({entry.certificate.sample.name for entry in entries} - known)
    parts = [*board.datasets, *(DatasetPart(key=name, title=name, samples=(name,)) for name in others)]
    found = []
    for part in parts:
        ours = [entry for entry in entries if entry.certificate.sample.name in part.samples]
        rows = [_certified(entry, board.commands.get(entry.name)) for entry in ours]
        rows += [_published(row) for row in board.published if row.dataset == part.key]
        if rows:
            ordered = tuple(sorted(rows, key=lambda row: row.bound_percent))
            found.append(DatasetBoard(part, ordered, _yardsticks(ours)))
    return found


def percent_of(count: int, n: int) -> str:
    """A share that was counted, and that nothing is claimed by, with two decimals."""
    share = (Decimal(100 * count) / n).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return f"{share} %"


def _certified(entry: Entry, command: str | None) -> Row:
    certificate, measured = entry.certificate, entry.measured
    test = measured.test
    cells = {
        "bound": percent_up(certificate.risk_bound),
        "test": "" if test is None else percent_of(*test),
        "train": percent_of(certificate.errors, certificate.n),
        "paid": entry.paid,
        "given": entry.given,
        "n": f"{certificate.n:,}",
        "delta": f"{certificate.delta:g}",
        "seconds": "" if measured.seconds is None else f"{measured.seconds:,.0f} s",
        "command": measured.command or command or "",
        "status": entry.verdict.status,
    }
    keys = {"paid": entry.paid_number, "train": entry.train_error, "n": float(certificate.n)}
    keys |= {} if test is None else {"test": test[0] / test[1]}
    keys |= {} if measured.seconds is None else {"seconds": measured.seconds}
    bound = 100 * certificate.risk_bound
    return Row(
        entry.name, f"certificates/{entry.name}.html", entry.kind, bound, cells, {"bound": bound, **keys}
    )


def _published(row: PublishedBound) -> Row:
    quoted = "" if row.read else "; figure quoted from memory of the paper"
    cells = {
        "bound": f"{row.bound:g} %",
        "test": "" if row.test_error is None else f"{row.test_error:g} %",
        "train": "",
        "paid": row.counted,
        "given": f"not counted: {row.not_counted}",
        "n": "",
        "delta": "",
        "seconds": "",
        "command": "",
        "status": f"published: {row.source}{quoted}",
    }
    keys = {"bound": row.bound} | ({} if row.test_error is None else {"test": row.test_error / 100})
    return Row(row.work, "", row.kind, row.bound, cells, keys)


def _yardsticks(entries: Sequence[Entry]) -> tuple[Yardstick, ...]:
    """The best that guessing gives, and the best hold-out, among the yardsticks of all certificates."""
    if not entries:
        return ()
    found = [(measure_yardsticks(entry.certificate), entry) for entry in entries]
    guess = min(each.guessing(1) for each, _ in found)
    held, whose = min(found, key=lambda pair: pair[0].hold_out_bound)
    text = f"{percent_up(held.hold_out_bound)} from {held.held_out:,} examples (yardstick of {whose.name})"
    return (
        Yardstick("guessing", 100 * guess, f"guessing: {percent_up(guess)}"),
        Yardstick("hold-out", 100 * held.hold_out_bound, f"the lowest hold-out: {text}"),
    )
