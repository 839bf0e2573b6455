"""Tables in CSV files whose rows have several labels, or numbers, in place of one class."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from netrazor.certification.claims import AnyClaim
from netrazor.data.csv_tables import input_columns, label_column, numbers_in, read_csv
from netrazor.data.example_form import LABEL_KEYS
from netrazor.data.tables import listed_columns, rows_of_numbers
from netrazor.data.targets import LARGEST_WHOLE, TargetTable, targets_of
from netrazor.errors import BadDataset, InvalidArgument


@dataclass(frozen=True)
class _Named:
    """What a table is called, and its labels."""

    name: str
    class_names: tuple[str, ...] = ()


def targets_from_csv(
    path: str | os.PathLike[str],
    headline: AnyClaim,
    labels: Sequence[str] = (),
    *,
    leave_out: Sequence[str] = (),
) -> TargetTable:
    """A CSV file with a line of column names: the columns ``labels`` are the targets, all others are inputs.

    Args:
        path: of the file, UTF-8.
        headline: the claim that comes first: for one about labels a column of 0 and 1 for each, whose names are those
            of the labels; for one about numbers a column of them for each output.
        labels: the columns; none: the one that is called label, labels, y or target.
        leave_out: columns that are no inputs, such as one that only makes groups.

    Raises:
        InvalidArgument: no such file or column, or one twice.
        BadDataset: text, cells that are empty, not 0 or 1, or not finite; each named with its column and row.
    """
    header, lines = read_csv(Path(path))
    columns = _columns(header, labels)
    cells = np.array([[line[header.index(name)] for name in columns] for line in lines], dtype=np.str_)
    numbers_in(cells, columns, "targets")  # says which is none
    values = cells.astype(np.float64)
    if headline.task == "multi-label":
        _refuse(
            ~np.isin(values, (0, 1)), cells, columns, "0 or 1", "write 1 where the label is there, else 0"
        )
    else:
        _refuse(~np.isfinite(values), cells, columns, "finite numbers", "drop the rows without a target")
        _refuse(
            _is_another_whole_number(cells, values),
            cells,
            columns,
            "whole numbers that float64 tells apart, up to 2^53,",
            "subtract a constant, or give them in larger units",
        )
    inputs = rows_of_numbers(input_columns(header, lines, (*columns, *leave_out)))
    named = _Named(Path(path).stem, tuple(columns) if headline.task == "multi-label" else ())
    return TargetTable(inputs, targets_of(values, headline.task, "targets"), headline, named)


def _columns(header: Sequence[str], labels: Sequence[str]) -> list[str]:
    """The columns of the targets."""
    usual = label_column(header)
    if not labels and usual is None:
        raise InvalidArgument(
            f"label: columns of the targets needed, or one called {' or '.join(LABEL_KEYS)}, got "
            f"{listed_columns(header)}; name each"
        )
    columns = list(labels) or [str(usual)]
    for name in columns:
        if name not in header:
            raise InvalidArgument(
                f"label: one of the columns {listed_columns(header)} allowed, got {name!r}; write it as the file "
                "has it"
            )
    if len(set(columns)) < len(columns):
        raise InvalidArgument(
            f"label: each column once allowed, got {listed_columns(columns)}; leave one out"
        )
    return columns


def _is_another_whole_number(cells: NDArray[np.str_], values: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Where a cell is a whole number in digits that its float is not."""
    found = np.zeros(cells.shape, dtype=np.bool_)
    for place in zip(*np.nonzero(np.abs(values) >= LARGEST_WHOLE), strict=True):
        digits = str(cells[place]).strip().lstrip("+-").lstrip("0")
        found[place] = digits.isdecimal() and int(digits) != abs(int(values[place]))
    return found


def _refuse(
    bad: NDArray[np.bool_], cells: NDArray[np.str_], columns: Sequence[str], needed: str, remedy: str
) -> None:
    """Name the first cell that is ``bad``."""
    if bad.any():
        row, place = np.argwhere(bad)[0]
        raise BadDataset(
            f"targets: {needed} needed in column {columns[place]!r}, got {str(cells[row, place])[:20]!r} in row "
            f"{row + 2}; {remedy}"
        )
