"""Tables in CSV files, with a line of column names: labelled rows, rows without labels, and single columns."""

import csv
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from netrazor.data.example_form import LABEL_KEYS
from netrazor.data.tables import TableDataset, listed_columns, table_of
from netrazor.errors import BadDataset, InvalidArgument


def table_from_csv(
    path: str | os.PathLike[str],
    label: str | None = None,
    *,
    name: str | None = None,
    leave_out: Sequence[str] = (),
) -> TableDataset:
    """A CSV file with a line of column names: one column is the label, all others are numbers.

    Labels that are words are numbered in the order of the alphabet; whole numbers are the classes themselves.

    Args:
        path: of the file, UTF-8.
        label: the column of the labels; None: the one that is called label, labels, y or target.
        name: for people; None: that of the file.
        leave_out: columns that are no inputs, such as one that only makes groups.

    Raises:
        InvalidArgument: no such file or column.
        BadDataset: columns that hold text, cells that are empty or missing; each named.
    """
    header, lines = read_csv(Path(path))
    label = label_column(header) if label is None else label
    if label not in header:
        raise InvalidArgument(
            f"label: one of the columns {listed_columns(header)} allowed, got {label!r}; say which one holds the "
            "classes"
        )
    classes, class_names = _numbered([line[header.index(label)] for line in lines])
    rows = input_columns(header, lines, (label, *leave_out))
    table = table_of(rows, classes, name or Path(path).stem)
    return TableDataset(table.inputs, table.labels, table.name, table.split, class_names)


def inputs_from_csv(
    path: str | os.PathLike[str], labels: Sequence[str] = (), *, leave_out: Sequence[str] = ()
) -> NDArray[np.float32]:
    """The rows of a CSV file without their labels: the columns ``labels``, those of them that it has, are left out.

    Without any, a column that is called label, labels, y or target is.

    Raises:
        InvalidArgument, BadDataset: as for `table_from_csv`.
    """
    header, lines = read_csv(Path(path))
    usual = label_column(header)
    found = [name for name in labels if name in header] or ([] if labels or usual is None else [usual])
    return input_columns(header, lines, (*found, *leave_out))


def column_from_csv(path: str | os.PathLike[str], column: str) -> NDArray[np.str_]:
    """One column of a CSV file as text, a value for each row.

    Raises:
        InvalidArgument: no such file or column.
        BadDataset: not a CSV file.
    """
    header, lines = read_csv(Path(path))
    if column not in header:
        raise InvalidArgument(
            f"column: one of {listed_columns(header)} allowed, got {column!r}; write it as {path} has it"
        )
    place = header.index(column)
    return np.array([line[place] for line in lines], dtype=np.str_)


def label_column(header: Sequence[str]) -> str | None:
    """The only column with one of the usual names of labels; None where there is none, or several."""
    found = [column for column in header if column.lower() in LABEL_KEYS]
    return found[0] if len(found) == 1 else None


def input_columns(
    header: Sequence[str], lines: Sequence[Sequence[str]], leave_out: Sequence[str]
) -> NDArray[np.float32]:
    """All columns but those left out, as numbers."""
    unknown = [column for column in leave_out if column not in header]
    if unknown:
        raise InvalidArgument(
            f"column: one of {listed_columns(header)} allowed, got {unknown[0]!r}; write it as the file has it"
        )
    kept = [place for place, column in enumerate(header) if column not in leave_out]
    if not kept:
        raise BadDataset("inputs: a column besides labels and groups needed, got none; give one with inputs")
    cells = np.array([[line[place] for place in kept] for line in lines], dtype=np.str_)
    return numbers_in(cells, [header[place] for place in kept])


def read_csv(path: Path) -> tuple[list[str], list[list[str]]]:
    """The column names and the rows of a file, all of one length.

    Raises:
        InvalidArgument: no such file.
        BadDataset: not a CSV file, names that occur twice, rows of other lengths, or none.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            header, *lines = [line for line in csv.reader(file, strict=True) if line]
    except OSError as error:
        raise InvalidArgument(
            f"table: a CSV file needed, got {path} ({error.strerror}); correct the path"
        ) from error
    except (UnicodeDecodeError, csv.Error, ValueError) as error:
        raise BadDataset(
            f"{path}: must be CSV in UTF-8 with a line of column names, got something else ({error}); save it again"
        ) from error
    if len(set(header)) < len(header):
        raise BadDataset(
            f"{path}: column names that differ needed, got {listed_columns(header)}; rename those that are alike"
        )
    for number, line in enumerate(lines, start=2):
        if len(line) != len(header):
            raise BadDataset(
                f"{path}: {len(header)} cells needed in each row, as there are columns, got {len(line)} in row "
                f"{number}; "
                "correct the row"
            )
    if not lines:
        raise BadDataset(
            f"{path}: at least one row below the column names needed, got none; give one with rows"
        )
    return header, lines


def numbers_in(cells: NDArray[np.str_], columns: Sequence[str], where: str = "inputs") -> NDArray[np.float32]:
    """Cells as float32; text, and cells that are empty, are told by their columns.

    Raises:
        BadDataset: any of these; the message begins with ``where``.
    """
    try:
        return cells.astype(np.float32)
    except ValueError:
        pass
    bad = {}
    for place, column in enumerate(columns):
        for row, cell in enumerate(cells[:, place].tolist(), start=2):
            try:
                float(cell)
            except ValueError:
                bad[column] = f"{column} ({cell[:20]!r} in row {row})"
                break
    raise BadDataset(
        f"{where}: columns of numbers needed, got text or empty cells in {listed_columns(list(bad.values()))}; "
        "encode or fill them in, or leave these columns out"
    )


def _numbered(labels: list[str]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    try:
        return np.array([int(label) for label in labels], dtype=np.int64), ()
    except (ValueError, OverflowError):
        words, classes = np.unique(np.array(labels, dtype=np.str_), return_inverse=True)
        return classes.astype(np.int64), tuple(words.tolist())
