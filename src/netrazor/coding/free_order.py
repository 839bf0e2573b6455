"""Slices of an array in any order, and with any sign: which order was chosen is a number that carries other bits.

A network is the same function in every order of the units of a hidden layer, so a message need not say in which
order the rows of a weight are. The writer takes the first bits of what follows in the message as a number, brings the
slices into the arrangement of that number, and leaves these bits out; the reader finds the number in the arrangement,
brings the slices into canonical order, and goes on with the bits of the number ("bits back", Frey and Hinton 1997).
The message is shorter by the logarithm of the number of arrangements, whatever the model of the array is.
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import factorial, prod

import numpy as np
from numpy.typing import NDArray

from netrazor.coding.element_contexts import Mask
from netrazor.coding.ordered_keys import Array, DType, key_range, keys_of
from netrazor.errors import CorruptMessage

MAX_SLICES = 2**12
"""Slices with non-zero elements up to which an order is free: the number has log2 of their factorial in bits."""

Order = NDArray[np.intp]


@dataclass(frozen=True)
class Freedom:
    """The slices along ``axis`` that are not empty may be in any order and, if ``signs``, have any sign."""

    axis: int
    signs: bool


@dataclass(frozen=True)
class Arrangement:
    """The number of an arrangement of slices, and how many bits of it are free to choose."""

    number: int
    bits: int


def can_be_free(shape: tuple[int, ...]) -> bool:
    """Whether the message says of an array of this shape if the order of its slices is free."""
    return len(shape) >= 2


def can_change_sign(dtype: DType) -> bool:
    """Whether the message says of an array of this type if the signs of its slices are free."""
    return dtype.kind in "fi"


def settle(array: Array, freedom: Freedom) -> tuple[Array, Arrangement]:
    """The array with its slices in canonical order and sign, and the arrangement that they had.

    In canonical order slices have descending numbers of non-zero elements, and equal numbers stand in the
    lexicographic order of their elements; in canonical sign their first non-zero element is above zero. Empty slices
    stay where they are.

    Raises:
        CorruptMessage: too many slices, values that have no negative, or a number that no bits give.
    """
    slices = np.moveaxis(array, freedom.axis, 0).copy()
    live = live_slices(slices)
    if len(live) > MAX_SLICES:
        raise CorruptMessage(
            f"free order: at most {MAX_SLICES} slices allowed, got {len(live)}; get the message again"
        )
    chosen = slices[live]
    flips = _first_nonzeros(chosen) < 0 if freedom.signs else np.zeros(len(live), dtype=np.bool_)
    if not _have_negatives(chosen[flips]):
        raise CorruptMessage("free signs: values that have no negative; get the message again")
    chosen[flips] = 0 - chosen[flips]  # zeros stay zeros, where -0.0 would be a value
    ranks = _canonical_ranks(chosen)
    bits = _free_bits(ranks, freedom.signs)
    number = _number_of_ranks(ranks)
    if freedom.signs:
        for flip in flips.tolist():
            number = 2 * number + flip
    if number >> bits:
        raise CorruptMessage("the order of slices stands for no bits; get the message again")
    slices[live] = chosen[np.argsort(ranks, kind="stable")]
    return np.moveaxis(slices, 0, freedom.axis), Arrangement(number, bits)


def arrange(array: Array, freedom: Freedom, number: int) -> Array:
    """The opposite of `settle`: an array in canonical order brought into the arrangement of ``number``."""
    slices = np.moveaxis(array, freedom.axis, 0).copy()
    live = live_slices(slices)
    chosen = slices[live]
    flips = np.zeros(len(live), dtype=np.bool_)
    if freedom.signs:
        flips = np.array([number >> place & 1 for place in range(len(live) - 1, -1, -1)], dtype=np.bool_)
        number >>= len(live)
    chosen = chosen[_order_of_number(_canonical_ranks(chosen), number)]
    chosen[flips] = 0 - chosen[flips]
    slices[live] = chosen
    return np.moveaxis(slices, 0, freedom.axis)


def find_freedoms(array: Array) -> list[Freedom]:
    """In what ways the order of an array's slices can be left to other bits, with or without their signs."""
    if not can_be_free(array.shape):
        return []
    found = []
    for axis in (0, 1):
        slices = np.moveaxis(array, axis, 0)
        live = live_slices(slices)
        chosen = slices[live]
        if not 2 <= len(live) <= MAX_SLICES or (np.diff(_canonical_ranks(chosen)) < 0).any():
            continue
        found.append(Freedom(axis, signs=False))
        positive = can_change_sign(array.dtype) and bool((_first_nonzeros(chosen) > 0).all())
        if positive and _have_negatives(chosen):
            found.append(Freedom(axis, signs=True))
        break
    return found


