"""Arrays with more distinct values than a codebook holds, byte by byte: one table for each place of the byte."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from netrazor.coding.frequency_tables import TableModel, histogram
from netrazor.coding.message_context import MessageContext
from netrazor.coding.ordered_keys import Array
from netrazor.coding.schema import Field
from netrazor.errors import CorruptMessage

_PRECISION = 3


def code_raw_bytes(context: MessageContext, array: Array | None, field: Field) -> Array:
    """An array, bit by bit as it is; bytes in the order of their weight, the lightest first.

    Where the message has models for floats, the sign of a float is its lowest bit, behind the mantissa: so the
    exponent begins a byte, and is told under one table.

    Raises:
        CorruptMessage: values that are not finite, or bytes that are no booleans.
    """
    width = field.dtype.itemsize
    context.spend(256 * width)
    rotates = context.float_models and field.dtype.kind == "f"
    little = field.dtype.newbyteorder("<")
    whole = np.dtype(f"u{width}").newbyteorder("<") if rotates else little
    planes: NDArray[np.uint8] | None = None
    if array is not None:
        flat = np.ascontiguousarray(array, dtype=field.dtype).reshape(-1)
        flat = rotated_bits(flat) if rotates else flat
        planes = flat.astype(whole, copy=False).view(np.uint8).reshape(-1, width)
    coded = np.zeros((field.size, width), dtype=np.uint8)
    model = TableModel()
    for place in range(width):
        plane = None if planes is None else planes[:, place].astype(np.int32)
        counts = None if plane is None else histogram(plane, 256)
        table = model.code(context.coder, counts, 256, _PRECISION)
        coded[:, place] = context.coder.symbols(plane, table, field.size)
    if field.dtype.kind == "b" and coded.max() > 1:
        raise CorruptMessage(
            f"array {field.name!r} holds bytes that are neither true nor false; get it again"
        )
    words = coded.reshape(-1).view(whole)
    if rotates:
        words = turned_back(words.astype(f"u{width}", copy=False)).view(field.dtype)
    found: NDArray[Any] = words.astype(field.dtype, copy=False).reshape(field.shape)
    if field.dtype.kind == "f" and not np.isfinite(found).all():
        raise CorruptMessage(f"array {field.name!r} holds values that are not finite; get the message again")
    return found


def rotated_bits(array: Array) -> NDArray[np.unsignedinteger]:
    """The bits of floats turned by one, so that the sign is the lowest one."""
    bits: NDArray[np.unsignedinteger] = array.view(f"u{array.itemsize}")
    one, top = bits.dtype.type(1), bits.dtype.type(8 * array.itemsize - 1)
    found: NDArray[np.unsignedinteger] = bits << one | bits >> top
    return found


def turned_back(bits: NDArray[np.unsignedinteger]) -> NDArray[np.unsignedinteger]:
    """The opposite of `rotated_bits`."""
    one, top = bits.dtype.type(1), bits.dtype.type(8 * bits.itemsize - 1)
    found: NDArray[np.unsignedinteger] = bits >> one | bits << top
    return found
