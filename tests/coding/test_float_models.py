"""Models for floats: whole numbers times scales, and bytes of the non-zero elements; both to the bit."""

import lzma

import numpy as np
import pytest
from coding_samples import floats
from hypothesis import given, settings
from hypothesis import strategies as st
from test_corrupt_content import Answers

from netrazor import coding
from netrazor.coding.array_coder import ArrayCoder
from netrazor.coding.bit_account import IdealBits
from netrazor.coding.free_order import canonical_order
from netrazor.coding.header import Header, code_header
from netrazor.coding.message import read
from netrazor.coding.message_context import MessageContext
from netrazor.coding.range_coder import Writer
from netrazor.coding.raw_bytes import rotated_bits, turned_back
from netrazor.coding.scale_search import find_scaling, scaled_by
from netrazor.coding.scaled_codes import ScaledCodes, Scaling, checked_products, code_scaling, products
from netrazor.coding.schema import Field
from netrazor.coding.structure_plans import find_cuts
from netrazor.errors import CorruptMessage

LIMITS = coding.Limits()
FLOAT32 = np.dtype("float32")


def quantized(rows: int, places: int, most: int, dtype: str, seed: int = 0) -> np.ndarray:
    """Whole numbers up to ``most`` times a scale for each row, rounded as an array of this type comes."""
    rng = np.random.default_rng(seed)
    codes = np.clip(np.rint(rng.normal(0, most / 3, (rows, places))), -most, most)
    scales = rng.random((rows, 1)).astype(np.float64 if dtype == "float64" else np.float32) + 0.01
    found = codes.astype(scales.dtype) * scales
    if dtype != "bfloat16":
        return found.astype(dtype)
    bits = found.view(np.uint32)
    return ((bits + 0x7FFF + (bits >> 16 & 1)) & 0xFFFF0000).astype(np.uint32).view(np.float32)


def agree(array: np.ndarray) -> coding.message.Message:
    message = read(coding.encode({"w": array}), coding.Limits.for_arrays({"w": array}))
    assert message.arrays["w"].dtype == array.dtype
    assert message.arrays["w"].tobytes() == array.tobytes()
    assert message.ledger.bits == 8 * len(coding.encode({"w": array}))
    return message


@pytest.mark.parametrize(
    ("dtype", "most"),
    [("float32", 7), ("float32", 127), ("float64", 127), ("float16", 127), ("bfloat16", 7), ("bfloat16", 31)],
)
def test_scales_of_rows_are_found(dtype: str, most: int) -> None:
    array = quantized(40, 200, most, dtype)
    found = find_scaling(array)
    assert found is not None
    assert found.scaling.group == 200
    assert abs(found.codes).max(initial=0, where=found.codes > -(2**15)) <= most
    assert products(found, array.dtype).tobytes() == array.tobytes()
    assert agree(array).float_models


@settings(max_examples=40, deadline=None)
@given(
    st.integers(1, 9),
    st.sampled_from([2, 9, 64]),
    st.sampled_from([1, 7, 127, 2000]),
    st.sampled_from(["float32", "float16", "bfloat16", "float64"]),
    st.integers(0, 2**32),
)
def test_what_is_found_gives_every_bit(rows: int, places: int, most: int, dtype: str, seed: int) -> None:
    array = quantized(rows, places, most, dtype, seed)
    found = find_scaling(array)
    assert found is None or (products(found, array.dtype).tobytes() == array.tobytes())
    agree(array)


def test_groups_of_a_row_have_scales() -> None:
    array = quantized(64, 32, 7, "float32").reshape(8, 256)
    found = find_scaling(array)
    assert found is not None
    assert found.scaling.group == 32


def test_scaled_rows_may_stand_in_any_order() -> None:
    rows = quantized(24, 40, 15, "float32", 3)
    rows = rows[canonical_order(rows + 0)] + 0  # without minus zeros
    after = quantized(6, 24, 15, "float32", 4) + 0
    arrays = {"first": rows, "second": after}
    message = read(coding.encode(arrays), coding.Limits.for_arrays(arrays))
    assert (message.free_orders, message.float_models) == (True, True)
    assert all(message.arrays[name].tobytes() == array.tobytes() for name, array in arrays.items())


def test_groups_of_a_row_do_not_outlast_another_order_of_columns() -> None:
    wide = quantized(32, 32, 7, "float32", 5).reshape(4, 256) + 0
    columns = wide[:, canonical_order(np.ascontiguousarray(wide.T))]
    arrays = {"w": columns, "v": np.rint(np.random.default_rng(0).normal(0, 9, (3, 500))).astype(np.int8)}
    found = coding.decode(coding.encode(arrays), limits=coding.Limits.for_arrays(arrays))
    assert found["w"].tobytes() == columns.tobytes()


def test_what_is_no_multiple_has_none() -> None:
    rng = np.random.default_rng(0)
    assert find_scaling(rng.normal(0, 1, (30, 70)).astype(np.float32)) is None
    assert find_scaling(np.zeros((0, 3), np.float32)) is None
    assert find_scaling(np.float32([1.0])) is None


