"""A set of positions below n as bytes: which examples of a data set were picked.

    blob = number of positions (7 bits a byte, the lowest first; the top bit says that more follow),
           then n binary decisions, one for each position, at the odds number : n - number,
           by the range coder; no decisions where the number is 0 or n

The decisions take log2 C(n, k) bits and at most half of log2(2 pi k) more. Number and stream end themselves, and
there is one blob for each set: anything else is refused.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from netrazor.coding.range_coder import Reader, Writer
from netrazor.errors import CorruptMessage, InvalidArgument, MessageTooLarge

Positions = NDArray[np.int64]

MOST_POSITIONS = 2**26  # n up to which a reader decodes: 256 MiB of decisions
_LONGEST_NUMBER = 4  # bytes of a number up to MOST_POSITIONS


def encode_positions(positions: Sequence[int] | Positions, n: int) -> bytes:
    """The bytes of a set of distinct positions below ``n``, given in any order.

    Raises:
        InvalidArgument: positions that repeat or are not whole numbers in 0 .. n - 1, or n over MOST_POSITIONS.
    """
    if not 0 <= n <= MOST_POSITIONS:
        raise InvalidArgument(f"n: must be in 0 .. {MOST_POSITIONS}, got {n}; name the positions of a part")
    chosen = np.asarray(positions)
    if chosen.size and (chosen.dtype.kind not in "iu" or chosen.ndim != 1):
        raise InvalidArgument(
            f"positions: must be a row of whole numbers, got {chosen.dtype} of {chosen.shape}"
        )
    if chosen.size and not 0 <= int(chosen.min()) <= int(chosen.max()) < n:
        raise InvalidArgument(f"positions: must be in 0 .. {n - 1}, got {chosen.min()} .. {chosen.max()}")
    decisions = np.zeros(n, dtype=np.int32)
    decisions[chosen.astype(np.int64)] = 1
    number = int(decisions.sum())
    if number != chosen.size:
        raise InvalidArgument(f"positions: must differ, got {chosen.size - number} twice; name each once")
    writer = Writer()
    if 0 < number < n:
        writer.symbols(decisions, _odds(number, n), n)
    stream = writer.sealed()[0] if 0 < number < n else b""
    return _number_bytes(number) + stream


def decode_positions(blob: bytes, n: int, *, at_most: int | None = None) -> Positions:
    """The positions in a blob, in increasing order.

    Args:
        blob: any bytes.
        n: what the positions are below; it is not in the blob.
        at_most: how many positions the reader takes; default n.

    Raises:
        CorruptMessage: bytes that `encode_positions` does not write for any set below ``n``.
        MessageTooLarge: ``n`` over MOST_POSITIONS, or more positions than ``at_most``.
    """
    if not 0 <= n <= MOST_POSITIONS:
        raise MessageTooLarge(f"n: a reader takes 0 .. {MOST_POSITIONS}, got {n}")
    number, start = _read_number(blob)
    if number > n:
        raise CorruptMessage(f"positions: at most {n} can be named, the message names {number}: get it again")
    if at_most is not None and number > at_most:
        raise MessageTooLarge(f"positions: at most {at_most} allowed, the message names {number}")
    if number in (0, n):
        decisions, end = np.full(n, number > 0), start
    else:
        reader = Reader(memoryview(blob)[start:])
        decisions = reader.symbols(None, _odds(number, n), n) == 1
        end = start + reader.end()[0]
    chosen = np.flatnonzero(decisions).astype(np.int64)
    if len(chosen) != number or end != len(blob):
        raise CorruptMessage(
            f"positions: {number} were announced in {len(blob)} bytes, {len(chosen)} found in {end}; the message "
            "was altered, cut or extended: get it again"
        )
    return chosen


def _odds(number: int, n: int) -> NDArray[np.int64]:
    return np.array([n - number, number], dtype=np.int64)


def _number_bytes(number: int) -> bytes:
    written = bytearray()
    while number >= 128:
        written.append(number & 127 | 128)
        number >>= 7
    return bytes([*written, number])


def _read_number(blob: bytes) -> tuple[int, int]:
    """The number at the start of ``blob`` and where it ends."""
    number = 0
    for place, byte in enumerate(blob[:_LONGEST_NUMBER]):
        number |= (byte & 127) << 7 * place
        if byte < 128:
            if byte == 0 and place:
                break
            return number, place + 1
    raise CorruptMessage(
        "positions: the message does not begin with a number in its shortest form: get it again"
    )
