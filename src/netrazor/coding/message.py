"""Messages: bytes in, arrays out, with the account of every bit.

    magic | schema stream | content stream | values stream (static only) | side information

A stream ends where its last decision is settled, whatever follows: there are no lengths and no end marks.
"""

from dataclasses import dataclass

import numpy as np

from netrazor.coding.array_coder import ArrayCoder
from netrazor.coding.bit_account import IdealBits, Ledger, account
from netrazor.coding.content_segments import Segments
from netrazor.coding.header import Header, code_header
from netrazor.coding.limits import Limits
from netrazor.coding.message_context import MessageContext
from netrazor.coding.message_progress import Progress, ProgressCounter
from netrazor.coding.ordered_keys import Array
from netrazor.coding.range_coder import Reader
from netrazor.coding.schema import Field, code_schema
from netrazor.coding.static_stream import StaticArray, StaticValues
from netrazor.errors import CorruptMessage

MAGIC = b"NRZ"


@dataclass(frozen=True)
class Message:
    """Everything a message holds, with the account of its bits."""

    arrays: dict[str, Array]
    """All arrays, those of the side information last."""
    side_information: tuple[str, ...]
    """Names of the arrays that are not charged."""
    extended: bool
    """Whether the header offers the extended models (masks by totals, smooth values)."""
    free_orders: bool
    """Whether the order of slices may carry bits (`netrazor.coding.free_order`)."""
    float_models: bool
    """Whether arrays may be scaled codes, or bytes behind a mask (`netrazor.coding.scaled_codes`)."""
    structures: bool
    """Whether masks may be tiles or groups, and codes those of levels (`netrazor.coding.structured_support`)."""
    architecture: int
    """Index into the declared architectures."""
    static: dict[str, StaticValues]
    """The tables of arrays whose values are static."""
    ledger: Ledger
    """Bits of each array and kind."""
    ideal_bits: float
    """-log2 of the probability that the models give to content and values."""


def decode(
    blob: bytes, *, limits: Limits | None = None, progress: Progress | None = None
) -> dict[str, Array]:
    """The arrays of a message, the side information included; ``progress`` is called after each array as by `encode`.

    Raises:
        CorruptMessage: the bytes are not a message that `encode` writes.
        UnsupportedMessage: a later format.
        MessageTooLarge: over ``limits``.
    """
    return _MessageReader(blob, limits or Limits(), metered=False).read_arrays(progress)


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
    """Everything that a message holds. Raises as `decode`."""
    return _MessageReader(blob, limits, metered=True).read(progress)


class _MessageReader:
    """Reads the sections of a message in order and notes the length of each; if ``metered``, bits of parts too."""

    def __init__(self, blob: bytes, limits: Limits, *, metered: bool) -> None:
        self._data = memoryview(blob)
        self._limits = limits
        self._metered = metered
        self._at = 0
        self._sections: list[tuple[str, int]] = []
        self._charges = IdealBits()

    def read(self, progress: Progress | None) -> Message:
        header, arrays, side_information, later = self._read_all(progress)
        return Message(
            {**arrays, **side_information},
            tuple(side_information),
            header.extended,
            header.free_orders,
            header.float_models,
            header.structures,
            header.architecture,
            {waiting.name: waiting.values() for waiting in later},
            account(self._sections, self._charges),
            self._charges.total(),
        )

    def read_arrays(self, progress: Progress | None) -> dict[str, Array]:
        _, arrays, side_information, _ = self._read_all(progress)
        return {**arrays, **side_information}

    def _read_all(
        self, progress: Progress | None
    ) -> tuple[Header, dict[str, Array], dict[str, Array], list[StaticArray]]:
        self._read_magic()
        schema = self._stream()
        fields = code_schema(schema, None, self._limits, len(self._data))
        self._finish("schema", schema)
        header, arrays, coder = self._read_content(fields, progress)
        if header.static:
            values = self._stream()
            for waiting in coder.later:
                waiting.code(values, self._charges)
            self._finish("values", values)
        side_information = self._read_side_information(arrays) if header.side_information else {}
        if self._at != len(self._data):
            raise CorruptMessage(
                f"the message ends at byte {self._at}, got {len(self._data)} bytes; it was extended or is damaged"
            )
        return header, arrays, side_information, coder.later

    def _read_magic(self) -> None:
        found = bytes(self._data[: len(MAGIC)])
        if found != MAGIC:
            raise CorruptMessage(
                f"a message begins with {MAGIC!r}, got {found!r}; this is another kind of file"
            )
        self._at = len(MAGIC)
        self._sections.append(("framing", 8 * len(MAGIC)))

    def _read_content(
        self, fields: list[Field], progress: Progress | None
    ) -> tuple[Header, dict[str, Array], ArrayCoder]:
        segments = Segments(self._data[self._at :], metered=self._metered)
        header = code_header(segments.reader, None)
        self._charges.add("", "header", segments.reader.spent)
        context = MessageContext(
            segments.reader,
            self._limits,
            header.extended,
            header.free_orders,
            float_models=header.float_models,
            structures=header.structures,
        )
        coder = ArrayCoder(context, self._charges, header.static)
        done = ProgressCounter(progress, sum(field.size for field in fields))
        arrays = {}
        for field in fields:
            arrays[field.name] = coder.code(field, None)
            if coder.arrangement is not None:
                context.spend(segments.work)
                coder.go_on(segments.cut(coder.arrangement))
            done.add(field.size)
        self._finish("content", segments)
        return header, arrays, coder

    def _read_side_information(self, others: dict[str, Array]) -> dict[str, Array]:
        """A schema, and the arrays as they are; all of it is of one kind, the padding included."""
        begin = self._at
        schema = self._stream()
        fields = code_schema(schema, None, self._limits, len(self._data))
        self._at += schema.end()[0]
        arrays = {}
        for field in fields:
            end = self._at + field.size * field.dtype.itemsize
            if end > len(self._data) or field.name in others:
                raise CorruptMessage(
                    "the side information is cut or names an array twice; get the message again"
                )
            raw = np.frombuffer(self._data[self._at : end], dtype=field.dtype.newbyteorder("<"))
            arrays[field.name] = raw.astype(field.dtype).reshape(field.shape)
            self._at = end
        self._sections.append(("side information", 8 * (self._at - begin)))
        return arrays

    def _stream(self) -> Reader:
        return Reader(self._data[self._at :], metered=self._metered)

    def _finish(self, name: str, stream: Reader | Segments) -> None:
        length, padding = stream.end()
        self._at += length
        self._sections += [(name, 8 * length - padding), ("framing", padding)]
