"""The schema: names, types and shapes of the arrays, which a declared architecture fixes in advance."""

from dataclasses import dataclass
from math import prod

import numpy as np

from netrazor.coding.coder import Coder
from netrazor.coding.context_mixing import Mixer
from netrazor.coding.integer_codes import code_below, code_number
from netrazor.coding.limits import LONGEST_NAME, Limits, check_limit
from netrazor.coding.ordered_keys import DType
from netrazor.errors import CorruptMessage, MessageTooLarge

DTYPES = tuple(
    np.dtype(name)
    for name in (
        "float32",
        "float64",
        "float16",
        "int64",
        "int32",
        "int16",
        "int8",
        "uint64",
        "uint32",
        "uint16",
        "uint8",
        "bool",
    )
)
MAX_ARRAYS = 2**20
MAX_DIMENSIONS = 8
MAX_DIMENSION = 2**40


@dataclass(frozen=True)
class Field:
    """One array: its name, type and shape."""

    name: str
    dtype: DType
    shape: tuple[int, ...]

    @property
    def size(self) -> int:
        """Number of elements."""
        return prod(self.shape)


def code_schema(coder: Coder, fields: list[Field] | None, limits: Limits, length: int) -> list[Field]:
    """The fields in order, of a message of so many bytes; names are distinct.

    Raises:
        MessageTooLarge: over ``limits``.
    """
    number = code_number(coder, None if fields is None else len(fields), MAX_ARRAYS)
    check_limit("arrays", number, limits.arrays)
    names = _NameModel(limits.names_in(length))
    coded: list[Field] = []
    previous = Field("", DTYPES[0], ())
    elements = 0
    for index in range(number):
        previous = _code_field(coder, None if fields is None else fields[index], previous, names)
        elements += previous.size
        check_limit("elements", elements, limits.elements_in(length))
        coded.append(previous)
    if len({field.name for field in coded}) < number:
        raise CorruptMessage("the message names two arrays alike; names are distinct: get it again")
    return coded


def _code_field(coder: Coder, field: Field | None, previous: Field, names: "_NameModel") -> Field:
    name = names.code(coder, None if field is None else field.name.encode(), previous.name.encode())
    same = coder.bit(None if field is None else int(field.dtype == previous.dtype), 320)
    dtype = previous.dtype
    if not same:
        dtype = DTYPES[code_below(coder, None if field is None else DTYPES.index(field.dtype), len(DTYPES))]
        if dtype == previous.dtype:
            raise CorruptMessage("the schema repeats a type as a new one; get the message again")
    rank = code_below(coder, None if field is None else len(field.shape), MAX_DIMENSIONS + 1)
    shape = tuple(
        code_number(coder, None if field is None else field.shape[axis], MAX_DIMENSION)
        for axis in range(rank)
    )
    if prod(max(length, 1) for length in shape) > MAX_DIMENSION:
        raise CorruptMessage(f"an array has the shape {shape}, which no memory holds; get the message again")
    try:
        return Field(name.decode(), dtype, shape)
    except UnicodeDecodeError:
        raise CorruptMessage("the name of an array is not UTF-8; get the message again") from None


class _NameModel:
    """Bytes of names, each predicted from the bytes before it and from the name before."""

    def __init__(self, room: int) -> None:
        self._mixer = Mixer(4, 0.5, 0.02)
        self._room = self._most = room

    def code(self, coder: Coder, name: bytes | None, previous: bytes) -> bytes:
        """A name, ended by a zero byte."""
        written = b""
        while True:
            at = len(written)
            byte = None if name is None else (name + b"\0")[at]
            byte = self._code_byte(coder, byte, written, previous[at : at + 1])
            if not byte:
                return written
            written += bytes([byte])
            if at == LONGEST_NAME:  # what is no name at all does not end
                raise MessageTooLarge(
                    f"names: at most {LONGEST_NAME} bytes each, the message has more; shorten them"
                )
            self._room -= 1
            if self._room < 0:
                raise MessageTooLarge(
                    f"names: at most {self._most} bytes in all, the message has more; shorten them"
                )

    def _code_byte(self, coder: Coder, byte: int | None, before: bytes, above: bytes) -> int:
        texts = (before[-1:], before[-2:], before[-3:], above)
        cells = [(kind << 24 | int.from_bytes(text, "big")) << 8 for kind, text in enumerate(texts)]
        node = 1
        for shift in range(7, -1, -1):
            bit = None if byte is None else byte >> shift & 1
            node = 2 * node + self._mixer.code(coder, bit, [cell + node for cell in cells], base=node)
        return node - 256
