"""What a certificate claims besides the error: tables of classes, groups and confusions; risk against coverage."""

from collections.abc import Iterator, Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from netrazor.certification import ClaimRecord
from netrazor.certification.claim_rows import rows_of
from netrazor.certification.claim_tables import chosen_threshold
from netrazor.certification.claims import Withheld
from netrazor.report.drawing import PERCENT
from netrazor.report.plot import Plot
from netrazor.report.reading import CertifiedRun
from netrazor.report.table import Table
from netrazor.report.theme import LIGHT

MOST_ROWS = 100  # of one table; a certificate may have 40,000 cells


def claim_items(run: CertifiedRun, prefix: str) -> Iterator[Plot | Table]:
    """A table for each claim that has one; before that of answers withheld, its curve."""
    for number, claim in enumerate(run.certificate.claims, start=1):
        statement = claim.statement
        if isinstance(statement, Withheld):
            yield risk_against_coverage(claim, statement, f"{prefix}claim-{number}-curve")
        found = rows_of(run.certificate, claim, MOST_ROWS)
        if found is not None:
            yield Table(
                f"{prefix}claim-{number}-{statement.kind}", found.title, found.heads, found.rows, found.note
            )


def risk_against_coverage(claim: ClaimRecord, statement: Withheld, name: str) -> Plot:
    """How often it answers at least, and how often an answer is wrong at most, at every declared threshold."""
    withheld, answered = claim.cells[::2], claim.cells[1::2]
    chosen = chosen_threshold(statement, claim.cells)
    answers = [1 - cell.bound for cell in withheld]
    bounds = [cell.bound for cell in answered]
    counted = [cell.count / cell.n if cell.n else 0.0 for cell in answered]

    def draw(axes: Sequence[Axes]) -> None:
        (ax,) = axes
        ax.plot(answers, bounds, color=LIGHT["blue"], marker="o", label="at most, certified")
        ax.plot(answers, counted, color=LIGHT["muted"], linestyle="--", label="counted")
        ax.plot(answers[chosen], bounds[chosen], "D", color=LIGHT["orange"], label="the claim's threshold")
        ax.xaxis.set_major_formatter(PERCENT)
        ax.yaxis.set_major_formatter(PERCENT)
        ax.xaxis.set_major_locator(MaxNLocator(5))
        ax.set_xlabel("answers at least so many of new examples")
        ax.set_ylabel("errs on these")
        ax.legend()

    return Plot(
        name,
        "Risk against coverage",
        "One point for each declared threshold on the margin; all hold together, so any may be chosen after looking.",
        draw,
    )
