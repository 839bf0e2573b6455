"""Tables: rows of numbers with a label each, from arrays and data frames."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from netrazor.data.items import BatchedDataset
from netrazor.errors import BadDataset

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
    rows = rows_of_numbers(inputs)
    classes = _as_classes(np.asarray(labels), len(rows))
    return TableDataset(rows, torch.from_numpy(classes.astype(np.int64)), name, split)


def rows_of_numbers(inputs: Any) -> Tensor:
    """The rows of arrays, tensors or data frames, all columns.

    Raises:
        BadDataset: no real, finite numbers (columns of a data frame are named).
    """
    _check_columns(inputs)
    rows = np.asarray(inputs)
    if rows.dtype.kind not in "buif" or rows.ndim < 1:
        raise BadDataset(
            f"inputs: rows of numbers needed, got {rows.dtype} of shape {rows.shape}; encode text columns as numbers"
        )
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
    return torch.from_numpy(np.ascontiguousarray(rows))


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
            f"inputs: columns of numbers needed, got text or objects in {listed_columns(bad)}; encode them as "
            "numbers (one column for each category, say) or drop them"
        )


def listed_columns(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    more = f" and {len(names) - _MENTIONED} more" if len(names) > _MENTIONED else ""
    return ", ".join(names[:_MENTIONED]) + more
