"""The axes along which an array is coded, its link to earlier outputs, and the box of its non-zero elements."""

from dataclasses import dataclass
from math import isqrt

import numpy as np
from numpy.typing import NDArray

from netrazor.coding.element_contexts import Activity, Mask, count_classes
from netrazor.coding.integer_codes import code_below
from netrazor.coding.message_context import MessageContext


@dataclass(frozen=True)
class ArrayView:
    """The shape of an array as it is coded, and the axis whose places are fed by outputs of an earlier array, if any.

    A matrix behind a convolution has its inputs split into channels and their places.
    """

    shape: tuple[int, ...]
    linked_axis: int | None = None
    expected_extent: int = 0
    """As many places along the linked axis as there are outputs up to the last one that is not empty."""


def view_of(shape: tuple[int, ...], context: MessageContext) -> ArrayView:
    """The view of an array of ``shape`` after the arrays that were coded in ``context``."""
    outputs = context.outputs
    if outputs is None or not shape:
        return ArrayView(shape)
    axis = min(1, len(shape) - 1)
    share, rest = divmod(shape[axis], len(outputs))
    if rest or share == 0 or (share > 1 and len(shape) != 2):
        return ArrayView(shape)
    extent = _last(outputs.astype(np.bool_)) + 1
    if share == 1:
        return ArrayView(shape, axis, extent)
    side = isqrt(share)
    places = (side, side) if side * side == share else (share,)
    return ArrayView((shape[0], len(outputs), *places), axis, extent)


def bounding_box(mask: Mask) -> tuple[int, ...]:
    """The extents of the corner of the array that holds all its non-zero elements; there is at least one."""
    extents = []
    for _ in range(mask.ndim):
        extents.append(_last(np.logical_or.reduce(mask.reshape(len(mask), -1), axis=1)) + 1)
        mask = np.logical_or.reduce(mask, axis=0)
    return tuple(extents)


def corner(box: tuple[int, ...]) -> tuple[slice, ...]:
    """The indices of a box."""
    return tuple(slice(0, extent) for extent in box)


def code_box(context: MessageContext, box: tuple[int, ...] | None, view: ArrayView) -> tuple[int, ...]:
    """A box in the view: along each axis the expected extent, or any."""
    coded = []
    for axis, length in enumerate(view.shape):
        linked = axis == view.linked_axis
        extent = expected = view.expected_extent if linked else length
        if length > 1:
            as_expected = None if box is None else box[axis] == expected
            if not context.choose("linked box" if linked else "box", as_expected):
                extent = 1 + code_below(context.coder, None if box is None else box[axis] - 1, length)
        coded.append(extent)
    return tuple(coded)


def input_activity(
    view: ArrayView, box: tuple[int, ...], outputs: NDArray[np.int64] | None
) -> Activity | None:
    """Activity classes of the ``outputs`` that feed the places of the box along the linked axis."""
    if view.linked_axis is None or outputs is None:
        return None
    return count_classes(outputs[: box[view.linked_axis]])


def _last(true: Mask) -> int:
    """The last index at which a vector is true; it is so somewhere."""
    return len(true) - 1 - int(np.argmax(true[::-1]))
