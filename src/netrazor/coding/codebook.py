"""Codebooks: the distinct non-zero values of an array, exactly, in as few bits as they need.

Three forms, the cheapest is taken: a codebook sent earlier; multiples of one step (uniform quantization), each
the rounded product of the step and an integer; or a sorted list of values of limited precision (a bfloat16 or
float16 grid, or float32 in full), coded as the positions of a sorted set.
"""

from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from netrazor.coding.integers import code_below, code_number, code_sorted
from netrazor.coding.keys import Keys, array_from_keys, key_limits, keys_from_array
from netrazor.coding.rangecoder import Coder, Meter
from netrazor.errors import CorruptMessage

MAX_ENTRIES = 2**16
MAX_MULTIPLE = 2**12
_REUSED, _AFFINE, _LISTED = range(3)


@dataclass(frozen=True)
class Codebook:
    """Sorted distinct keys, none of them zero, of one type."""

    dtype: np.dtype
    keys: tuple[int, ...]

    @property
    def negatives(self) -> int:
        """How many entries are below zero; they come first."""
        return sum(key < 0 for key in self.keys)

    def key_array(self) -> Keys:
        """The keys as an array."""
        return np.array(self.keys, dtype=np.int64)


def code_codebook(
    coder: Coder, codebook: Codebook | None, dtype: np.dtype, earlier: list[Codebook]
) -> Codebook:
    """A codebook for an array of ``dtype``; ``earlier`` are the ones already in the message."""
    known = [other for other in earlier if other.dtype == dtype]
    form, step = (None, None) if codebook is None else _cheapest_form(codebook, known)
    reused = bool(known) and coder.bit(None if form is None else int(form == _REUSED), 0)
    if reused:
        index = None if codebook is None else known[::-1].index(codebook)
        return known[-1 - code_below(coder, index, len(known))]
    affine = dtype.kind == "f" and coder.bit(None if form is None else int(form == _AFFINE), 0)
    return _code_affine(coder, codebook, step, dtype) if affine else _code_listed(coder, codebook, dtype)


def _cheapest_form(codebook: Codebook, known: list[Codebook]) -> tuple[int, float | None]:
    if codebook in known:
        return _REUSED, None
    step = _shortest_step(codebook) if codebook.dtype.kind == "f" else None
    if step is None:
        return _LISTED, None
    costs = []
    for form in (_AFFINE, _LISTED):
        meter = Meter()
        if form == _AFFINE:
            _code_affine(meter, codebook, step, codebook.dtype)
        else:
            _code_listed(meter, codebook, codebook.dtype)
        costs.append((meter.spent, form))
    return min(costs)[1], step


# Multiples of a step


def _code_affine(coder: Coder, codebook: Codebook | None, step: float | None, dtype: np.dtype) -> Codebook:
    multiples = None if codebook is None or step is None else _multiples(codebook, step)
    step_key = None if step is None else int(keys_from_array(np.array([step], dtype=dtype), "")[0])
    step = float(array_from_keys(np.array([_code_float(coder, step_key, dtype)]), dtype)[0])
    sides = []
    for sign in (-1, 1):
        side = None if multiples is None else sorted(sign * m for m in multiples if sign * m > 0)
        top = code_number(coder, None if side is None else max(side, default=0), MAX_MULTIPLE)
        full = coder.bit(None if side is None else int(len(side) == top), 320)
        if full:
            side = list(range(1, top + 1))
        else:
            number = code_below(coder, None if side is None else len(side) - 1, top - 1) if top > 1 else 0
            side = [*code_sorted(coder, None if side is None else side[:-1], number, 1, top - 1), top]
        sides.append([sign * m for m in side])
    with np.errstate(over="ignore"):
        products = np.array([step], dtype=dtype) * np.array(sides[0][::-1] + sides[1]).astype(dtype)
    if not np.isfinite(products).all():
        raise CorruptMessage("a codebook holds values that are not finite; get the message again")
    return _checked(keys_from_array(products.astype(dtype), ""), dtype)


def _multiples(codebook: Codebook, step: float) -> list[int]:
    values = array_from_keys(codebook.key_array(), codebook.dtype).astype(np.float64)
    return [int(m) for m in np.rint(values / step)]


def _shortest_step(codebook: Codebook) -> float | None:
    """The step with the shortest mantissa of which all values are rounded multiples, if there is one."""
    values = array_from_keys(codebook.key_array(), codebook.dtype)
    exact = [abs(Fraction(float(v))) for v in values]
    if not all(exact):
        return None
    spacing = [Fraction(float(s)) / 2 for s in np.abs(np.spacing(values))]
    smallest = min(exact)
    for divisor in range(1, 17):
        multiples = [round(v * divisor / smallest) for v in exact]
        if max(multiples) > MAX_MULTIPLE:
            break
        low = max((v - s) / m for v, s, m in zip(exact, spacing, multiples, strict=True))
        high = min((v + s) / m for v, s, m in zip(exact, spacing, multiples, strict=True))
        if low > high:
            continue
        step = _simplest_between(low, high, codebook.dtype)
        if step is not None and _products(step, multiples, codebook.dtype) == sorted(
            map(float, np.abs(values))
        ):
            return step
    return None


