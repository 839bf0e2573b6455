"""The section of a comparison: every method's number on each network, and Table 1."""

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from netrazor.report.comparison_file import Answer, ComparisonFile, Line, Setting
from netrazor.report.drawing import beside
from netrazor.report.page import Item, Prose, Section
from netrazor.report.plot import Plot
from netrazor.report.table import Table
from netrazor.report.theme import LIGHT

KINDS = {"bound": "bound", "order": "order, constants 1", "floor": "at least"}
COLOURS = {"bound": "blue", "order": "gold", "floor": "orange"}
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
MARKS = {True: "yes", False: "no", None: "-"}


def table_1_section(found: ComparisonFile, prefix: str) -> Section:
    """Everything about one comparison; ``prefix`` begins the names of its files."""
    items: list[Item] = [
        Prose(
            (
                f"Command: {found.command}. {found.cores} cores, {found.date}, {found.seconds / 60:.1f} minutes.",
                "Each number holds alone, at its own delta. Orders and floors claim nothing.",
            )
        ),
        _table_1(found, prefix),
    ]
    for number, setting in enumerate(found.settings, start=1):
        items += [
            _values(setting, f"{prefix}setting-{number}"),
            _answers(setting, f"{prefix}setting-{number}"),
        ]
    return Section("Table 1: the earlier bounds, computed", tuple(items))


def _table_1(found: ComparisonFile, prefix: str) -> Table:
    rows = tuple(
        (line.method, line.structure, *(MARKS[mark] for mark in _interleaved(line))) for line in found.table_1
    )
    heads = ("method", "structure", "MNIST: published", "here", "ImageNet: published", "here")
    note = "Whether there is a guarantee that says more than guessing would; - where none could be computed."
    return Table(f"{prefix}table-1", "Does it say anything? (Table 1)", heads, rows, note, words=(1,))


def _interleaved(line: Line) -> tuple[bool | None, ...]:
    """Published and here for MNIST, then for ImageNet."""
    return line.published[0], line.here[0], line.published[1], line.here[1]


def _answers(setting: Setting, name: str) -> Table:
    rows = tuple(
        (row.method, row.text, KINDS.get(row.kind or "", "none"), row.reason or _outcome(row))
        for row in setting.rows
    )
    return Table(
        name, _title(setting), ("method", "error at most", "what it is", "outcome"), rows, words=(2, 3)
    )


def _outcome(row: Answer) -> str:
    word = {"informative": "non-vacuous"}.get(str(row.outcome), str(row.outcome))
    return word if row.kind == "bound" else f"{word}, no claim"


def _values(setting: Setting, name: str) -> Plot:
    rows = [row for row in setting.rows if row.value is not None]

    def draw(axes: Sequence[Axes]) -> None:
        (ax,) = axes
        least = min(0.5, *(row.value or 1.0 for row in rows)) / 2
        for place, row in enumerate(rows):
            value = row.value or least
            ax.barh(place, value - least, 0.6, least, color=LIGHT[COLOURS[row.kind or "bound"]])
            beside(ax, row.text, value, place, ground=LIGHT["paper"])
        ax.axvline(1, color=LIGHT["ink"], lw=1)
        ax.set_xscale("log")
        highest = max(1.0, *(row.value or 1.0 for row in rows))
        ax.set_xlim(least, highest * (highest / least) ** 0.3)
        ax.set_yticks(range(len(rows)), [row.method for row in rows])
        ax.invert_yaxis()
        ax.grid(axis="y", visible=False)
        ax.xaxis.set_major_locator(LogLocator(numticks=5))
        ax.xaxis.set_minor_locator(NullLocator())
        ax.xaxis.set_major_formatter(FuncFormatter(lambda x, _: _power(100 * x)))
        ax.set_xlabel("value before clipping at 100 %")

    return Plot(
        f"{name}-values",
        _title(setting),
        "Blue: bounds. Yellow: an order with all constants 1. Orange: the least that the method could give. Right of "
        "the line nothing is said.",
        draw,
        height=0.9 + 0.3 * len(rows),
    )


def _power(percent: float) -> str:
    """A percentage that is a power of ten."""
    exponent = round(math.log10(percent))
    return f"{percent:g} %" if exponent < 4 else "10" + str(exponent).translate(_RAISED) + " %"


def _title(setting: Setting) -> str:
    return f"{setting.name[0].upper()}{setting.name[1:]}: {setting.network}, {setting.data}"
