"""Arrays of more distinct values than a codebook holds: byte by byte, each place of the byte under a table."""

import numpy as np

from netrazor.coding.keys import Array
from netrazor.coding.rangecoder import Coder
from netrazor.coding.schema import Field
from netrazor.coding.tables import TableModel, histogram
from netrazor.errors import CorruptMessage

_PRECISION = 3


def code_raw(coder: Coder, array: Array | None, field: Field) -> Array:
    """An array, bit by bit as it is; bytes in the order of their weight, the lightest first."""
    width = field.dtype.itemsize
    little = field.dtype.newbyteorder("<")
    planes = None
    if array is not None:
        planes = np.ascontiguousarray(array, dtype=little).reshape(-1).view(np.uint8).reshape(-1, width)
    coded = np.zeros((field.size, width), dtype=np.uint8)
    model = TableModel()
    for place in range(width):
        plane = None if planes is None else planes[:, place].astype(np.int32)
        table = model.code(coder, None if plane is None else histogram(plane, 256), 256, _PRECISION)
        coded[:, place] = coder.symbols(plane, table, field.size)
    found: Array = coded.reshape(-1).view(little).astype(field.dtype).reshape(field.shape)
    if field.dtype.kind == "f" and not np.isfinite(found).all():
        raise CorruptMessage(f"array {field.name!r} holds values that are not finite; get the message again")
    if field.dtype.kind == "b" and coded.max(initial=0) > 1:
        raise CorruptMessage(
            f"array {field.name!r} holds bytes that are neither true nor false; get it again"
        )
    return found