@pytest.mark.parametrize("dtype", ["float32", "float16", "float64"])
def test_turned_bits_turn_back(dtype: str) -> None:
    array = np.array([0.0, -0.0, 1.5, -2.5, np.finfo(dtype).max], dtype)
    assert turned_back(rotated_bits(array)).tobytes() == array.tobytes()
    assert rotated_bits(array)[1] == 1


@pytest.mark.parametrize("share", [0.05, 0.5])
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_pruned_floats_are_shorter_than_by_general_compressors(share: float, dtype: type) -> None:
    rng = np.random.default_rng(1)
    array = np.where(rng.random((300, 300)) < share, rng.normal(0, 0.1, (300, 300)), 0).astype(dtype)
    agree(array)
    assert len(coding.encode({"w": array})) < 0.93 * len(lzma.compress(array.tobytes(), preset=9))


def test_more_values_than_a_codebook_holds_behind_a_mask() -> None:
    rng = np.random.default_rng(2)
    array = np.where(rng.random(2**20) < 0.1, rng.normal(0, 0.1, 2**20), 0).astype(np.float32)
    assert agree(array.reshape(1024, 1024)).float_models
    assert len(coding.encode({"w": array})) < 2**20 / 8 * 3.3


def test_static_values_have_no_models_for_floats() -> None:
    array = quantized(40, 200, 127, "float32")
    message = coding.encode({"w": array}, values="static")
    assert not read(message, coding.Limits.for_arrays({"w": array})).float_models
    with pytest.raises(CorruptMessage, match="exclude each other"):
        code_header(Writer(), Header(False, 0, True, False, float_models=True))


@pytest.mark.parametrize("group", [0, 1, 5])
def test_groups_that_do_not_divide_the_array_are_refused(group: int) -> None:
    size = (group + 1).bit_length()
    number = [*[1] * (size - 1), *([0] if size < 4 else [])]
    rest = [] if size == 1 else [group + 1 - (1 << size - 1)]
    context = MessageContext(Answers(0, 0, *number, *rest), LIMITS, True, float_models=True)
    with pytest.raises(CorruptMessage, match=f"groups of {group} elements for 8"):
        code_scaling(context, Field("w", FLOAT32, (4, 2)), None)


@pytest.mark.parametrize("scale", [0.0, 1e-45, 3e38])
def test_scales_that_make_elements_zero_or_infinite_are_refused(scale: float) -> None:
    codes, field = np.array([[1, 2000]], np.int16), Field("w", np.dtype("float16"), (1, 2))
    with pytest.raises(CorruptMessage, match="zero or infinite"):
        checked_products(ScaledCodes(Scaling(2, 0), np.array([scale], np.float32), codes), field)


def test_zeros_inside_of_a_mask_are_refused() -> None:
    context = MessageContext(Answers(np.zeros(2), *[np.zeros(2)] * 3), LIMITS, True, float_models=True)
    context.coder.bit = lambda bit, level: 0  # type: ignore[method-assign]
    context.coder.uniform = lambda value, size: size - 1  # type: ignore[method-assign]
    coder, field = ArrayCoder(context, IdealBits(), False), Field("w", FLOAT32, (2,))
    with pytest.raises(CorruptMessage, match="zeros inside of its mask"):
        coder._code_sparse(field, None, np.ones(2, np.bool_), np.zeros(2, np.float32))


def test_which_arrays_have_a_scale_for_each_group_of_a_row() -> None:
    arrays = floats()
    unknown = arrays["groups"].copy()
    unknown[0, 0] = np.nan
    others = {
        "whole": np.arange(64, dtype=np.int32).reshape(2, 32),
        "flat": arrays["groups"].reshape(-1),
        "one": np.ones((1, 1), np.float32),
        "unknown": unknown,
        "few": np.tile(np.float32([0.25, -0.5]), (4, 96)),
    }
    assert set(find_cuts({**arrays, **others})) == {"groups"}


def test_scales_that_do_not_give_every_bit_are_not_taken() -> None:
    array = np.array([[0.3, 0.6], [0.5, 1.0]], np.float32)
    exact = scaled_by(array, 2, np.array([array[0, 0], 0.5], np.float64))
    assert exact is not None
    assert exact.codes.tolist() == [[1, 2], [1, 2]]
    assert scaled_by(array, 2, np.array([0.3, 0.5])) is not None, "the nearest float is the same"
    assert scaled_by(array, 2, np.array([0.31, 0.5])) is None
    assert scaled_by(array, 2, np.array([np.nextafter(array[0, 0], np.float32(1)), 0.5], np.float64)) is None


def test_messages_without_them_are_as_before() -> None:
    rng = np.random.default_rng(3)
    array = rng.choice([0, 0.5, -0.25], (60, 60)).astype(np.float32)
    assert not agree(array).float_models
