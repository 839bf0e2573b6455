"""The arrays of a message one after another: of each its support, the codebook of its values, and the values."""

from dataclasses import replace
from functools import partial

import numpy as np

from netrazor.coding.array_view import view_of
from netrazor.coding.bit_account import IdealBits
from netrazor.coding.codebook import MAX_ENTRIES, Codebook, fill
from netrazor.coding.coder import Coder
from netrazor.coding.element_contexts import Mask, output_counts
from netrazor.coding.float_plans import ByteForm, byte_form
from netrazor.coding.free_order import (
    Arrangement,
    Freedom,
    can_be_free,
    can_change_sign,
    live_slices,
    settle,
)
from netrazor.coding.level_search import find_scaling_or_levels
from netrazor.coding.message_context import MessageContext, TrialKey
from netrazor.coding.ordered_keys import Array, Keys, keys_of, nonzero_mask
from netrazor.coding.raw_bytes import code_raw_bytes
from netrazor.coding.scale_search import find_scaling
from netrazor.coding.scaled_codes import (
    CODES,
    ScaledCodes,
    checked_products,
    code_scaling,
    scale_type,
)
from netrazor.coding.schema import Field
from netrazor.coding.static_stream import StaticArray
from netrazor.coding.structured_support import code_structured_support
from netrazor.coding.support import Support, code_support
from netrazor.coding.value_coder import code_symbols, code_table
from netrazor.errors import CorruptMessage

_FIRST_AXIS_LEVEL = -320  # of the second axis being the free one
_NO_SIGNS_LEVEL = -160
_FEW_A_VALUE = 8  # elements of each value, on average, that have a codebook
_RAW_ABOVE = 256  # distinct values, if they also are more than a quarter of the elements


