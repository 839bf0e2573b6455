"""One array: its frame, the pattern of its non-zero elements, their codebook, their values."""

from functools import partial

import numpy as np

from netrazor.coding.codebook import MAX_ENTRIES, Codebook
from netrazor.coding.costs import Costs
from netrazor.coding.frame import output_counts, view_of
from netrazor.coding.history import History
from netrazor.coding.keys import Array, Keys, keys_from_array, nonzero_mask
from netrazor.coding.ledger import Charges
from netrazor.coding.limits import Limits
from netrazor.coding.masks import MaskCoder
from netrazor.coding.pattern import Mask
from netrazor.coding.rangecoder import Coder
from netrazor.coding.raw import code_raw
from netrazor.coding.schema import Field
from netrazor.coding.static import StaticArray
from netrazor.coding.value_coder import ValueCoder, Where
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
        self._static = static
        self._limits = limits
        self._history = History()
        costs = costs or Costs()
        self._masks = MaskCoder(coder, self._history, version, limits, budget, costs)
        self._values = ValueCoder(coder, self._history, version, limits, budget, costs)
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
        where = Where(*self._masks.code(field.name, None if mask is None else mask.reshape(view.shape), view))
        if not where.mask.any():
            raise CorruptMessage(
                f"array {field.name!r} should have non-zero elements, got none; get the message again"
            )
        self._charge(field, "pattern")
        codebook = None if entries is None else Codebook(field.dtype, tuple(entries.tolist()))
        codebook = self._history.codebooks.code(self._coder, codebook, field.dtype)
        self._history.spend(len(codebook.keys), self._limits)
        self._charge(field, "codebook")
        symbols = None if keys is None else np.searchsorted(codebook.key_array(), keys).astype(np.int32)
        sides = (codebook.negatives, len(codebook.keys) - codebook.negatives)
        mask = where.mask.reshape(field.shape)
        if self._static:
            table = self._values.code_table(symbols, where, sides)
            self.later.append(StaticArray(field.name, array, mask, codebook, table, symbols))
            self._charge(field, "table")
        else:
            charge = partial(self._charge, field)
            array[mask] = codebook.values()[self._values.code(field.name, symbols, where, sides, charge)]
        if len(field.shape) > 1:
            self._history.outputs = output_counts(mask)
        return array

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
