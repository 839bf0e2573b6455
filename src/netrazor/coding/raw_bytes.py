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

    Raises:
        CorruptMessage: values that are not finite, or bytes that are no booleans.
    """
    width = field.dtype.itemsize
    context.spend(256 * width)
    little = field.dtype.newbyteorder("<")
    planes: NDArray[np.uint8] | None = None
    if array is not None:
        planes = np.ascontiguousarray(array, dtype=little).reshape(-1).view(np.uint8).reshape(-1, width)
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
    found: NDArray[Any] = coded.reshape(-1).view(little).astype(field.dtype, copy=False).reshape(field.shape)
    if field.dtype.kind == "f" and not np.isfinite(found).all():
        raise CorruptMessage(f"array {field.name!r} holds values that are not finite; get the message again")
    return found
