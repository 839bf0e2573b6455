"""One array: header, pattern, codebook, values.

Small arrays go through the mixing models, large ones through models of fixed probabilities at the speed of the
coder, arrays of more distinct values than a codebook holds byte by byte.
"""

from dataclasses import dataclass
from math import prod

import numpy as np
from numpy.typing import NDArray

from netrazor.coding.bulk import code_bulk_mask, code_bulk_symbols, code_raw, code_table
from netrazor.coding.codebook import MAX_ENTRIES, Codebook, code_codebook
from netrazor.coding.integers import code_below
from netrazor.coding.keys import Keys, array_from_keys
from netrazor.coding.ledger import Charges
from netrazor.coding.limits import Limits, check_limit
from netrazor.coding.pattern import Mask, code_pattern
from netrazor.coding.rangecoder import Coder, Symbols
from netrazor.coding.schema import Field
from netrazor.coding.values import code_values

__all__ = ["Account", "Charges", "StaticValues", "code_array", "code_static_values"]

_EMPTY, _FULL, _MIXED, _BULK, _RAW = range(5)
MIXED_ELEMENTS = 2**18
MIXED_VALUES = 2**16


@dataclass(frozen=True)
class StaticValues:
    """What Theorem 5.1 needs to know of an array's non-zero values."""

    centers: NDArray[np.float64]
    counts: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    nonzeros: int


@dataclass
class Account:
    """An array whose values come later, in the stream of static values."""

    name: str
    keys: Keys
    codebook: Codebook
    counts: NDArray[np.int64]
    symbols: Symbols | None
    mask: NDArray[np.bool_]

    @property
    def static(self) -> StaticValues:
        """Centers and probabilities, for the theorem."""
        centers = array_from_keys(self.codebook.key_array(), self.codebook.dtype).astype(np.float64)
        return StaticValues(centers, self.counts, self.counts / self.counts.sum(), int(self.mask.sum()))


def code_array(
    coder: Coder,
    keys: Keys | None,
    field: Field,
    codebooks: list[Codebook],
    charges: Charges,
    later: list[Account] | None,
    limits: Limits,
) -> Keys:
    """The keys of one array; with ``later`` its values are left for `code_static_values`."""
    started = coder.spent

    def charge(kind: str) -> None:
        nonlocal started
        charges.add(field.name, kind, coder.spent - started)
        started = coder.spent

    if field.size == 0:
        return np.zeros(field.shape, dtype=np.int64)
    entries = None if keys is None else np.unique(keys[keys != 0])
    model = None if keys is None or entries is None else _model(keys, entries, later is not None)
    model = code_below(coder, model, 5)
    if model == _EMPTY:
        charge("header")
        return np.zeros(field.shape, dtype=np.int64)
    if model == _RAW:
        charge("header")
        coded = code_raw(coder, keys, field)
        charge("values")
        return coded
    mask = None if keys is None else keys != 0
    if model == _BULK:
        charge("header")
        mask = code_bulk_mask(coder, mask, field.shape)
    else:
        box = _code_box(coder, mask, field.shape)
        charge("header")
        inside = np.ones(box, dtype=np.bool_)
        if model == _MIXED:
            check_limit("decisions", prod(box), limits.decisions)
            inside = code_pattern(coder, None if mask is None else mask[_corner(box)], box)
        mask = np.zeros(field.shape, dtype=np.bool_)
        mask[_corner(box)] = inside
    charge("pattern")
    codebook = None if entries is None else Codebook(field.dtype, tuple(int(e) for e in entries))
    codebook = code_codebook(coder, codebook, field.dtype, codebooks)
    if codebook not in codebooks:
        codebooks.append(codebook)
    charge("codebook")
    symbols = None
    if keys is not None:
        symbols = np.searchsorted(codebook.key_array(), keys[mask]).astype(np.int32)
    coded = np.zeros(field.shape, dtype=np.int64)
    if later is not None or model == _BULK:
        counts = code_table(coder, symbols, int(mask.sum()), len(codebook.keys))
        charge("table")
        if later is not None:
            later.append(Account(field.name, coded, codebook, counts, symbols, mask))
            return coded
        symbols = code_bulk_symbols(coder, symbols, counts, int(mask.sum()))
    else:
        inside = mask[_corner(box)]
        symbols = code_values(
            coder, symbols, inside, codebook.negatives, len(codebook.keys) - codebook.negatives
        )
    coded[mask] = codebook.key_array()[symbols]
    charge("values")
    return coded


def code_static_values(coder: Coder, account: Account, charges: Charges) -> None:
    """The values of an array under its table; in reading they are filled in."""
    started = coder.spent
    symbols = code_bulk_symbols(coder, account.symbols, account.counts, int(account.mask.sum()))
    account.keys[account.mask] = account.codebook.key_array()[symbols]
    charges.add_noisy(account.name, coder.spent - started)


def _model(keys: Keys, entries: Keys, static: bool) -> int:
    if len(entries) == 0:
        return _EMPTY
    if len(entries) > MAX_ENTRIES or (len(entries) > 256 and len(entries) > keys.size // 4 and not static):
        return _RAW
    box = _box(keys != 0)
    if prod(box) > MIXED_ELEMENTS or np.count_nonzero(keys) > MIXED_VALUES:
        return _BULK
    return _FULL if (keys[_corner(box)] != 0).all() else _MIXED


def _box(mask: Mask) -> tuple[int, ...]:
    axes = range(mask.ndim)
    return tuple(
        int(np.flatnonzero(mask.any(axis=tuple(other for other in axes if other != axis)))[-1]) + 1
        for axis in axes
    )


def _corner(box: tuple[int, ...]) -> tuple[slice, ...]:
    return tuple(slice(0, extent) for extent in box)


def _code_box(coder: Coder, mask: Mask | None, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The corner of the array that holds all its non-zero elements."""
    box = None if mask is None else _box(mask)
    extents = []
    for axis, length in enumerate(shape):
        whole = coder.bit(None if box is None else int(box[axis] == length), 0) if length > 1 else 1
        extent = length
        if not whole:
            extent = 1 + code_below(coder, None if box is None else box[axis] - 1, length - 1)
        extents.append(extent)
    return tuple(extents)
