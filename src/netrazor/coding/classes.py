"""Rows or columns in classes of like activity, sent as symbols under a table of their own."""

import numpy as np
from numpy.typing import NDArray

from netrazor.coding.integers import code_below
from netrazor.coding.rangecoder import Coder
from netrazor.coding.tables import TableModel, histogram

Classes = NDArray[np.intp]

_PRECISION = 2


def code_classes(
    coder: Coder, classes: Classes | None, bits: int | None, number: int, most: int
) -> list[Classes] | None:
    """The members of each of 2^bits classes of ``number`` slices, bits at most ``most``; None if all are alike."""
    bits = code_below(coder, bits, most + 1)
    if bits == 0:
        return None
    symbols = None if classes is None else classes.astype(np.int32)
    counts = None if symbols is None else histogram(symbols, 1 << bits)
    table = TableModel().code(coder, counts, 1 << bits, _PRECISION)
    coded = coder.symbols(symbols, table, number)
    return [np.flatnonzero(coded == member) for member in range(1 << bits)]


def equal_classes(level: NDArray[np.float64], bits: int) -> Classes:
    """2^bits classes of equal width between the least and the greatest level."""
    if bits == 0 or len(level) == 0:
        return np.zeros(len(level), dtype=np.intp)
    low, span = level.min(), np.ptp(level)
    scaled: Classes = ((level - low) / (span or 1.0) * (1 << bits)).astype(np.intp)
    return np.minimum(scaled, (1 << bits) - 1)


def class_cost(members: NDArray[np.int64]) -> float:
    """About the bits that classes with so many members cost."""
    return 0.0 if len(members) == 1 else surprise(members) - surprise(members.sum()) + 4 * len(members)


def surprise(counts: NDArray[np.generic]) -> float:
    """Sum of -n log2 n: the bits of symbols with these counts, but for those of their total."""
    numbers = counts.astype(np.float64)
    positive = numbers[numbers > 0]
    return -float((positive * np.log2(positive)).sum())
