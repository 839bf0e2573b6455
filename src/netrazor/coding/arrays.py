"""One array: its frame, the pattern of its non-zero elements, their codebook, their values."""

from functools import partial

import numpy as np

from netrazor.coding.codebook import MAX_ENTRIES, Codebook
from netrazor.coding.contexts import Places
from netrazor.coding.costs import Costs
from netrazor.coding.frame import output_counts, view_of
from netrazor.coding.history import History
from netrazor.coding.keys import Array, Keys, keys_from_array, nonzero_mask
from netrazor.coding.ledger import Charges
from netrazor.coding.limits import Limits
from netrazor.coding.masks import MaskCoder
from netrazor.coding.pattern import Mask
from netrazor.coding.rangecoder import Coder, Symbols
from netrazor.coding.raw import code_raw
from netrazor.coding.schema import Field
from netrazor.coding.static import StaticArray
from netrazor.coding.table_values import best_tables, code_tables, code_under_tables
from netrazor.coding.tables import Counts
from netrazor.coding.values import MAX_MIXED_ENTRIES, can_be_smooth, code_values
from netrazor.errors import CorruptMessage

_RAW_ABOVE = 256  # distinct values, if they also are more than a quarter of the elements


class ArrayCoder:
    """Codes the arrays of a message one after another.

    ``version`` tells which models the message may have; ``budget`` is what an encoder is ready to spend on decisions
    coded one by one, ``limits`` is what a reader is; ``costs`` are what an encoder has measured already.
    """

    def __init__(
        self,
        coder: Coder,
        charges: Charges,
        version: int,
        static: bool,
        limits: Limits,
        budget: int = 0,
        costs: Costs | None = None,
    ) -> None:
        self._coder = coder
        self._charges = charges
        self._version = version
        self._static = static
        self._limits = limits
        self._history = History()
        self._budget = budget
        self._costs = costs or Costs()
        self._masks = MaskCoder(coder, self._history, version, limits, budget, self._costs)
        self._charged = coder.spent
        self.later: list[StaticArray] = []

    def code(self, field: Field, array: Array | None) -> Array:
        """An array; if values are static, `StaticArray.code` fills it in later."""
        empty = np.zeros(field.shape, dtype=field.dtype)
        if field.size == 0:
            return empty
        mask = None if array is None else nonzero_mask(array)
        if self._choose("empty", None if mask is None else not mask.any()):
            self._charge(field, "header")
            return empty
        keys = None if array is None else keys_from_array(array[mask])
        entries = None if keys is None else np.unique(keys)
        if self._choose("raw", None if entries is None else self._is_raw(field, len(entries))):
            self._charge(field, "header")
            self._history.spend(256 * field.dtype.itemsize, self._limits)
            coded = code_raw(self._coder, array, field)
            self._charge(field, "values")
            return coded
        return self._code_quantized(field, mask, keys, entries, empty)

    def _code_quantized(
        self, field: Field, mask: Mask | None, keys: Keys | None, entries: Keys | None, array: Array
    ) -> Array:
        view = view_of(field.shape, self._history)
        self._charge(field, "header")
        coded_mask, inside, links = self._masks.code(
            field.name, None if mask is None else mask.reshape(view.shape), view
        )
        if not coded_mask.any():
            raise CorruptMessage(
                f"array {field.name!r} should have non-zero elements, got none; get the message again"
            )
        self._charge(field, "pattern")
        codebook = None if entries is None else Codebook(field.dtype, tuple(entries.tolist()))
        codebook = self._history.codebooks.code(self._coder, codebook, field.dtype)
        self._history.spend(len(codebook.keys), self._limits)
        self._charge(field, "codebook")
        symbols = None if keys is None else np.searchsorted(codebook.key_array(), keys).astype(np.int32)
        mask = coded_mask.reshape(field.shape)
        if self._static:
            table = self._code_tables(symbols, coded_mask, codebook, single=True)[1][0]
            self.later.append(StaticArray(field.name, array, mask, codebook, table, symbols))
            self._charge(field, "table")
        else:
            array[mask] = codebook.values()[
                self._code_values(field, symbols, coded_mask, inside, links, codebook)
            ]
        if len(field.shape) > 1:
            self._history.outputs = output_counts(mask)
        return array

    def _code_values(
        self,
        field: Field,
        symbols: Symbols | None,
        mask: Mask,
        inside: Mask,
        links: Places | None,
        codebook: Codebook,
    ) -> Symbols:
        """The values by whichever model is shorter: tables sent before, or decisions mixed from contexts."""
        entries = len(codebook.keys)
        decisions = int(np.count_nonzero(inside)) * entries.bit_length()
        sides = (codebook.negatives, entries - codebook.negatives)
        plan = None
        if symbols is not None:
            plan = self._plan_values(field.name, symbols, mask, inside, links, sides, decisions)
        if self._choose("mixed values", None if plan is None else plan != "tables"):
            if entries > MAX_MIXED_ENTRIES:
                raise CorruptMessage("a codebook is too large for its model of values; get the message again")
            self._history.spend(decisions, self._limits)
            smooth = False
            if self._version > 1 and can_be_smooth(sides):
                smooth = self._choose("smooth values", None if plan is None else plan == "smooth")
            coded = code_values(self._coder, symbols, inside, links, sides, smooth)
        else:
            places, tables = self._code_tables(symbols, mask, codebook, single=False)
            self._charge(field, "table")
            coded = code_under_tables(self._coder, symbols, places, tables)
        self._charge(field, "values")
        return coded

    def _plan_values(
        self,
        name: str,
        symbols: Symbols,
        mask: Mask,
        inside: Mask,
        links: Places | None,
        sides: tuple[int, int],
        decisions: int,
    ) -> str:
        bits = {"tables": best_tables(symbols, _rows(mask), sum(sides), single=False)[0]}
        if sum(sides) <= MAX_MIXED_ENTRIES and self._history.decisions + decisions <= self._budget:
            model = partial(code_values, symbols=symbols, mask=inside, links=links, sides=sides)
            bits["mixed"] = self._costs.of((name, "mixed"), partial(model, smooth=False))
            if self._version > 1 and can_be_smooth(sides):
                smooth = self._costs.of((name, "smooth"), partial(model, smooth=True))
                before = min(bits.values())
                if smooth < before:
                    self._costs.saved += before - smooth
                    return "smooth"
        return min(bits, key=bits.__getitem__)

    def _code_tables(
        self, symbols: Symbols | None, mask: Mask, codebook: Codebook, single: bool
    ) -> tuple[list[Places], list[Counts]]:
        rows = _rows(mask)
        entries = len(codebook.keys)
        plan = None if symbols is None else best_tables(symbols, rows, entries, single)[1]
        return code_tables(self._coder, symbols, rows, entries, self._history.tables, plan, single)

    def _is_raw(self, field: Field, entries: int) -> bool:
        if self._static:
            return entries > MAX_ENTRIES
        return entries > MAX_ENTRIES or entries > max(_RAW_ABOVE, field.size // 4)

    def _choose(self, name: str, choice: bool | None) -> bool:
        return bool(self._history.choices[name].code(self._coder, None if choice is None else int(choice)))

    def _charge(self, field: Field, kind: str) -> None:
        """Charge what was spent since the last time."""
        self._charges.add(field.name, kind, self._coder.spent - self._charged)
        self._charged = self._coder.spent


def _rows(mask: Mask) -> Places:
    """The slice along axis 0 of each non-zero element."""
    counts = np.count_nonzero(mask.reshape(len(mask) if mask.ndim else 1, -1), axis=1)
    return np.repeat(np.arange(len(counts)), counts)