class ArrayCoder:
    """Codes arrays in one context; what they cost is added to ``charges``."""

    def __init__(self, context: MessageContext, charges: IdealBits, static: bool) -> None:
        self._context = context
        self._charges = charges
        self._static = static
        self._charged = context.coder.spent
        self.later: list[StaticArray] = []
        """Arrays whose values are static: `StaticArray.code` fills them in."""
        self.arrangement: Arrangement | None = None
        """Of the last array's slices, if their order is free."""
        self._is_dense = False
        """Whether the last array was sent byte by byte, without a mask."""

    def code(
        self, field: Field, array: Array | None, freedom: Freedom | None = None, number: int = 0
    ) -> Array:
        """An array; if values are static, without them; if the order of its slices is free, in canonical order.

        Args:
            field: its name, type and shape.
            array: to encode, its elements in the arrangement that is sent.
            freedom: to encode, how its slices are free.
            number: to encode, that of the arrangement.
        """
        context = self._context
        self.arrangement = None
        if field.size == 0:
            return np.zeros(field.shape, dtype=field.dtype)
        if context.choose("empty", None if array is None else not nonzero_mask(array).any()):
            self._charge(field, "header")
            return np.zeros(field.shape, dtype=field.dtype)
        freedom = self._code_freedom(field, freedom, array is not None)
        key = TrialKey(field.name, freedom, number)
        if not self._can_be_scaled(field):
            coded = self._code_elements(field, array, key)
        else:
            scaled = None if array is None else self._find_scaling(array, key)
            if context.choose("scaled", None if array is None else scaled is not None):
                coded = self._code_scaled(field, scaled, key)
            else:
                coded = self._code_elements(field, array, key)
        if freedom is not None:
            coded, self.arrangement = settle(coded, freedom)
            context.spend(len(live_slices(np.moveaxis(coded, freedom.axis, 0))))
            self._charges.save(field.name, self.arrangement.bits)
            if not self._is_dense:
                context.outputs = output_counts(nonzero_mask(coded))
        return coded

    def go_on(self, coder: Coder) -> None:
        """Code the arrays that follow with another coder."""
        self._context.coder = coder
        self._charged = coder.spent

    def _code_freedom(self, field: Field, freedom: Freedom | None, encodes: bool) -> Freedom | None:
        """Whether the order of an array's slices is free; then along which axis, and whether their signs are."""
        context = self._context
        if not context.free_orders or not can_be_free(field.shape):
            return None
        if not context.choose("free order", freedom is not None if encodes else None):
            return None
        axis = context.coder.bit(None if freedom is None else freedom.axis, _FIRST_AXIS_LEVEL)
        signs = can_change_sign(field.dtype) and bool(
            context.coder.bit(None if freedom is None else int(freedom.signs), _NO_SIGNS_LEVEL)
        )
        return Freedom(axis, signs)

    def _can_be_scaled(self, field: Field) -> bool:
        return self._context.float_models and field.dtype.kind == "f" and field.size > 1

    def _find_scaling(self, array: Array, key: TrialKey) -> ScaledCodes | None:
        """The codes and scales of an array that was planned to be sent so, if they suit its arrangement too."""
        if key.name not in self._context.scaled:
            return None
        find = find_scaling_or_levels if self._context.structures else find_scaling
        if key.freedom is not None:  # there are many arrangements, each of which takes memory
            return find(array)
        return self._context.remember((key, find), lambda: find(array))

    def _code_scaled(self, field: Field, scaled: ScaledCodes | None, key: TrialKey) -> Array:
        """An array of floats as whole numbers and scales, each of which is coded as an array."""
        scaling = code_scaling(self._context, field, None if scaled is None else scaled.scaling)
        self._charge(field, "header")
        scales = self._code_elements(
            Field(field.name, scale_type(field.dtype), (field.size // scaling.group,)),
            None if scaled is None else scaled.scales,
            replace(key, name=f"{field.name}\0scales"),
        )
        levels = None
        if scaling.levels:
            levels = self._code_elements(
                Field(field.name, scale_type(field.dtype), (scaling.levels,)),
                None if scaled is None else scaled.levels,
                replace(key, name=f"{field.name}\0levels"),
            )
        codes = self._code_elements(
            Field(field.name, CODES, field.shape),
            None if scaled is None else scaled.codes,
            replace(key, name=f"{field.name}\0codes"),
        )
        return checked_products(ScaledCodes(scaling, scales, codes.astype(CODES, copy=False), levels), field)

    def _code_elements(self, field: Field, array: Array | None, key: TrialKey) -> Array:
        """An array that is not empty: byte by byte, or by a codebook."""
        context = self._context
        mask = None if array is None else nonzero_mask(array)
        keys = None if array is None else keys_of(array[mask])
        entries = None if keys is None else np.unique(keys)
        form = None
        if array is not None and context.float_models:
            form = context.remember((key.name, "form"), lambda: byte_form(array))
            if context.structures and keys is not None and _FEW_A_VALUE * len(np.unique(keys)) <= len(keys):
                form = None  # a table of bytes takes more than is estimated for it
        is_raw = context.choose("raw", None if entries is None else self._is_raw(field, len(entries), form))
        is_sparse = False
        if is_raw and context.float_models:
            is_sparse = context.choose("sparse", None if form is None else form.sparse)
        self._is_dense = is_raw and not is_sparse
        self._charge(field, "header")
        if self._is_dense:
            coded = code_raw_bytes(context, array, field)
            self._charge(field, "values")
            return coded
        support = self._code_support(field, mask, key)
        coded = np.zeros(field.shape, dtype=field.dtype)
        if is_sparse:
            self._code_sparse(field, array, support.mask.reshape(field.shape), coded)
        else:
            self._code_quantized(field, coded, support, keys, entries, key)
        if len(field.shape) > 1:
            context.outputs = support.row_counts
        return coded

    def _code_support(self, field: Field, mask: Mask | None, key: TrialKey) -> Support:
        view = view_of(field.shape, self._context)
        self._charge(field, "header")
        if self._context.structures:
            support = code_structured_support(self._context, key, mask, field.shape, view)
        else:
            seen = None if mask is None else mask.reshape(view.shape)
            support = code_support(self._context, key, seen, view)
        if support.places is None and not support.mask.any():
            raise CorruptMessage(
                f"array {field.name!r} should have non-zero elements, got none; get the message again"
            )
        self._charge(field, "pattern")
        return support

    def _code_sparse(self, field: Field, array: Array | None, inside: Mask, coded: Array) -> None:
        """The elements inside of a mask, byte by byte, into ``coded``."""
        part = Field(field.name, field.dtype, (int(np.count_nonzero(inside)),))
        elements = code_raw_bytes(self._context, None if array is None else array[inside], part)
        if not nonzero_mask(elements).all():
            raise CorruptMessage(
                f"array {field.name!r} holds zeros inside of its mask; get the message again"
            )
        coded[inside] = elements
        self._charge(field, "values")

    def _code_quantized(
        self,
        field: Field,
        coded: Array,
        support: Support,
        keys: Keys | None,
        entries: Keys | None,
        key: TrialKey,
    ) -> None:
        """The elements of a codebook, into ``coded``; static ones later."""
        context = self._context
        codebook = None if entries is None else Codebook(field.dtype, tuple(entries.tolist()))
        codebook = context.codebooks.code(context.coder, codebook, field.dtype)
        context.spend(len(codebook.keys))
        self._charge(field, "codebook")
        symbols = None if keys is None else np.searchsorted(codebook.key_array(), keys).astype(np.int32)
        if self._static:
            mask = support.mask.reshape(field.shape)
            table = code_table(context, symbols, support, len(codebook.keys))
            self.later.append(StaticArray(field.name, coded, mask, codebook, table, symbols))
            self._charge(field, "table")
        else:
            sides = (codebook.negatives, len(codebook.keys) - codebook.negatives)
            found = code_symbols(context, key, symbols, support, sides, partial(self._charge, field))
            if support.places is None:
                fill(coded, support.mask, codebook, found)
            else:
                coded.reshape(-1)[support.places] = codebook.values()[found]

    def _is_raw(self, field: Field, entries: int, form: ByteForm | None) -> bool:
        if form is not None:
            return form.raw
        if self._static:
            return entries > MAX_ENTRIES
        return entries > MAX_ENTRIES or entries > max(_RAW_ABOVE, field.size // 4)

    def _charge(self, field: Field, kind: str) -> None:
        """Charge what was spent since the last time."""
        self._charges.add(field.name, kind, self._context.coder.spent - self._charged)
        self._charged = self._context.coder.spent
