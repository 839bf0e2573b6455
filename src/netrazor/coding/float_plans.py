"""Which models for floats an encoder takes: scaled codes, bytes of the non-zero elements, or the usual ones."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import log2

import numpy as np
from numpy.typing import NDArray

from netrazor.coding.codebook import MAX_ENTRIES
from netrazor.coding.ordered_keys import Array, keys_of, nonzero_mask
from netrazor.coding.raw_bytes import rotated_bits
from netrazor.coding.scale_search import find_scaling
from netrazor.coding.scaled_codes import ScaledCodes
from netrazor.coding.slice_classes import mask_bits

_SAMPLE = 2**15  # elements of a large array that are looked at first
_FEW, _FEW_OF_MANY = 16, 300  # distinct values that have a codebook, in a small array and in a large one
_WORTHWHILE_BITS, _CLEARLY_LESS = 256, 0.75
_ROWS = 8  # rows looked at
_REPEATED = 8  # elements of a row for each of its values, at least
_FEWER = 4  # values of the array for each value of a row, at least
_CLEARLY_SAVED, _CLEARLY_SAVED_BITS = 0.1, 2**14  # beyond which a message by the usual models is not tried
_MOST_MIXED = 256  # entries of a codebook that needs no table
_BITS_A_BYTE, _BITS_AN_ENTRY = 3, 5  # about what an entry of a table of bytes costs, and one of a codebook
_BITS_A_LEVEL = 24


@dataclass(frozen=True)
class ByteForm:
    """An array byte by byte, or by a codebook; bytes of all elements, or behind a mask of those that are not zero."""

    raw: bool
    sparse: bool
    bits: float


@dataclass(frozen=True)
class FloatPlan:
    """Names of the arrays to be sent as codes and scales, and whether models for floats save a good part of all."""

    scaled: frozenset[str]
    clearly: bool


def plan_floats(arrays: Mapping[str, Array]) -> FloatPlan | None:
    """Which models for floats to take; None where the usual models do as well for all arrays."""
    found, saved, all_bits = set(), 0.0, 0.0
    for name, array in arrays.items():
        if array.dtype.kind != "f" or array.size < 2 or has_few_values(array):
            continue
        seen = _counted(array)
        usual, form, scaled = _usual_bits(array, seen), _best_form(array, seen), find_scaling(array)
        bits = form.bits if scaled is None else min(form.bits, scaled_bits(scaled))
        if len(seen.counts) <= _MOST_MIXED and bits > _CLEARLY_LESS * usual:
            continue  # a codebook of so few entries takes fewer bits than is assumed
        if bits < form.bits:
            found.add(name)
        saved += max(usual - bits, 0.0)
        all_bits += usual
    if saved <= _WORTHWHILE_BITS:
        return None
    return FloatPlan(frozenset(found), clearly=saved > _CLEARLY_SAVED * all_bits + _CLEARLY_SAVED_BITS)


def byte_form(array: Array) -> ByteForm:
    """The form of about the fewest bits; what it costs does not depend on the order of slices."""
    return _best_form(array, _counted(array))


def _best_form(array: Array, seen: "_Seen") -> ByteForm:
    of_mask = mask_bits(len(seen.nonzero), array.size)
    by_codebook = ByteForm(False, False, of_mask + _codebook_bits(seen))
    if array.dtype.kind != "f" and len(seen.counts) <= _MOST_MIXED:
        return by_codebook  # whose entries are told in few bits, and which needs no table
    forms = [
        by_codebook,
        ByteForm(True, True, of_mask + byte_bits(seen.nonzero, rotated=True)),
        ByteForm(True, False, byte_bits(array.reshape(-1), rotated=True)),
    ]
    return min(forms, key=lambda form: form.bits)


def _usual_bits(array: Array, seen: "_Seen") -> float:
    """About what an array costs by the models that every message has: bytes of all elements, or a codebook."""
    if len(seen.counts) > min(MAX_ENTRIES, max(256, array.size // 4)):
        return byte_bits(array.reshape(-1), rotated=False)
    return mask_bits(len(seen.nonzero), array.size) + _codebook_bits(seen)


def byte_bits(flat: Array, *, rotated: bool) -> float:
    """About what the bytes of the elements cost under a table for each significance."""
    if rotated and flat.dtype.kind == "f":
        flat = rotated_bits(flat)
    planes = np.ascontiguousarray(flat).view(np.uint8).reshape(len(flat), -1)
    return sum(_symbol_bits(np.bincount(plane, minlength=256), _BITS_A_BYTE) for plane in planes.T)


@dataclass(frozen=True)
class _Seen:
    """The non-zero elements, how often each of them occurs, and how many values lie between the extremes."""

    nonzero: Array
    counts: NDArray[np.int64]
    room: float


def _counted(array: Array) -> _Seen:
    """Of an array with non-zero elements; without any it is sent as such."""
    nonzero = array[nonzero_mask(array)]
    keys, counts = np.unique(keys_of(nonzero), return_counts=True)
    joint = int(np.bitwise_or.reduce(nonzero.view(f"u{nonzero.itemsize}")))
    return _Seen(nonzero, counts, (int(keys[-1]) - int(keys[0])) / max(joint & -joint, 1) + 1)


def has_few_values(array: Array) -> bool:
    """Whether a codebook is as good as anything: few values in all, and as many of them in each row."""
    flat = array.reshape(-1)
    sample = flat[:: max(1, len(flat) // _SAMPLE)]
    sample = sample[np.flatnonzero(sample)]
    few = _FEW_OF_MANY if len(flat) > 2 * _SAMPLE else _FEW
    values = len(np.unique(sample))
    return values <= min(few, len(sample) // 2) and not _has_fewer_by_row(array, values)


def _has_fewer_by_row(array: Array, values: int) -> bool:
    """Whether rows (slices along axis 0) have hardly any values each, and others than other rows: scales of rows."""
    if array.ndim < 2 or not values:
        return False
    rows = array.reshape(len(array), -1)
    for row in rows[:: max(1, len(rows) // _ROWS)]:
        nonzero = row[np.flatnonzero(row)]
        most = min(len(nonzero) // _REPEATED, values // _FEWER)
        if len(nonzero) and len(np.unique(nonzero)) > most:
            return False
    return True


def scaled_bits(scaled: ScaledCodes) -> float:
    """About what codes and scales cost."""
    codes = scaled.codes[scaled.codes != 0]
    _, counts = np.unique(codes, return_counts=True)
    of_mask = mask_bits(len(codes), scaled.codes.size)
    levels = 0.0 if scaled.levels is None else float(_BITS_A_LEVEL * len(scaled.levels))
    return of_mask + _symbol_bits(counts, _BITS_AN_ENTRY) + byte_form(scaled.scales).bits + levels


def _codebook_bits(seen: _Seen) -> float:
    entries = len(seen.counts)
    if entries > MAX_ENTRIES:
        return float("inf")
    listed = entries * max(log2(seen.room / entries) + 1.5, 0.0) if entries else 0.0
    return _symbol_bits(seen.counts, _BITS_AN_ENTRY) + listed


def _symbol_bits(counts: NDArray[np.int64], entry: float) -> float:
    seen = counts[counts > 0].astype(np.float64)
    return float(seen @ np.log2(seen.sum() / seen)) + entry * len(seen) if len(seen) else 0.0
