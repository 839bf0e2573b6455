"""The IDX format of MNIST: two zero bytes, a type, the number of axes, their lengths, then the values.

Only type 0x08 (unsigned bytes) is read and written; lengths are big-endian 32-bit integers.
"""

import math
import struct

import numpy as np
from numpy.typing import NDArray

from netrazor.errors import BadDataset

UNSIGNED_BYTE = 0x08
MAX_AXES = 4


def read_idx(content: bytes) -> NDArray[np.uint8]:
    """The array in the bytes of an IDX file, as a copy that may be written to.

    Raises:
        BadDataset: no IDX header, another type than unsigned bytes, or a length that does not fit the header.
    """
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] != UNSIGNED_BYTE:
        raise BadDataset(
            f"IDX file: must begin with 00 00 08 and the number of axes, got {content[:4].hex(' ')!r}; "
            "give a file of unsigned bytes in MNIST's format"
        )
    axes = content[3]
    if not 1 <= axes <= MAX_AXES:
        raise BadDataset(f"IDX file: 1 to {MAX_AXES} axes allowed, got {axes}; give images or labels")
    start = 4 + 4 * axes
    if len(content) < start:
        raise BadDataset(f"IDX file: {axes} axes need a header of {start} bytes, got {len(content)} in all")
    shape = struct.unpack_from(f">{axes}I", content, 4)
    if len(content) - start != math.prod(shape):
        raise BadDataset(
            f"IDX file: shape {shape} needs {math.prod(shape)} values, got {len(content) - start}; "
            "the file is cut or extended, get it again"
        )
    values: NDArray[np.uint8] = np.frombuffer(content, np.uint8, offset=start)
    return np.array(values.reshape(shape))


def idx_bytes(array: NDArray[np.uint8]) -> bytes:
    """The bytes of an IDX file that holds ``array``."""
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, UNSIGNED_BYTE, array.ndim, *array.shape)
    return header + array.tobytes()
