"""Tables: rows of numbers with a label each, from arrays, data frames and CSV files."""

import csv
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from netrazor.data.example_form import LABEL_KEYS
from netrazor.data.items import BatchedDataset
from netrazor.errors import BadDataset, InvalidArgument

_MENTIONED = 8  # columns listed in an error


@dataclass(frozen=True, eq=False)
class TableDataset(BatchedDataset):
    """N rows and their labels.

    Attributes:
        inputs: N x ..., real numbers.
        labels: N, int64.
        name: for people.
        split: for people.
        class_names: a word for each class, or empty.
    """

    inputs: Tensor
    labels: Tensor
    name: str = "table"
    split: str = "train"
    class_names: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.inputs[index], int(self.labels[index])

    def batch(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """The rows at ``indices`` and their labels."""
        return self.inputs[indices], self.labels[indices]


def table_of(inputs: Any, labels: Any, name: str = "table", split: str = "train") -> TableDataset:
    """A table of arrays, tensors or data frames.

    Args:
        inputs: N x ..., numbers; of a data frame all columns.
        labels: N, whole numbers from 0; 0.0 and 1.0, False and True are two classes.
        name: for people.
        split: for people.

    Raises:
        BadDataset: inputs that are no real, finite numbers (columns of a data frame are named), or labels that are
            not one class for each row.
    """
    _check_columns(inputs)
    rows = np.asarray(inputs)
    if rows.dtype.kind not in "buif" or rows.ndim < 1:
        raise BadDataset(
            f"inputs: rows of numbers needed, got {rows.dtype} of shape {rows.shape}; encode text columns as numbers"
        )
    classes = _as_classes(np.asarray(labels), len(rows))
    if rows.dtype.kind == "f" and not np.isfinite(rows).all():
        row, *column = np.argwhere(~np.isfinite(rows))[0].tolist()
        names = getattr(inputs, "columns", None)
        place = f"row {row}" + (
            f", column {names[column[0]]!r}"
            if names is not None and column
            else f" at {tuple(column)}" * bool(column)
        )
        raise BadDataset(
            f"inputs: finite numbers needed, got another in {place}; fill in what is missing, by a constant that was "
            "not computed from the rows, or drop the row"
        )
    return TableDataset(
        torch.from_numpy(np.ascontiguousarray(rows)), torch.from_numpy(classes.astype(np.int64)), name, split
    )


def table_from_csv(
    path: str | os.PathLike[str], label: str | None = None, *, name: str | None = None
) -> TableDataset:
    """A CSV file with a line of column names: one column is the label, all others are numbers.

    Labels that are words are numbered in the order of the alphabet; whole numbers are the classes themselves.

    Args:
        path: of the file, UTF-8.
        label: the column of the labels; None: the one that is called label, labels, y or target.
        name: for people; None: that of the file.

    Raises:
        InvalidArgument: no such file or column.
        BadDataset: columns that hold text, cells that are empty or missing; each named.
    """
    header, lines = _read_csv(Path(path))
    if label is None:
        found = [column for column in header if column.lower() in LABEL_KEYS]
        label = found[0] if len(found) == 1 else None
    if label not in header:
        raise InvalidArgument(
            f"label: one of the columns {_listed(header)} allowed, got {label!r}; say which one holds the classes"
        )
    place = header.index(label)
    columns = [column for column in header if column != label]
    cells = np.array([line[:place] + line[place + 1 :] for line in lines], dtype=np.str_)
    classes, class_names = _numbered([line[place] for line in lines])
    table = table_of(_numbers(cells, columns), classes, name or Path(path).stem)
    return TableDataset(table.inputs, table.labels, table.name, table.split, class_names)


def as_dataset(examples: Any) -> Any:
    """``examples``, a pair of inputs and labels made a table."""
    is_pair = isinstance(examples, tuple) and len(examples) == 2
    return table_of(*examples) if is_pair and all(hasattr(part, "shape") for part in examples) else examples


def _as_classes(labels: NDArray[Any], rows: int) -> NDArray[Any]:
    """Labels as whole numbers; a column of labels, N x 1, as N."""
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = labels[:, 0]
    if labels.dtype.kind == "b" or (labels.dtype.kind == "f" and np.isin(labels, (0.0, 1.0)).all()):
        labels = labels.astype(np.int64)
    if labels.dtype.kind not in "iu" or labels.shape != (rows,):
        raise BadDataset(
            f"labels: {rows} whole numbers needed, one for each row, got {labels.dtype} of shape "
            f"{labels.shape}; number the classes from 0"
        )
    return labels


def _check_columns(inputs: Any) -> None:
    """Refuse a data frame with columns that hold no numbers, by their names."""
    types = getattr(inputs, "dtypes", None)
    if types is None or not hasattr(inputs, "columns"):
        return
    bad = [
        str(name)
        for name, kind in zip(inputs.columns, types, strict=True)
        if getattr(kind, "kind", "O") not in "buif"
    ]
    if bad:
        raise BadDataset(
            f"inputs: columns of numbers needed, got text or objects in {_listed(bad)}; encode them as numbers (one "
            "column for each category, say) or drop them"
        )


def _read_csv(path: Path) -> tuple[list[str], list[list[str]]]:
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
            f"{path}: column names that differ needed, got {_listed(header)}; rename those that are alike"
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


def _numbers(cells: NDArray[np.str_], columns: Sequence[str]) -> NDArray[np.float32]:
    """Cells as float32; text, and cells that are empty, are told by their columns."""
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
        f"inputs: columns of numbers needed, got text or empty cells in {_listed(list(bad.values()))}; encode or "
        "fill them in, or leave these columns out"
    )


def _numbered(labels: list[str]) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    try:
        return np.array([int(label) for label in labels], dtype=np.int64), ()
    except (ValueError, OverflowError):
        words, classes = np.unique(np.array(labels, dtype=np.str_), return_inverse=True)
        return classes.astype(np.int64), tuple(words.tolist())


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - _MENTIONED} more" if len(names) > _MENTIONED else ""
    return ", ".join(names[:_MENTIONED]) + more
