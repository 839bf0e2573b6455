"""Tables in memory: rows of numbers with a label each, as most estimators take them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from netrazor.data.items import BatchedDataset
from netrazor.errors import BadDataset


@dataclass(frozen=True, eq=False)
class TableDataset(BatchedDataset):
    """N rows and their labels.

    Attributes:
        inputs: N x ..., real numbers.
        labels: N, int64.
        name: for people.
        split: for people.
    """

    inputs: Tensor
    labels: Tensor
    name: str = "table"
    split: str = "train"

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.inputs[index], int(self.labels[index])

    def batch(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """The rows at ``indices`` and their labels."""
        return self.inputs[indices], self.labels[indices]


def table_of(inputs: Any, labels: Any, name: str = "table", split: str = "train") -> TableDataset:
    """A table of arrays or tensors.

    Raises:
        BadDataset: inputs that are no real, finite numbers, or labels that are not one whole number for each row.
    """
    rows, classes = np.asarray(inputs), np.asarray(labels)
    if rows.dtype.kind not in "buif" or rows.ndim < 1:
        raise BadDataset(
            f"inputs: rows of numbers needed, got {rows.dtype} of shape {rows.shape}; encode text columns as numbers"
        )
    if classes.dtype.kind not in "iu" or classes.shape != rows.shape[:1]:
        raise BadDataset(
            f"labels: {len(rows)} whole numbers needed, one for each row, got {classes.dtype} of shape "
            f"{classes.shape}; number the classes from 0"
        )
    if rows.dtype.kind == "f" and not np.isfinite(rows).all():
        place = tuple(np.argwhere(~np.isfinite(rows))[0].tolist())
        raise BadDataset(f"inputs: finite numbers needed, got another at {place}; fill in what is missing")
    return TableDataset(
        torch.from_numpy(np.ascontiguousarray(rows)),
        torch.from_numpy(classes.astype(np.int64)),
        name,
        split,
    )


def as_dataset(examples: Any) -> Any:
    """``examples``, a pair of inputs and labels made a table."""
    is_pair = isinstance(examples, tuple) and len(examples) == 2
    return table_of(*examples) if is_pair and all(hasattr(part, "shape") for part in examples) else examples
