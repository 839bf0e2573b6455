"""Content that a decoder meets and no encoder writes: each has an error of its own.

A coder of prepared answers stands for the message: what the models ask is answered in order, whatever they expect.
"""

from typing import Any

import numpy as np
import pytest

from netrazor import coding
from netrazor.coding.array_coder import ArrayCoder
from netrazor.coding.bit_account import IdealBits
from netrazor.coding.codebook import Codebook, CodebookModel
from netrazor.coding.coder import Counts, Meter, Symbols
from netrazor.coding.integer_codes import code_below, code_number
from netrazor.coding.margin_totals import code_by_totals
from netrazor.coding.message_context import MessageContext
from netrazor.coding.raw_bytes import code_raw_bytes
from netrazor.coding.schema import Field, code_schema
from netrazor.coding.support import Support
from netrazor.coding.value_coder import code_symbols
from netrazor.errors import CorruptMessage, UnsupportedModel

LIMITS = coding.Limits()
FLOAT32, INT8 = np.dtype("float32"), np.dtype("int8")


class Answers:
    """Answers in the order in which they are asked for; a number below 1 is no question."""

    spent = 0.0

    def __init__(self, *answers: Any) -> None:
        self.left = list(answers)

    def bit(self, bit: int | None, level: int) -> int:
        return int(self.left.pop(0))

    def uniform(self, value: int | None, size: int) -> int:
        return int(self.left.pop(0)) if size > 1 else 0

    def symbols(self, values: Symbols | None, counts: Counts, number: int) -> Symbols:
        return np.asarray(self.left.pop(0), dtype=np.int32)


def context(*answers: Any) -> MessageContext:
    return MessageContext(Answers(*answers), LIMITS, extended=True)


def test_numbers_over_their_limit() -> None:
    with pytest.raises(CorruptMessage, match="65546, allowed is less than 65541"):
        code_below(Answers(1, 10), None, 2**16 + 5)
    with pytest.raises(CorruptMessage, match="6, allowed is less than 5"):
        code_number(Answers(1, 1, 3), None, 4)


def test_schemas() -> None:
    one_array, no_name = (1, 0, 0), (0,) * 8
    with pytest.raises(CorruptMessage, match="repeats a type"):
        code_schema(Answers(*one_array, *no_name, 0, 0), None, LIMITS, 0)
    with pytest.raises(CorruptMessage, match="UTF-8"):
        code_schema(Answers(*one_array, *(1,) * 8, *no_name, 1, 0), None, LIMITS, 0)
    with pytest.raises(CorruptMessage, match="no memory holds"):
        code_schema(Meter(), [Field("w", FLOAT32, (2**30, 2**30))], LIMITS, 0)
    with pytest.raises(CorruptMessage, match="two arrays alike"):
        code_schema(Meter(), [Field("w", FLOAT32, (1,))] * 2, LIMITS, 0)


def test_names_that_are_no_text_are_refused() -> None:
    with pytest.raises(UnsupportedModel, match="UTF-8"):
        coding.encode({"\udc80": np.ones(1)})


def test_steps_of_codebooks() -> None:
    step_bits, down_by_all, up_by_all, no_mantissa = (
        (0,),
        (1, 0, *(1,) * 6, 63),
        (1, 1, *(1,) * 6, 63),
        (0, 0),
    )
    with pytest.raises(CorruptMessage, match="step of a codebook is zero"):
        CodebookModel().code(Answers(1, *step_bits, *down_by_all, *no_mantissa), None, FLOAT32)
    no_multiples, three_multiples = (0, 1), (0, 1, 1, 0, 0, 1)
    answers = Answers(1, *step_bits, *up_by_all, *no_mantissa, *no_multiples, *three_multiples)
    with pytest.raises(CorruptMessage, match="not finite"):
        CodebookModel().code(answers, None, FLOAT32)


def test_lists_of_codebooks() -> None:
    with pytest.raises(CorruptMessage, match="more, or larger, entries"):
        CodebookModel().code(Answers(0, 0, 1, 0, 0, *(1,) * 7, 1), None, INT8)
    with pytest.raises(CorruptMessage, match="not a sorted list"):
        CodebookModel().code(Meter(), Codebook(INT8, ()), INT8)


@pytest.mark.parametrize("answers", [(1, 1), (0,)], ids=["up", "as before"])
def test_exponents_of_a_wider_type(answers: tuple[int, ...]) -> None:
    """The exponent sent before may be one that a narrower type does not have."""
    model = CodebookModel()
    model.code(Meter(), Codebook(np.dtype("float64"), (2046 << 52,)), np.dtype("float64"))
    with pytest.raises(CorruptMessage, match="exponent of a codebook is out of range"):
        model._code_magnitude(Answers(*answers), None, 0, FLOAT32)


def test_raw_bytes() -> None:
    flat_table = 4
    with pytest.raises(CorruptMessage, match="neither true nor false"):
        code_raw_bytes(context(flat_table, [2]), None, Field("w", np.dtype("bool"), (1,)))
    with pytest.raises(CorruptMessage, match="not finite"):
        code_raw_bytes(
            context(flat_table, [0], flat_table, [0x7C]), None, Field("w", np.dtype("float16"), (1,))
        )


def test_a_mask_without_elements() -> None:
    not_empty, not_raw, blocks, no_ones = 0, 0, 1, 0
    coder = ArrayCoder(context(not_empty, not_raw, blocks, no_ones), IdealBits(), False)
    with pytest.raises(CorruptMessage, match="should have non-zero elements"):
        coder.code(Field("w", INT8, (2,)), None)


def test_totals_that_fit_no_mask() -> None:
    two, none = (1, 1), (0,)
    with pytest.raises(CorruptMessage, match="a column of 2 elements should have 4 ones"):
        code_by_totals(Answers(*two, *two, *none), None, (2, 2), None, lambda _: None)
    rows, columns = (1, 1, *(1, 0, 0) * 3), (1, 1, 0, 1, 1)  # 3, 1, 1, 1 and 3, 3, 0
    with pytest.raises(CorruptMessage, match="fit no mask"):
        code_by_totals(Answers(*rows, *columns), None, (4, 3), None, lambda _: None)


def test_a_codebook_too_large_for_mixed_values() -> None:
    mask = np.ones(3, dtype=np.bool_)
    with pytest.raises(CorruptMessage, match="too large for its model of values"):
        code_symbols(context(1), "w", None, Support(mask, mask, None), (200, 100), lambda kind: None)
