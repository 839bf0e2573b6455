"""Elements as integer keys in the same order: zero is key 0, and a key gives back every bit of its element.

Integers are their own keys. The bits of a float are a sign and a magnitude; a positive one has its magnitude as
key, a negative one -1 - magnitude, so that -0.0 is a key of its own and only +0.0 counts as zero.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from netrazor.errors import NonFiniteWeights

Array = NDArray[np.generic]
Keys = NDArray[np.int64]
DType = np.dtype[Any]


def nonzero_mask(array: Array) -> NDArray[np.bool_]:
    """True where an element is not zero; minus zero is not zero."""
    bits: NDArray[Any] = np.ascontiguousarray(array).reshape(-1).view(f"u{array.itemsize}")
    mask: NDArray[np.bool_] = np.not_equal(bits, 0).reshape(array.shape)
    return mask


def keys_of(array: Array) -> Keys:
    """Keys of the elements, in the array's shape."""
    if array.dtype.kind != "f":
        return (
            np.ascontiguousarray(array).view(np.int64) if array.dtype == np.uint64 else array.astype(np.int64)
        )
    bits = np.ascontiguousarray(array).view(f"i{array.itemsize}").astype(np.int64)
    return np.where(bits < 0, -1 - (bits - _sign_bit(array.dtype)), bits)


def elements_of(keys: Keys, dtype: DType) -> Array:
    """The elements that have these keys."""
    if dtype.kind != "f":
        return keys.view(np.uint64) if dtype == np.uint64 else keys.astype(dtype)
    return np.where(keys < 0, -1 - keys + _sign_bit(dtype), keys).astype(f"i{dtype.itemsize}").view(dtype)


def key_range(dtype: DType) -> tuple[int, int]:
    """Smallest and largest key of a finite element."""
    if dtype.kind == "f":
        top = int(keys_of(np.array([np.finfo(dtype).max], dtype=dtype))[0])
        return -1 - top, top
    if dtype.kind == "b":
        return 0, 1
    if dtype == np.uint64:
        return -(2**63), 2**63 - 1
    return int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)


def check_finite(array: Array, name: str) -> None:
    """Refuse an array that holds NaN or infinite values.

    Raises:
        NonFiniteWeights: the array holds NaN or infinite values.
    """
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise NonFiniteWeights(
            f"array {name!r} holds NaN or infinite values; only finite ones can be coded: "
            "train again, or replace them before encoding"
        )


def _sign_bit(dtype: DType) -> np.int64:
    lowest: np.int64 = np.int64(-(2 ** (8 * dtype.itemsize - 1)))
    return lowest
