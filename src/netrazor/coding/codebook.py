"""Codebooks: the distinct non-zero values of an array, exactly, in as few bits as they need.

Three forms, the cheapest is taken: a codebook sent earlier; multiples of one step (uniform quantization), each
the rounded product of the step and an integer; or a sorted list of values of limited precision (a bfloat16 or
float16 grid, or float32 in full), coded as the positions of a sorted set.
"""

from collections import defaultdict
from copy import deepcopy
from dataclasses import dataclass

import numpy as np

from netrazor.coding.coder import Coder, Meter, Symbols
from netrazor.coding.context_mixing import Mixer
from netrazor.coding.element_contexts import Mask
from netrazor.coding.integer_codes import code_below, code_number, code_sorted
from netrazor.coding.ordered_keys import Array, DType, Keys, elements_of, key_range, keys_of
from netrazor.coding.quantizer_step import MAX_MULTIPLE, multiples_of, products, shortest_step
from netrazor.errors import CorruptMessage

MAX_ENTRIES = 2**16
_CHUNK = 2**17


@dataclass(frozen=True)
class Codebook:
    """Sorted distinct keys, none of them zero, of one type."""

    dtype: DType
    keys: tuple[int, ...]

    @property
    def negatives(self) -> int:
        """How many entries are below zero; they come first."""
        return sum(key < 0 for key in self.keys)

    def key_array(self) -> Keys:
        """The keys as an array."""
        return np.array(self.keys, dtype=np.int64)

    def values(self) -> Array:
        """The entries themselves."""
        return elements_of(self.key_array(), self.dtype)


def fill(array: Array, mask: Mask, codebook: Codebook, symbols: Symbols) -> None:
    """Write the entries named by ``symbols`` where the mask is true, in C order and in chunks, to spare memory."""
    flat, where, values, done = array.reshape(-1), mask.reshape(-1), codebook.values(), 0
    for start in range(0, len(flat), _CHUNK):
        places = np.flatnonzero(where[start : start + _CHUNK])  # faster than to write through a mask
        stop = done + len(places)
        flat[start : start + _CHUNK][places] = values[symbols[done:stop]]
        done = stop


