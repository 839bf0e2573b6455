"""One array: its frame, the pattern of its non-zero elements, their codebook, their values."""

from functools import partial

import numpy as np

from netrazor.coding.codebook import MAX_ENTRIES, Codebook
from netrazor.coding.frame import output_counts, view_of
from netrazor.coding.keys import Array, Keys, keys_from_array, nonzero_mask
from netrazor.coding.ledger import Charges
from netrazor.coding.masks import code_mask
from netrazor.coding.pattern import Mask
from netrazor.coding.raw import code_raw
from netrazor.coding.schema import Field
from netrazor.coding.session import Session
from netrazor.coding.static import StaticArray
from netrazor.coding.symbols import code_symbols, code_table
from netrazor.errors import CorruptMessage

_RAW_ABOVE = 256  # distinct values, if they also are more than a quarter of the elements


class ArrayCoder:
    """Codes the arrays of a message one after another."""

    def __init__(self, session: Session, charges: Charges, static: bool) -> None:
        self._session = session
        self._charges = charges
        self._static = static
        self._charged = session.coder.spent
        self.later: list[StaticArray] = []

    def code(self, field: Field, array: Array | None) -> Array:
        """An array; if values are static, `StaticArray.code` fills it in later."""
        session = self._session
        empty = np.zeros(field.shape, dtype=field.dtype)
        if field.size == 0:
            return empty
        mask = None if array is None else nonzero_mask(array)
        if session.choose("empty", None if mask is None else not mask.any()):
            self._charge(field, "header")
            return empty
        keys = None if array is None else keys_from_array(array[mask])
        entries = None if keys is None else np.unique(keys)
        if session.choose("raw", None if entries is None else self._is_raw(field, len(entries))):
            self._charge(field, "header")
            session.spend(256 * field.dtype.itemsize)
            coded = code_raw(session.coder, array, field)
            self._charge(field, "values")
            return coded
        return self._code_quantized(field, mask, keys, entries, empty)

    def _code_quantized(
        self, field: Field, mask: Mask | None, keys: Keys | None, entries: Keys | None, array: Array
    ) -> Array:
        session = self._session
        view = view_of(field.shape, session.history)
        self._charge(field, "header")
        where = code_mask(session, field.name, None if mask is None else mask.reshape(view.shape), view)
        if not where.mask.any():
            raise CorruptMessage(
                f"array {field.name!r} should have non-zero elements, got none; get the message again"
            )
        self._charge(field, "pattern")
        codebook = None if entries is None else Codebook(field.dtype, tuple(entries.tolist()))
        codebook = session.history.codebooks.code(session.coder, codebook, field.dtype)
        session.spend(len(codebook.keys))
        self._charge(field, "codebook")
        symbols = None if keys is None else np.searchsorted(codebook.key_array(), keys).astype(np.int32)
        sides = (codebook.negatives, len(codebook.keys) - codebook.negatives)
        mask = where.mask.reshape(field.shape)
        if self._static:
            table = code_table(session, symbols, where, sides)
            self.later.append(StaticArray(field.name, array, mask, codebook, table, symbols))
            self._charge(field, "table")
        else:
            charge = partial(self._charge, field)
            array[mask] = codebook.values()[code_symbols(session, field.name, symbols, where, sides, charge)]
        if len(field.shape) > 1:
            session.history.outputs = output_counts(mask)
        return array

    def _is_raw(self, field: Field, entries: int) -> bool:
        if self._static:
            return entries > MAX_ENTRIES
        return entries > MAX_ENTRIES or entries > max(_RAW_ABOVE, field.size // 4)

    def _charge(self, field: Field, kind: str) -> None:
        """Charge what was spent since the last time."""
        self._charges.add(field.name, kind, self._session.coder.spent - self._charged)
        self._charged = self._session.coder.spent
