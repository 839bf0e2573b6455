"""Array elements as integer keys: zero is key 0, order is kept, every bit comes back.

Integers are their own keys. The bits of a float are a sign and a magnitude; a positive one has its magnitude as
key, a negative one -1 - magnitude, so that -0.0 is a key of its own and only +0.0 counts as zero.
"""

import numpy as np
from numpy.typing import NDArray

from netrazor.errors import NonFiniteWeights

Keys = NDArray[np.int64]


def keys_from_array(array: NDArray[np.generic], name: str) -> Keys:
    """Keys of the elements, in the array's shape.

    Raises:
        NonFiniteWeights: the array holds NaN or infinite values.
    """
    if array.dtype.kind == "f":
        if not np.isfinite(array).all():
            raise NonFiniteWeights(
                f"array {name!r} holds NaN or infinite values; only finite ones can be coded: "
                "train again, or replace them before encoding"
            )
        bits = np.ascontiguousarray(array).view(f"i{array.itemsize}").astype(np.int64)
        lowest = np.int64(-(2 ** (8 * array.itemsize - 1)))
        return np.where(bits < 0, -1 - (bits - lowest), bits)
    if array.dtype == np.uint64:
        return np.ascontiguousarray(array).view(np.int64)
    return array.astype(np.int64)


def array_from_keys(keys: Keys, dtype: np.dtype) -> NDArray[np.generic]:
    """The elements that have these keys."""
    if dtype.kind == "f":
        lowest = np.int64(-(2 ** (8 * dtype.itemsize - 1)))
        return np.where(keys < 0, -1 - keys + lowest, keys).astype(f"i{dtype.itemsize}").view(dtype)
    if dtype == np.uint64:
        return keys.view(np.uint64)
    return keys.astype(dtype)


def key_limits(dtype: np.dtype) -> tuple[int, int]:
    """Smallest and largest key of a finite element."""
    if dtype.kind == "f":
        top = int(keys_from_array(np.array([np.finfo(dtype).max], dtype=dtype), "")[0])
        return -1 - top, top
    if dtype.kind == "b":
        return 0, 1
    if dtype == np.uint64:
        return -(2**63), 2**63 - 1
    return int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
