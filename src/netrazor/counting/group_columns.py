"""Columns beside a data set, one value for each example, by whose values the examples fall into groups."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from netrazor.certification.claims import MOST_CELLS
from netrazor.errors import BadDataset, InvalidArgument

LONGEST_VALUE = 200  # characters


@dataclass(frozen=True, eq=False)
class GroupColumn:
    """A column as a certificate names it.

    Attributes:
        groups: its values among the counted examples, as text, in order.
        codes: of each counted example, the place of its value in ``groups``.
        sha256: of the whole column, spent examples included.
    """

    groups: tuple[str, ...]
    codes: Tensor
    sha256: str


def read_column(name: str, columns: Mapping[str, Any], n: int, counted: NDArray[np.int64]) -> GroupColumn:
    """The column ``name`` of ``columns``, for a data set of ``n`` examples of which those at ``counted`` are counted.

    Values are whole numbers, truth values or text.

    Raises:
        InvalidArgument: there is no such column.
        BadDataset: another length, other values, too long or too many different ones.
    """
    if name not in columns:
        raise InvalidArgument(
            f"columns: one called {name!r} needed, got {sorted(columns)}; give columns={{{name!r}: ...}}"
        )
    values = np.asarray(columns[name])
    if values.shape != (n,):
        raise BadDataset(
            f"columns: {n} values of {name!r} needed, one for each example, spent ones included, got shape "
            f"{values.shape}; give them in the order of the data set"
        )
    if values.dtype.kind == "O" and all(isinstance(value, str) for value in values):
        values = values.astype(np.str_)
    if values.dtype.kind not in "iubU":
        raise BadDataset(
            f"columns: whole numbers, truth values or text needed in {name!r}, got {values.dtype}; make groups of "
            "them"
        )
    texts = values.astype(np.str_)
    groups, codes = np.unique(texts[counted], return_inverse=True)
    if len(groups) > MOST_CELLS or max(map(len, groups.tolist()), default=0) > LONGEST_VALUE:
        raise BadDataset(
            f"columns: at most {MOST_CELLS} different values of at most {LONGEST_VALUE} characters allowed in "
            f"{name!r}, got {len(groups)}; make fewer groups"
        )
    return GroupColumn(tuple(groups.tolist()), torch.from_numpy(codes.astype(np.int64)), column_digest(texts))


def column_digest(values: Any) -> str:
    """SHA-256 of a column's values as text."""
    texts = np.asarray(values).astype(np.str_).tolist()
    return hashlib.sha256(json.dumps(texts, separators=(",", ":")).encode()).hexdigest()