def free_bits(array: Array, freedom: Freedom) -> int:
    """How many bits the arrangement of the slices carries."""
    slices = np.moveaxis(array, freedom.axis, 0)
    return _free_bits(_canonical_ranks(slices[live_slices(slices)]), freedom.signs)


def canonical_order(slices: Array) -> Order:
    """The slices along axis 0 in canonical order."""
    return np.argsort(_canonical_ranks(slices), kind="stable")


def first_signs(slices: Array) -> Order:
    """For each slice along axis 0 the sign of its first non-zero element, 0 if it is empty: -1, 0 or 1."""
    return np.sign(_first_nonzeros(slices)).astype(np.intp)


def live_slices(slices: Array) -> Order:
    """The slices along axis 0 that are not empty."""
    return np.flatnonzero(_nonzero(slices).any(axis=1))


def _flat(slices: Array) -> Array:
    return slices.reshape(len(slices), prod(slices.shape[1:]))


def _nonzero(slices: Array) -> Mask:
    found: Mask = keys_of(_flat(slices)) != 0
    return found


def _first_nonzeros(slices: Array) -> NDArray[np.int64]:
    """The key of each slice's first non-zero element, which is below zero where the element's sign bit is set."""
    keys = keys_of(_flat(slices))
    found: NDArray[np.int64] = np.take_along_axis(keys, np.argmax(keys != 0, axis=1)[:, None], axis=1)[:, 0]
    return found


def _have_negatives(slices: Array) -> bool:
    """Whether each element has a negative that is a value too: the lowest whole number and -0.0 have none."""
    if slices.dtype.kind != "f":
        return not bool((keys_of(slices) == key_range(slices.dtype)[0]).any())
    return not bool((_nonzero(slices) & (_flat(slices) == np.zeros(1, slices.dtype))).any())


def _canonical_ranks(slices: Array) -> Order:
    """The place of each slice among the distinct ones in canonical order."""
    keys = keys_of(_flat(slices))
    counts = np.count_nonzero(keys, axis=1).tolist()
    rows = [row.tobytes() for row in (keys ^ np.int64(-(2**63))).astype(">i8")]  # as bytes in the keys' order
    order = sorted(set(zip((-count for count in counts), rows, strict=True)))
    places = {row: place for place, row in enumerate(order)}
    return np.array([places[-count, row] for count, row in zip(counts, rows, strict=True)], dtype=np.intp)


def _arrangements(counts: Sequence[int]) -> int:
    """In how many orders so many slices of each kind can stand."""
    return factorial(sum(counts)) // prod(map(factorial, counts))


def _free_bits(ranks: Order, signs: bool) -> int:
    arrangements = _arrangements(np.bincount(ranks).tolist()) << (len(ranks) if signs else 0)
    return arrangements.bit_length() - 1


def _number_of_ranks(ranks: Order) -> int:
    """How many orders of these ranks come before this one in lexicographic order."""
    counts = np.bincount(ranks).tolist()
    left, orders, number = len(ranks), _arrangements(counts), 0
    for rank in ranks.tolist():
        number += orders * sum(counts[:rank]) // left
        orders = orders * counts[rank] // left
        counts[rank] -= 1
        left -= 1
    return number


def _order_of_number(ranks: Order, number: int) -> Order:
    """The order of ``ranks``, which are ascending, that has so many others before it: places in them."""
    counts = np.bincount(ranks).tolist()
    starts = np.concatenate([[0], np.cumsum(counts)]).tolist()
    left, orders = len(ranks), _arrangements(counts)
    order = []
    for _ in range(len(ranks)):
        reached = list(accumulate(counts))
        rank = bisect_right(reached, number * left // orders)
        number -= orders * (reached[rank] - counts[rank]) // left
        orders = orders * counts[rank] // left
        counts[rank] -= 1
        left -= 1
        order.append(starts[rank] + counts[rank])
    return np.array(order, dtype=np.intp)
