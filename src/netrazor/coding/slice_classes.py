"""Rows or columns grouped into classes of about equal activity, sent as symbols under a table."""

import numpy as np
from numpy.typing import NDArray

from netrazor.coding.coder import Coder
from netrazor.coding.frequency_tables import TableModel, histogram
from netrazor.coding.integer_codes import code_below

Classes = NDArray[np.uint8]

_PRECISION = 2


def code_classes(
    coder: Coder, classes: Classes | None, bits: int | None, number: int, most: int
) -> tuple[Classes, int]:
    """The class of each of ``number`` slices, and how many classes there are: 2^bits, bits at most ``most``."""
    bits = code_below(coder, bits, most + 1)
    if bits == 0:
        return np.zeros(number, dtype=np.uint8), 1
    symbols = None if classes is None else classes.astype(np.int32)
    counts = None if symbols is None else histogram(symbols, 1 << bits)
    table = TableModel().code(coder, counts, 1 << bits, _PRECISION)
    return coder.symbols(symbols, table, number).astype(np.uint8), 1 << bits


def equal_width_classes(level: NDArray[np.float64], bits: int) -> Classes:
    """2^bits classes of equal width between the least and the greatest level."""
    if bits == 0:
        return np.zeros(len(level), dtype=np.uint8)
    low, span = level.min(), np.ptp(level)
    scaled: NDArray[np.float64] = (level - low) / (span or 1.0) * (1 << bits)
    classes: Classes = np.minimum(scaled, (1 << bits) - 1).astype(np.uint8)
    return classes


def class_cost(members: NDArray[np.int64]) -> float:
    """About the bits that classes with so many members cost."""
    return 0.0 if len(members) == 1 else surprise(members) - surprise(members.sum()) + 4 * len(members)


def surprise(counts: NDArray[np.generic] | np.generic) -> float:
    """Sum of -n log2 n; that of all counts, less that of their total, is the bits that symbols so frequent need."""
    numbers = np.asarray(counts, dtype=np.float64)
    return -float((numbers * np.log2(np.maximum(numbers, 1.0))).sum())


def mask_bits(ones: int, size: int) -> float:
    """About the bits of a mask of so many ones, each place a one by itself."""
    return surprise(np.array([ones, size - ones])) - surprise(np.array(size))