class CodebookModel:
    """Codes codebooks, each after those before it: their precision, range and scale are often the same."""

    def __init__(self) -> None:
        self._earlier: list[Codebook] = []
        self._choices: defaultdict[str, Mixer] = defaultdict(Mixer)
        self._before: dict[str, int] = {}

    def learnt(self) -> object:
        """What later codebooks are predicted from, to be compared."""
        return self._earlier, {name: mixer.learnt() for name, mixer in self._choices.items()}, self._before

    def code(self, coder: Coder, codebook: Codebook | None, dtype: DType) -> Codebook:
        """A codebook for an array of ``dtype``."""
        known = [other for other in self._earlier if other.dtype == dtype]
        if known and self._choose(coder, "known", None if codebook is None else codebook in known):
            index = None if codebook is None else known[::-1].index(codebook)
            return known[-1 - code_below(coder, index, len(known))]
        step = None
        if codebook is not None and dtype.kind == "f":
            step = self._worthwhile_step(codebook)
        if dtype.kind == "f" and self._choose(
            coder, "affine", None if codebook is None else step is not None
        ):
            coded = self._code_affine(coder, codebook, step, dtype)
        else:
            coded = self._code_listed(coder, codebook, dtype)
        self._earlier.append(coded)
        return coded

    def _worthwhile_step(self, codebook: Codebook) -> float | None:
        step = shortest_step(codebook.values())
        if step is None:
            return None
        affine, listed = Meter(), Meter()
        deepcopy(self)._code_affine(affine, codebook, step, codebook.dtype)
        deepcopy(self)._code_listed(listed, codebook, codebook.dtype)
        return step if affine.spent < listed.spent else None

    def _code_affine(
        self, coder: Coder, codebook: Codebook | None, step: float | None, dtype: DType
    ) -> Codebook:
        """The step, and the multiples on each side: all up to the largest, or a sorted set of them."""
        width = int(np.finfo(dtype).nmant)
        key = None if step is None else int(keys_of(np.array([step], dtype=dtype))[0])
        dropped = self._code_repeated(
            coder, "step bits", None if key is None else _low_zeros([key], width), width
        )
        key = self._code_magnitude(coder, key, dropped, dtype)
        if key == 0:
            raise CorruptMessage("the step of a codebook is zero; get the message again")
        step = float(elements_of(np.array([key]), dtype)[0])
        multiples = None if codebook is None else multiples_of(codebook.values(), step)
        negative = self._code_multiples(
            coder, None if multiples is None else [-m for m in multiples[::-1] if m < 0]
        )
        positive = self._code_multiples(coder, None if multiples is None else [m for m in multiples if m > 0])
        values = products([-m for m in negative[::-1]] + positive, step, dtype)
        if not np.isfinite(values).all():
            raise CorruptMessage("a codebook holds values that are not finite; get the message again")
        return _checked(keys_of(values), dtype)

    def _code_multiples(self, coder: Coder, multiples: list[int] | None) -> list[int]:
        top = self._code_repeated(
            coder, "top", None if multiples is None else max(multiples, default=0), MAX_MULTIPLE
        )
        if self._choose(coder, "all", None if multiples is None else len(multiples) == top):
            return list(range(1, top + 1))
        number = code_below(coder, None if multiples is None else len(multiples) - 1, max(top, 1))
        return [*code_sorted(coder, None if multiples is None else multiples[:-1], number, 1, top - 1), top]

    def _code_listed(self, coder: Coder, codebook: Codebook | None, dtype: DType) -> Codebook:
        """Entries above zero and below, each side as a sorted set of magnitudes at a common precision."""
        lowest, highest = key_range(dtype)
        offset = 1 if dtype.kind == "f" else 0  # -0.0 is the key -1
        negative = None if codebook is None else [-offset - key for key in codebook.keys[::-1] if key < 0]
        positive = None if codebook is None else [key for key in codebook.keys if key > 0]
        width = int(np.finfo(dtype).nmant) if dtype.kind == "f" else 0
        dropped = None if negative is None or positive is None else _low_zeros(negative + positive, width)
        dropped = self._code_repeated(coder, "list bits", dropped, width)
        negative = self._code_magnitudes(coder, negative, dropped, -offset - lowest, dtype)
        positive = self._code_magnitudes(coder, positive, dropped, highest, dtype)
        return _checked(np.array([-offset - m for m in negative[::-1]] + positive, dtype=np.int64), dtype)

    def _code_magnitudes(
        self, coder: Coder, magnitudes: list[int] | None, dropped: int, limit: int, dtype: DType
    ) -> list[int]:
        """The largest, about how far below it the smallest is, then those between."""
        number = self._code_repeated(
            coder, "entries", None if magnitudes is None else len(magnitudes), MAX_ENTRIES
        )
        if number == 0:
            return []
        largest = self._code_magnitude(coder, None if magnitudes is None else magnitudes[-1], dropped, dtype)
        top = largest >> dropped
        if largest > limit or number > top + 1:
            raise CorruptMessage(
                "a codebook has more, or larger, entries than its type; get the message again"
            )
        shifted = None if magnitudes is None else [magnitude >> dropped for magnitude in magnitudes]
        spread = None if shifted is None else (top - shifted[0] - number + 1).bit_length()
        spread = code_below(coder, spread, (top - number + 1).bit_length() + 1)
        low = max(0, top - number + 2 - (1 << spread))
        between = code_sorted(coder, None if shifted is None else shifted[:-1], number - 1, low, top - 1)
        return [magnitude << dropped for magnitude in [*between, top]]

    def _code_magnitude(self, coder: Coder, magnitude: int | None, dropped: int, dtype: DType) -> int:
        """A magnitude without ``dropped`` low bits; a float's exponent as its distance from the one before."""
        if dtype.kind != "f":
            return code_number(coder, magnitude, key_range(dtype)[1] + 1)
        width = int(np.finfo(dtype).nmant)
        limit = key_range(dtype)[1] >> width
        before = self._before.get("exponent", limit // 2)
        exponent = None if magnitude is None else magnitude >> width
        distance = 0
        if self._choose(coder, "other exponent", None if exponent is None else exponent != before):
            up = self._choose(coder, "exponent up", None if exponent is None else exponent > before)
            room = limit - before if up else before
            if room <= 0:
                raise CorruptMessage("the exponent of a codebook is out of range; get the message again")
            distance = 1 + code_number(
                coder, None if exponent is None else abs(exponent - before) - 1, room - 1
            )
            distance = distance if up else -distance
        exponent = before + distance
        if exponent > limit:
            raise CorruptMessage("the exponent of a codebook is out of range; get the message again")
        self._before["exponent"] = exponent
        kept = None if magnitude is None else (magnitude & (1 << width) - 1) >> dropped
        return exponent << width | code_below(coder, kept, 1 << width - dropped) << dropped

    def _code_repeated(self, coder: Coder, name: str, value: int | None, limit: int) -> int:
        """A number that is often the same as last time."""
        before = self._before.get(name)
        usable = before is not None and before <= limit
        if usable and self._choose(coder, name, None if value is None else value == before):
            return self._before[name]
        coded = code_number(coder, value, limit)
        self._before[name] = coded
        return coded

    def _choose(self, coder: Coder, name: str, choice: bool | None) -> bool:
        return bool(self._choices[name].code(coder, None if choice is None else int(choice)))


def _low_zeros(magnitudes: list[int], width: int) -> int:
    """Zero bits at the low end of all magnitudes, at most ``width``."""
    together = 1 << width
    for magnitude in magnitudes:
        together |= magnitude
    return min((together & -together).bit_length() - 1, width)


def _checked(keys: Keys, dtype: DType) -> Codebook:
    codebook = Codebook(dtype, tuple(int(key) for key in keys))
    ascending = all(a < b for a, b in zip(codebook.keys, codebook.keys[1:], strict=False))
    if not codebook.keys or 0 in codebook.keys or not ascending or len(codebook.keys) > MAX_ENTRIES:
        raise CorruptMessage(
            f"a codebook is not a sorted list of at most {MAX_ENTRIES} distinct non-zero values; get it again"
        )
    return codebook