def _products(step: float, multiples: list[int], dtype: np.dtype) -> list[float]:
    return sorted(map(float, np.array([step], dtype=dtype) * np.array(multiples).astype(dtype)))


def _simplest_between(low: Fraction, high: Fraction, dtype: np.dtype) -> float | None:
    for bits in range(np.finfo(dtype).nmant + 1):
        unit = Fraction(2) ** (_exponent(high) - bits)
        multiple = -(-low // unit)
        if low <= multiple * unit <= high:
            step = float(multiple * unit)
            return step if float(np.array(step, dtype=dtype)) == step and step > 0 else None
    return None


def _exponent(x: Fraction) -> int:
    exponent = x.numerator.bit_length() - x.denominator.bit_length()
    return exponent if Fraction(2) ** exponent <= x else exponent - 1


def _code_float(coder: Coder, key: int | None, dtype: np.dtype) -> int:
    """A positive float as its exponent, near one half likelier, and as many bits of mantissa as it has."""
    mantissa_bits = int(np.finfo(dtype).nmant)
    half = int(keys_from_array(np.array([0.5], dtype=dtype), "")[0]) >> mantissa_bits
    top = key_limits(dtype)[1] >> mantissa_bits
    exponent = None if key is None else half - (key >> mantissa_bits)
    above = coder.bit(None if exponent is None else int(exponent < 0), -320)
    if above:
        exponent = -1 - code_number(coder, None if exponent is None else -1 - exponent, top - half - 1)
    else:
        exponent = code_number(coder, exponent, half)
    mantissa = None if key is None else key & (1 << mantissa_bits) - 1
    kept = None if mantissa is None else _significant_bits(mantissa, mantissa_bits)
    kept = code_below(coder, kept, mantissa_bits + 1)
    dropped = mantissa_bits - kept
    mantissa = code_below(coder, None if mantissa is None else mantissa >> dropped, 1 << kept) << dropped
    return _nonzero((half - exponent << mantissa_bits) | mantissa)


def _significant_bits(mantissa: int, width: int) -> int:
    return width - ((mantissa & -mantissa).bit_length() - 1) if mantissa else 0


def _nonzero(key: int) -> int:
    if key == 0:
        raise CorruptMessage("the step of a codebook is zero; get the message again")
    return key


# Lists


def _code_listed(coder: Coder, codebook: Codebook | None, dtype: np.dtype) -> Codebook:
    """Entries above zero and below, each side as a sorted set of magnitudes at a common precision."""
    lowest, highest = key_limits(dtype)
    offset = 1 if dtype.kind == "f" else 0
    negative = None if codebook is None else sorted(-offset - key for key in codebook.keys if key < 0)
    positive = None if codebook is None else sorted(key for key in codebook.keys if key > 0)
    dropped = None if codebook is None else _common_zeros([*(negative or []), *(positive or [])])
    dropped = code_below(coder, dropped, dtype.itemsize * 8)
    sides = []
    for side, limit in ((negative, -offset - lowest), (positive, highest)):
        shifted = None if side is None else [magnitude >> dropped for magnitude in side]
        sides.append([m << dropped for m in _code_magnitudes(coder, shifted, limit >> dropped)])
    keys = [-offset - m for m in reversed(sides[0])] + sides[1]
    if keys and (keys[0] < lowest or keys[-1] > highest):
        raise CorruptMessage("a codebook holds values that are not finite; get the message again")
    return _checked(np.array(keys, dtype=np.int64), dtype)


def _code_magnitudes(coder: Coder, magnitudes: list[int] | None, limit: int) -> list[int]:
    number = code_number(coder, None if magnitudes is None else len(magnitudes), min(limit + 1, MAX_ENTRIES))
    if number == 0:
        return []
    top = code_below(coder, None if magnitudes is None else magnitudes[-1], limit + 1)
    if number > top + 1:
        raise CorruptMessage("a codebook has more entries than there are values; get the message again")
    room = top - number + 1
    width = None if magnitudes is None else (top - magnitudes[0] - number + 1).bit_length()
    width = code_below(coder, width, room.bit_length() + 1)
    low = max(0, top - number + 1 - ((1 << width) - 1))
    inner = code_sorted(coder, None if magnitudes is None else magnitudes[:-1], number - 1, low, top - 1)
    return [*inner, top]


def _common_zeros(magnitudes: list[int]) -> int:
    together = 0
    for magnitude in magnitudes:
        together |= magnitude
    return (together & -together).bit_length() - 1 if together else 0


def _checked(keys: Keys, dtype: np.dtype) -> Codebook:
    codebook = Codebook(dtype, tuple(int(key) for key in keys))
    if not codebook.keys or 0 in codebook.keys or list(codebook.keys) != sorted(set(codebook.keys)):
        raise CorruptMessage(
            "a codebook is not a sorted list of distinct non-zero values; get the message again"
        )
    if len(codebook.keys) > MAX_ENTRIES:
        raise CorruptMessage(f"a codebook has more than {MAX_ENTRIES} entries; get the message again")
    return codebook
