"""Non-zero elements as integer keys: zero is key 0, order is kept, every bit comes back.

Integers are their own keys. The bits of a float are a sign and a magnitude; a positive one has its magnitude as
key, a negative one -1 - magnitude, so that -0.0 is a key of its own and only +0.0 counts as zero.
"""

import numpy as np
from numpy.typing import NDArray

from netrazor.errors import NonFiniteWeights

Array = NDArray[np.generic]
Keys = NDArray[np.int64]


def nonzero_mask(array: Array) -> NDArray[np.bool_]:
    """Where an array holds anything but (positive) zero."""
    bits = np.ascontiguousarray(array).reshape(-1).view(f"u{array.itemsize}")
    mask: NDArray[np.bool_] = np.not_equal(bits, 0)
    return mask.reshape(array.shape)


def keys_from_array(array: Array) -> Keys:
    """Keys of the elements, in the array's shape."""
    if array.dtype.kind != "f":
        return (
            np.ascontiguousarray(array).view(np.int64) if array.dtype == np.uint64 else array.astype(np.int64)
        )
    bits = np.ascontiguousarray(array).view(f"i{array.itemsize}").astype(np.int64)
    return np.where(bits < 0, -1 - (bits - _sign_bit(array.dtype)), bits)


def array_from_keys(keys: Keys, dtype: np.dtype) -> Array:
    """The elements that have these keys."""
    if dtype.kind != "f":
        return keys.view(np.uint64) if dtype == np.uint64 else keys.astype(dtype)
    return np.where(keys < 0, -1 - keys + _sign_bit(dtype), keys).astype(f"i{dtype.itemsize}").view(dtype)


def key_limits(dtype: np.dtype) -> tuple[int, int]:
    """Smallest and largest key of a finite element."""
    if dtype.kind == "f":
        top = int(keys_from_array(np.array([np.finfo(dtype).max], dtype=dtype))[0])
        return -1 - top, top
    if dtype.kind == "b":
        return 0, 1
    if dtype == np.uint64:
        return -(2**63), 2**63 - 1
    return int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)


def check_finite(array: Array, name: str) -> None:
    """Refuse what no certificate can speak of.

    Raises:
        NonFiniteWeights: the array holds NaN or infinite values.
    """
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise NonFiniteWeights(
            f"array {name!r} holds NaN or infinite values; only finite ones can be coded: "
            "train again, or replace them before encoding"
        )


def _sign_bit(dtype: np.dtype) -> np.int64:
    lowest: np.int64 = np.int64(-(2 ** (8 * dtype.itemsize - 1)))
    return lowest
