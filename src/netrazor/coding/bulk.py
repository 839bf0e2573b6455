"""Models of fixed probabilities, at the speed of the coder."""

import numpy as np
from numpy.typing import NDArray

from netrazor.coding.integers import code_below, code_number
from netrazor.coding.keys import Keys, array_from_keys, keys_from_array
from netrazor.coding.pattern import Mask
from netrazor.coding.rangecoder import Coder, Symbols
from netrazor.coding.schema import Field

Counts = NDArray[np.int64]


def code_bulk_mask(coder: Coder, mask: Mask | None, shape: tuple[int, ...]) -> Mask:
    """A mask with one density."""
    size = int(np.prod(shape))
    ones = code_below(coder, None if mask is None else int(mask.sum()), size + 1)
    counts = np.maximum([size - ones, ones], 1)
    symbols = coder.symbols(None if mask is None else mask.ravel().astype(np.int32), counts, size)
    return symbols.astype(np.bool_).reshape(shape)


def code_table(coder: Coder, symbols: Symbols | None, number: int, entries: int) -> Counts:
    """How often each entry of a codebook occurs, to within its leading bits; every entry counts at least once."""
    counts = np.ones(entries, dtype=np.int64)
    if entries > 1:
        seen = None if symbols is None else np.bincount(symbols, minlength=entries)
        for entry in range(entries):
            counts[entry] = 1 + code_number(
                coder, None if seen is None else max(int(seen[entry]) - 1, 0), number
            )
    return counts


def code_bulk_symbols(coder: Coder, symbols: Symbols | None, counts: Counts, number: int) -> Symbols:
    """Independent symbols under a table."""
    return coder.symbols(symbols, counts, number)


def code_raw(coder: Coder, keys: Keys | None, field: Field) -> Keys:
    """An array byte by byte, each place of the byte with a table of its own."""
    width = field.dtype.itemsize
    planes = None
    if keys is not None:
        planes = array_from_keys(keys, field.dtype).reshape(-1).view(np.uint8).reshape(-1, width)
    coded = np.zeros((field.size, width), dtype=np.uint8)
    for place in range(width):
        plane = None if planes is None else planes[:, place].astype(np.int32)
        counts = code_table(coder, plane, field.size, 256)
        coded[:, place] = coder.symbols(plane, counts, field.size)
    return keys_from_array(coded.reshape(-1).view(field.dtype).reshape(field.shape), field.name)
