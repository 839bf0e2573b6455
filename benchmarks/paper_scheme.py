"""The paper's scheme, for comparison: index gaps in row order by adaptive coding, values of fixed width.

Each array is sent as its non-zero elements in row order: the gap to the one before, through an adaptive
order-0 model of gaps up to 255 (longer ones by an escape), then the value's place in a codebook of float16
entries in the same number of bits for each. Bits are the ideal ones of the adaptive model, which an arithmetic
coder reaches to within a few bytes; this flatters the scheme by those bytes.
"""

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

_ESCAPE = 255


def paper_bytes(arrays: Mapping[str, NDArray[np.int32]]) -> int:
    """Length of all arrays under the scheme, codebooks included, names and shapes not."""
    return math.ceil(sum(_array_bits(array.ravel()) for array in arrays.values()) / 8)


def _array_bits(flat: NDArray[np.int32]) -> float:
    places = np.flatnonzero(flat)
    codebook = np.unique(flat[places])
    width = math.ceil(math.log2(max(len(codebook), 2)))
    gaps = np.diff(places, prepend=-1) - 1
    counts = np.ones(_ESCAPE + 1)
    bits = 32.0 + 16 * len(codebook) + width * len(places)  # number of non-zeros, codebook, values
    for gap in gaps.tolist():
        while True:
            symbol = min(gap, _ESCAPE)
            bits -= math.log2(counts[symbol] / counts.sum())
            counts[symbol] += 1
            gap -= _ESCAPE
            if symbol < _ESCAPE:
                break
    return bits
