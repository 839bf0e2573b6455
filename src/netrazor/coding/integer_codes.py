"""Codes of whole numbers: uniform below a size, small ones likelier, and sorted sets."""

from collections.abc import Sequence

from netrazor.coding.coder import UNIFORM_LIMIT, Coder
from netrazor.errors import CorruptMessage


def code_below(coder: Coder, value: int | None, size: int) -> int:
    """A number in [0, size), all equally likely; large sizes in digits of base UNIFORM_LIMIT."""
    if size <= UNIFORM_LIMIT:
        return coder.uniform(value, size)
    high = code_below(coder, None if value is None else value // UNIFORM_LIMIT, -(-size // UNIFORM_LIMIT))
    low = coder.uniform(None if value is None else value % UNIFORM_LIMIT, UNIFORM_LIMIT)
    return _checked(high * UNIFORM_LIMIT + low, size)


def code_number(coder: Coder, value: int | None, limit: int) -> int:
    """A number in [0, limit], small ones likelier: the length of value + 1 in unary, then its bits."""
    longest = (limit + 1).bit_length()
    length = 1
    while length < longest and coder.bit(
        None if value is None else int((value + 1).bit_length() > length), 0
    ):
        length += 1
    leading = 1 << (length - 1)
    return _checked(
        leading + code_below(coder, None if value is None else value + 1 - leading, leading) - 1, limit + 1
    )


def code_sorted(coder: Coder, values: Sequence[int] | None, number: int, low: int, high: int) -> list[int]:
    """``number`` distinct integers in [low, high], ascending: the middle one first, then both sides of it."""
    if number == 0:
        return []
    if number == high - low + 1:
        return list(range(low, high + 1))
    half = number // 2
    first = low + half
    room = high - low + 1 - number
    offset = code_below(coder, None if values is None else values[half] - first, room + 1)
    middle = first + offset
    left = code_sorted(coder, None if values is None else values[:half], half, low, middle - 1)
    right = code_sorted(
        coder, None if values is None else values[half + 1 :], number - half - 1, middle + 1, high
    )
    return [*left, middle, *right]


def _checked(value: int, size: int) -> int:
    if value >= size:
        raise CorruptMessage(f"a number of the message is {value}, allowed is less than {size}; get it again")
    return value
