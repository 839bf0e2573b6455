"""The frame of an array: the axes it is seen along, the box of its non-zero elements, the links to outputs before."""

from dataclasses import dataclass
from math import isqrt, prod

import numpy as np
from numpy.typing import NDArray

from netrazor.coding.contexts import Grid, Places, busy_classes
from netrazor.coding.history import History
from netrazor.coding.integers import code_below
from netrazor.coding.pattern import Mask, code_pattern
from netrazor.coding.rangecoder import Coder


@dataclass(frozen=True)
class View:
    """The axes of an array, and the axis along which its places are fed by outputs of an array before, if any.

    A matrix behind a convolution has its inputs split into channels and their places.
    """

    shape: tuple[int, ...]
    link_axis: int | None = None
    extent: int = 0
    """As many places along the linked axis as there are outputs up to the last one that is not empty."""


def view_of(shape: tuple[int, ...], history: History) -> View:
    """The view of an array of ``shape`` after the arrays of ``history``."""
    outputs = history.outputs
    if outputs is None or not shape:
        return View(shape)
    axis = min(1, len(shape) - 1)
    share, rest = divmod(shape[axis], len(outputs))
    if rest or share == 0 or (share > 1 and len(shape) != 2):
        return View(shape)
    extent = int(np.flatnonzero(outputs)[-1]) + 1
    if share == 1:
        return View(shape, axis, extent)
    side = isqrt(share)
    places = (side, side) if side * side == share else (share,)
    return View((shape[0], len(outputs), *places), axis, extent)


def bounding_box(mask: Mask) -> tuple[int, ...]:
    """The corner of the array that holds all its non-zero elements; there is at least one."""
    extents = []
    for _ in range(mask.ndim):
        extents.append(int(np.flatnonzero(mask.reshape(len(mask), -1).any(axis=1))[-1]) + 1)
        mask = np.logical_or.reduce(mask, axis=0)
    return tuple(extents)


def corner(box: tuple[int, ...]) -> tuple[slice, ...]:
    """The indices of a box."""
    return tuple(slice(0, extent) for extent in box)


def code_box(coder: Coder, box: tuple[int, ...] | None, view: View, history: History) -> tuple[int, ...]:
    """A box in the view: along each axis as expected, or any extent."""
    coded = []
    for axis, length in enumerate(view.shape):
        linked = axis == view.link_axis
        extent = expected = view.extent if linked else length
        if length > 1:
            choice = history.choices["linked box" if linked else "box"]
            if not choice.code(coder, None if box is None else int(box[axis] == expected)):
                extent = 1 + code_below(coder, None if box is None else box[axis] - 1, length)
        coded.append(extent)
    return tuple(coded)


@dataclass(frozen=True)
class Liveness:
    """Whether empty rows (along axis 0), and empty columns (all other axes), are told first."""

    rows: bool = False
    columns: bool = False


def code_live(
    coder: Coder,
    mask: Mask | None,
    box: tuple[int, ...],
    links: Places | None,
    live: Liveness | None,
    history: History,
) -> Grid:
    """The elements of a box that may be non-zero."""
    inside = np.ones(box, dtype=np.bool_)
    if len(box) > 1:
        if history.choices["live rows"].code(coder, None if live is None else int(live.rows)):
            rows = None if mask is None else output_counts(mask) > 0
            grid = Grid(box[:1], np.arange(box[0]), None)
            inside &= code_pattern(coder, rows, grid).reshape(-1, *(1,) * (len(box) - 1))
        if history.choices["live columns"].code(coder, None if live is None else int(live.columns)):
            columns = None if mask is None else np.logical_or.reduce(mask, axis=0)
            inside &= code_pattern(coder, columns, Grid(box[1:], np.arange(prod(box[1:])), links, 0))
    return Grid(box, np.flatnonzero(inside), links, min(1, len(box) - 1))


def links_of(view: View, box: tuple[int, ...], history: History) -> Places | None:
    """How busy the outputs are that feed the places of the box along the linked axis."""
    if view.link_axis is None or history.outputs is None:
        return None
    return busy_classes(history.outputs[: box[view.link_axis]])


def output_counts(mask: Mask) -> NDArray[np.int64]:
    """Non-zero elements of each slice along axis 0."""
    counts: NDArray[np.int64] = mask.reshape(mask.shape[0], -1).sum(axis=1, dtype=np.int64)
    return counts
