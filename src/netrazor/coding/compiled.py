"""The models of many decisions at compiled speed, where numba is installed (the extra ``fast``)."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from functools import cache
from math import prod
from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from netrazor.coding.coder import Coder
from netrazor.coding.element_contexts import Grid, Indices
from netrazor.coding.range_coder import Reader

# Decisions for which numba is loaded, which takes half a second and 140 MB: those of a whole message for a reader,
# who makes as many in a second without it; those of an array for an encoder, who makes them many times. And so many
# of an array where it is loaded.
WORTHWHILE_READ, WORTHWHILE, WORTHWHILE_LOADED = 2**16, 2**14, 2**8
_MOST_CELLS = 2**24  # contexts that are counted in arrays


@cache
def load_models() -> ModuleType | None:
    """The compiled models; None without numba."""
    try:
        return importlib.import_module("netrazor.coding.compiled_models")
    except ImportError:
        return None


def models_for(coder: Coder, decisions: int, cells: int) -> ModuleType | None:
    """The compiled models for so many decisions in so many contexts; None where Python will do, or has to."""
    least, awaited = WORTHWHILE, decisions
    if isinstance(coder, Reader):
        coder.asked += decisions
        least, awaited = WORTHWHILE_READ, coder.asked
    if load_models.cache_info().currsize:
        least, awaited = WORTHWHILE_LOADED, decisions
    return load_models() if awaited >= least and cells <= _MOST_CELLS else None


def run(
    models: ModuleType, coder: Coder, kernel: Callable[..., object], most: int, *arguments: object
) -> object:
    """Make at most so many decisions by ``kernel``; what it returns."""
    source, noted = coder.source(), models.noted(most)
    result = kernel(source, noted, *arguments)
    number = int(noted.number[0])
    coder.take(noted.bits[:number], noted.levels[:number], source)
    return result


def elements_of(models: ModuleType, grid: Grid, columns: list[Indices], sizes: list[int]) -> object:
    """The elements of a grid for compiled models, in contexts of which each kind has a column and a size.

    The contexts of what is one step back are numbered behind these.
    """
    matrix = _context_matrix(columns, sizes, len(grid.positions))
    return models.Elements(grid.positions, matrix, *_steps_of(grid), sum(sizes))


def _context_matrix(columns: list[Indices], sizes: list[int], number: int) -> NDArray[np.int32]:
    """The contexts of each element, numbered through all kinds (`element_contexts.numbered`)."""
    matrix = np.zeros((number, len(columns)), dtype=np.int32)
    offset = 0
    for kind, (column, size) in enumerate(zip(columns, sizes, strict=True)):
        matrix[:, kind] = column + offset
        offset += size
    return matrix


def _steps_of(grid: Grid) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Of each axis longer than one how far apart its places are, and how long it is (`predecessors`)."""
    axes = [axis for axis, length in enumerate(grid.shape) if length > 1]
    steps = np.array([prod(grid.shape[axis + 1 :]) for axis in axes], dtype=np.int64)
    return steps, np.array([grid.shape[axis] for axis in axes], dtype=np.int64)
