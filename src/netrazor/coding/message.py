"""Messages: arrays in, bytes out, and back.

    magic | schema stream | content stream | values stream (static only) | side information

A stream ends where its last decision is settled, whatever follows: no lengths, no end marks.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from netrazor.coding.arrays import ArrayCoder
from netrazor.coding.costs import Costs
from netrazor.coding.header import MAX_ARCHITECTURE, VERSIONS, Header, code_header
from netrazor.coding.keys import Array, check_finite
from netrazor.coding.ledger import Charges, Ledger, settle
from netrazor.coding.limits import Limits
from netrazor.coding.progress import Progress, Steps
from netrazor.coding.rangecoder import Reader, Writer
from netrazor.coding.schema import DTYPES, MAX_DIMENSIONS, Field, code_schema
from netrazor.coding.session import Session
from netrazor.coding.static import StaticValues
from netrazor.errors import CorruptMessage, InvalidArgument, UnsupportedModel

MAGIC = b"NRZ"

_SMALL = 2**22  # elements up to which all versions are tried
_CLEARLY_SHORTER = 16  # bits saved by a later version, beyond which version 1 is not tried
_SMALL_BUDGET = 2**19  # decisions that are worth coding one by one: seconds for a small network,
_LARGE_BUDGET = 2**13  # less of a large one's time
_UNLIMITED = Limits(elements=2**62, arrays=2**62, decisions=2**62)


@dataclass(frozen=True)
class Message:
    """Everything a message says, with the account of its bits."""

    arrays: dict[str, Array]
    """All arrays, those of the side information last."""
    side_information: tuple[str, ...]
    """Names of the arrays nobody pays for."""
    version: int
    """The lowest version of the format that has all its models."""
    architecture: int
    """Index into the declared architectures."""
    static: dict[str, StaticValues]
    """The tables of arrays whose values are static."""
    ledger: Ledger
    """Bits of each array and kind."""
    ideal_bits: float
    """-log2 of the probability that the models give to content and values."""


def encode(
    arrays: Mapping[str, Array],
    *,
    values: Literal["auto", "static"] = "auto",
    architecture: int = 0,
    side_information: Mapping[str, Array] | None = None,
    progress: Progress | None = None,
) -> bytes:
    """A self-delimiting message from which `decode` gives back the same arrays, to the bit.

    Args:
        arrays: names and arrays of any shape, float, integer or bool. What costs bits are non-zero elements and
            distinct values, so quantize before; arrays of many distinct values are coded byte by byte.
        values: "auto" takes whatever is shortest; "static" puts the non-zero values into a stream of their own,
            under symbol probabilities sent before (what Theorem 5.1 needs).
        architecture: index into a list of declared architectures, kept in the header.
        side_information: arrays stored raw behind everything else, not charged (the posterior's sigma).
        progress: called after each array with the elements that are done and those of all arrays.

    Raises:
        NonFiniteWeights: an array holds NaN or infinite values.
        UnsupportedModel: an array of a type, shape or name that the format does not have.
        InvalidArgument: ``values`` or ``architecture`` is outside what is stated.
    """
    if values not in ("auto", "static"):
        raise InvalidArgument(f'values: "auto" or "static" allowed, got {values!r}; choose one of them')
    if not 0 <= architecture <= MAX_ARCHITECTURE:
        raise InvalidArgument(
            f"architecture: an index from 0 to {MAX_ARCHITECTURE} allowed, got {architecture}; 0 stands for none"
        )
    main = {name: _native(array) for name, array in arrays.items()}
    extra = {name: _native(array) for name, array in (side_information or {}).items()}
    fields = _fields(main)
    side_fields = _fields(extra)
    if both := set(main) & set(extra):
        raise InvalidArgument(
            f"side_information: names not among the arrays allowed, got {sorted(both)}; rename them"
        )
    schema = Writer()
    code_schema(schema, fields, _UNLIMITED)
    header = Header(architecture, values == "static", bool(extra))
    message = [MAGIC, schema.sealed()[0], _shortest_content(header, fields, main, progress)]
    if extra:
        side_schema = Writer()
        code_schema(side_schema, side_fields, _UNLIMITED)
        message.append(side_schema.sealed()[0])
        message += [
            extra[field.name].astype(field.dtype.newbyteorder("<")).tobytes() for field in side_fields
        ]
    return b"".join(message)


def _shortest_content(
    header: Header, fields: list[Field], arrays: Mapping[str, Array], progress: Progress | None
) -> bytes:
    """The stream of content, and that of values if they are static, in whichever version is shorter."""
    elements = sum(field.size for field in fields)
    small = elements <= _SMALL
    versions = range(VERSIONS if small else 1, 0, -1)
    steps = Steps(progress, len(versions) * elements)
    budget, costs = _SMALL_BUDGET if small else _LARGE_BUDGET, Costs()
    found: list[bytes] = []
    for version in versions:
        if found and costs.saved > _CLEARLY_SHORTER:
            steps.take(elements)
            break
        content, charges = Writer(), Charges()
        code_header(content, version, header)
        session = Session(content, version, _UNLIMITED, budget, costs)
        coder = ArrayCoder(session, charges, header.static)
        for field in fields:
            coder.code(field, arrays[field.name])
            steps.take(field.size)
        values = Writer()
        for waiting in coder.later:
            waiting.code(values, charges)
        found.append(content.sealed()[0] + (values.sealed()[0] if header.static else b""))
    return min(found[::-1], key=len)


def decode(
    blob: bytes, *, limits: Limits | None = None, progress: Progress | None = None
) -> dict[str, Array]:
    """The arrays of a message, the side information included; ``progress`` is called after each array as by `encode`.

    Raises:
        CorruptMessage: the bytes are not a message that `encode` writes.
        UnsupportedMessage: a later version of the format.
        MessageTooLarge: over ``limits``.
    """
    return read(blob, limits or Limits(), progress).arrays


def ledger(blob: bytes, *, limits: Limits | None = None) -> Ledger:
    """Bits of each array and kind; they add up to the length of the message. Raises as `decode`."""
    return read(blob, limits or Limits()).ledger


def static_values(blob: bytes, *, limits: Limits | None = None) -> dict[str, StaticValues]:
    """For a message with static values: centers and probabilities of each array. Raises as `decode`."""
    return read(blob, limits or Limits()).static


def architecture(blob: bytes, *, limits: Limits | None = None) -> int:
    """Index of the declared architecture. Raises as `decode`."""
    return read(blob, limits or Limits()).architecture


def read(blob: bytes, limits: Limits, progress: Progress | None = None) -> Message:
    """Everything that a message says. Raises as `decode`."""
    view = memoryview(blob)
    if bytes(view[: len(MAGIC)]) != MAGIC:
        raise CorruptMessage(
            f"a message begins with {MAGIC!r}, got {bytes(view[: len(MAGIC)])!r}; this is another kind of file"
        )
    at = len(MAGIC)
    charges = Charges()
    sections: list[tuple[str, int]] = []

    def finish(name: str, stream: Reader) -> None:
        nonlocal at
        length, padding = stream.end()
        at += length
        sections.append((name, 8 * length - padding))
        sections.append(("framing", padding))

    schema = Reader(view[at:])
    fields = code_schema(schema, None, limits)
    finish("schema", schema)
    content = Reader(view[at:])
    version, header = code_header(content, None, None)
    charges.add("", "header", content.spent)
    coder = ArrayCoder(Session(content, version, limits), charges, header.static)
    steps = Steps(progress, sum(field.size for field in fields))
    arrays = {}
    for field in fields:
        arrays[field.name] = coder.code(field, None)
        steps.take(field.size)
    finish("content", content)
    if header.static:
        noisy = Reader(view[at:])
        for waiting in coder.later:
            waiting.code(noisy, charges)
        finish("values", noisy)
    side_fields: list[Field] = []
    if header.side_information:
        side_schema = Reader(view[at:])
        side_fields = code_schema(side_schema, None, limits)
        before = at
        finish("side information", side_schema)
        sections = sections[:-2]
        for field in side_fields:
            size = field.size * field.dtype.itemsize
            if len(view) - at < size or field.name in arrays:
                raise CorruptMessage(
                    "the side information is cut or names an array twice; get the message again"
                )
            raw = np.frombuffer(view[at : at + size], dtype=field.dtype.newbyteorder("<"))
            arrays[field.name] = raw.astype(field.dtype).reshape(field.shape)
            at += size
        sections.append(("side information", 8 * (at - before)))
    if at != len(view):
        raise CorruptMessage(
            f"the message ends at byte {at}, got {len(view)} bytes; it was extended or is damaged"
        )
    entries = settle([("framing", 8 * len(MAGIC)), *sections], charges)
    statics = {waiting.name: waiting.values() for waiting in coder.later}
    side_information = tuple(field.name for field in side_fields)
    return Message(arrays, side_information, version, header.architecture, statics, entries, charges.total())


def _native(array: Array) -> Array:
    array = np.asarray(array)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _fields(arrays: Mapping[str, Array]) -> list[Field]:
    fields = []
    for name, array in arrays.items():
        if array.dtype not in DTYPES:
            raise UnsupportedModel(
                f"array {name!r}: types {', '.join(map(str, DTYPES))} allowed, got {array.dtype}; convert it first"
            )
        if array.ndim > MAX_DIMENSIONS:
            raise UnsupportedModel(
                f"array {name!r}: at most {MAX_DIMENSIONS} dimensions allowed, got shape {array.shape}; reshape it"
            )
        if "\0" in name:
            raise UnsupportedModel(f"array {name!r}: names without a zero byte allowed; rename it")
        check_finite(array, name)
        fields.append(Field(name, array.dtype, array.shape))
    return fields
