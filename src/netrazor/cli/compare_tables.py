"""The tables that `compare` prints: one for each network, then Table 1 with its ticks."""

from collections.abc import Iterator

from rich.table import Table

from netrazor.baselines import Estimate, Kind, Missing
from netrazor.bounds import Outcome
from netrazor.reproduction.compare import Comparison, Row, Setting

_WORDS = {Kind.BOUND: "bound", Kind.ORDER: "order, constants 1", Kind.FLOOR: "at least"}


def comparison_tables(comparison: Comparison) -> Iterator[Table]:
    """A table for each setting, and the paper's Table 1."""
    for setting in comparison.settings:
        yield _setting_table(setting)
    table = Table(title="Table 1: does it say anything? (published | here)", title_justify="left")
    for column in ("method", "structure", "MNIST", "ImageNet"):
        table.add_column(column)
    for line in comparison.table_1:
        marks = (f"{_mark(line.published[i])} | {_mark(line.here[i])}" for i in range(2))
        table.add_row(line.method, line.structure, *marks)
    yield table


def _setting_table(setting: Setting) -> Table:
    table = Table(title=f"{setting.name}: {setting.network}, {setting.data}", title_justify="left")
    for column in ("method", "value", "kind", "outcome", "seconds"):
        table.add_column(column, justify="right" if column in ("value", "seconds") else "left")
    for row in setting.rows:
        table.add_row(row.found.method, *_cells(row.found), _seconds(row))
    return table


def _cells(found: Estimate | Missing) -> tuple[str, str, str]:
    if isinstance(found, Missing):
        return "-", "none", found.reason
    informative = found.outcome is Outcome.INFORMATIVE and found.kind is Kind.BOUND
    word = "non-vacuous" if informative else found.outcome.name.lower()
    return found.text, _WORDS[found.kind], word if found.kind is not Kind.ORDER else f"{word}, but no claim"


def _seconds(row: Row) -> str:
    return f"{row.seconds:.1f}"


def _mark(yes: bool | None) -> str:
    return "-" if yes is None else "yes" if yes else "no"
