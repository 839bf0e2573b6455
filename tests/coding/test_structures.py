"""Masks of tiles and of groups, and arrays of levels: to the bit, near to the entropy of their laws, read alike."""

from pathlib import Path

import numpy as np
import pytest
from structure_samples import (
    NF4,
    Sample,
    bytes_of_floats,
    four_bit_floats,
    quantiles,
    rounded,
    signed,
    tiled,
    two_in_four,
)
from test_corrupt_content import Answers
from test_reference import agree as reference_agrees

from netrazor import coding
from netrazor.coding.group_mask import code_group_mask
from netrazor.coding.header import code_header
from netrazor.coding.level_search import find_levels, find_scaling_or_levels
from netrazor.coding.message import Message, read
from netrazor.coding.scale_search import find_scaling
from netrazor.coding.scaled_codes import ScaledCodes, Scaling, checked_products
from netrazor.coding.schema import Field
from netrazor.coding.structure_plans import find_cuts
from netrazor.errors import CorruptMessage, UnsupportedMessage

FLOAT32 = np.dtype("float32")
PARTS = {"tiles", "groups", "levels"}


def read_alike(blob: bytes, arrays: dict[str, np.ndarray]) -> Message:
    """The message, whose arrays and bits are checked."""
    message = read(blob, coding.Limits.for_arrays(arrays))
    for name, array in arrays.items():
        assert (message.arrays[name].dtype, message.arrays[name].shape) == (array.dtype, array.shape)
        assert message.arrays[name].tobytes() == array.tobytes()
    assert message.ledger.bits == 8 * len(blob)
    return message


def models_of(blob: bytes) -> set[str]:
    """The new models that occur, as the reference reader has them, which must read the same arrays."""
    used: set[str] = set()
    reference_agrees(blob, used)
    return used & PARTS


@pytest.mark.parametrize(
    ("sample", "above", "models"),
    [
        (two_in_four((64, 256), 1), 0.012, {"groups"}),
        (two_in_four((64, 256), 0), 0.012, {"groups"}),
        (two_in_four((64, 258), None), 0.012, {"groups"}),
        (two_in_four((32, 32, 3, 3), 1), 0.02, {"groups"}),
        (tiled((128, 256), (1, 4), 0.1), 0.045, {"groups"}),
        (tiled((128, 256), (4, 1), 0.1), 0.045, {"groups"}),
        (tiled((256, 256), (16, 16), 0.2), 0.018, {"tiles"}),
        (tiled((128, 128), (4, 4), 0.2, 0.6), 0.035, {"tiles"}),
        (tiled((128, 128), (8, 8), 0.2, 0.8), 0.055, {"tiles"}),
        (tiled((125, 250), (4, 8), 0.2), 0.03, {"tiles"}),
        (tiled((125, 250), (4, 8), 0.2, 0.7), 0.03, {"tiles"}),
        (tiled((48, 32, 3, 3), (1, 1, 3, 3), 0.25), 0.04, set()),  # blocks of kernels do as well
        (tiled((48, 32, 3, 3), (1, 1, 3, 3), 0.25, 0.7), 0.03, set()),
        (tiled((48, 32, 3, 3), (8, 4, 3, 3), 0.25), 0.07, {"tiles"}),
        (tiled((48, 32, 3, 3), (8, 4, 3, 3), 0.25, 0.7), 0.07, {"tiles"}),
    ],
    ids=[
        *("2 in 4 of rows", "2 in 4 of columns", "2 in 4 in C order", "2 in 4 of inputs"),
        *("1 x 4", "4 x 1", "16 x 16", "4 x 4 with zeros", "8 x 8 with zeros", "4 x 8 cut off"),
        *("4 x 8 cut off, with zeros", "kernels", "kernels with zeros", "channels", "channels with zeros"),
    ],
)
def test_masks_take_about_the_entropy_of_their_law(sample: Sample, above: float, models: set[str]) -> None:
    blob = coding.encode({"w": sample.array})
    assert read_alike(blob, {"w": sample.array}).structures == bool(models)
    assert models_of(blob) == models
    assert 8 * len(blob) < (1 + above) * sample.least_bits


@pytest.mark.parametrize(
    ("group", "kind"),
    [
        (16, "float32"),
        (64, "float32"),
        (64, "float16"),
        (64, "bfloat16"),
        (512, "float32"),
        (512, "bfloat16"),
    ],
)
def test_quantiles_take_about_the_entropy_of_their_law(group: int, kind: str) -> None:
    sample = quantiles(32, 512, group, kind)
    blob = coding.encode({"w": sample.array})
    assert read_alike(blob, {"w": sample.array}).structures
    assert models_of(blob) == {"levels"}
    assert 8 * len(blob) < 1.045 * sample.least_bits


@pytest.mark.parametrize("kind", ["float32", "float16", "bfloat16"])
def test_floats_of_eight_bits_take_about_the_entropy_of_their_law(kind: str) -> None:
    sample = bytes_of_floats(32, 1024, kind)
    blob = coding.encode({"w": sample.array})
    assert read_alike(blob, {"w": sample.array}).structures
    assert 8 * len(blob) < 1.025 * sample.least_bits
    if kind == "float32":
        assert models_of(coding.encode({"w": sample.array[:4, :512]})) == {"levels"}


@pytest.mark.parametrize(("group", "columns", "kind"), [(16, 784, "float32"), (32, 768, "float16")])
def test_floats_of_four_bits_take_about_the_entropy_of_their_law(group: int, columns: int, kind: str) -> None:
    sample = four_bit_floats(96, columns, group, kind)
    blob = coding.encode({"w": sample.array})
    assert read_alike(blob, {"w": sample.array}).structures
    if kind == "float32":
        models_of(blob)
    assert 8 * len(blob) < 1.009 * sample.least_bits


@pytest.mark.parametrize("kind", ["float32", "float16", "float64"])
def test_what_has_no_levels_has_none(kind: str) -> None:
    rng = np.random.default_rng(0)
    assert find_levels(rng.standard_normal((64, 256)).astype(kind)) is None
    assert find_levels(np.zeros((4, 4), kind)) is None
    assert find_levels(np.ones(1, kind)) is None


@pytest.mark.parametrize("density", [0.02, 0.3, 0.9])
def test_random_masks_have_no_structure(density: float) -> None:
    rng = np.random.default_rng(1)
    arrays = {
        "matrix": signed(rng.random((64, 256)) < density, rng),
        "kernels": signed(rng.random((16, 8, 3, 3)) < density, rng).astype(np.float32),
    }
    assert not read_alike(coding.encode(arrays), arrays).structures


@pytest.mark.parametrize("record", ["mnist", "lenet5-mnist"])
def test_records_have_no_structure(record: str) -> None:
    path = Path(__file__).parents[2] / "certificates" / record / "network.nrz"
    arrays = coding.decode(path.read_bytes())
    assert not read_alike(coding.encode(arrays), arrays).structures


def test_which_arrays_another_order_of_columns_would_tear_apart() -> None:
    rng = np.random.default_rng(2)
    torn = {
        "tiles": tiled((64, 64), (4, 4), 0.2).array,
        "groups": two_in_four((64, 64), 1).array,
        "levels": quantiles(32, 256, 64, "float32").array,
    }
    others = {
        "rows of levels": quantiles(32, 256, 256, "float32").array,
        "rows of bytes": bytes_of_floats(32, 256, "float32").array,
        "random": signed(rng.random((64, 64)) < 0.2, rng),
        "normal": rng.standard_normal((64, 64)).astype(np.float32),
        "vector": tiled((4096,), (16,), 0.2).array,
    }
    assert set(find_cuts({**torn, **others})) == set(torn)


def test_columns_in_another_order_are_cut_otherwise() -> None:
    array = tiled((64, 64), (4, 4), 0.2).array
    mixed = array[:, np.random.default_rng(3).permutation(64)]
    assert find_cuts({"w": array}) == {"w": ("tiles", 4, 4)}
    assert not find_cuts({"w": array}).items() <= find_cuts({"w": mixed}).items()


def test_what_dead_channels_leave_is_no_tile() -> None:
    rng = np.random.default_rng(4)
    array = signed(rng.random((50, 80)) < 0.3, rng)
    array[rng.random(50) < 0.6], array[:, rng.random(80) < 0.7] = 0, 0
    assert find_cuts({"w": array}) == {}


def test_levels_of_floats_near_zero_are_found() -> None:
    rng = np.random.default_rng(0)
    scales = rng.random((1024, 1)).astype(np.float16).astype(np.float32)
    array = (NF4[rng.integers(0, 16, (1024, 16))] * scales).astype(np.float16)
    assert 0 < np.abs(array[array != 0]).min() < np.finfo(np.float16).tiny
    found = find_levels(array.reshape(64, 256))
    assert found is not None
    assert found.scaling == Scaling(16, 0, levels=15)


def test_levels_are_found_where_all_weights_are_multiples_of_a_last_place() -> None:
    rng = np.random.default_rng(6)
    scales = (0.5 + rng.random((32, 1))).astype(np.float32)
    array = rounded((NF4[rng.integers(0, 16, (32, 512))] * scales).astype(np.float32), "bfloat16")
    scaling = find_scaling(array)
    assert scaling is not None
    assert scaling.levels is None, "the last place is a scale as well"
    found = find_scaling_or_levels(array)
    assert found is not None
    assert found.levels is not None
    assert len(coding.encode({"w": array})) < 1.03 * (4 * array.size + 24 * len(array)) / 8


def test_scales_of_small_groups_in_a_small_array() -> None:
    sample = four_bit_floats(64, 784, 16)
    message = coding.encode({"w": sample.array})
    assert read_alike(message, {"w": sample.array}).structures
    assert 8 * len(message) < 1.03 * sample.least_bits


@pytest.mark.parametrize(("shape", "axis", "places"), [((4, 6), 1, 4), ((3, 3), 2, 2), ((), 0, 2)])
def test_groups_that_do_not_divide_a_mask_are_refused(shape: tuple[int, ...], axis: int, places: int) -> None:
    answers = Answers(*([axis] if shape else []), places - 2)
    with pytest.raises(CorruptMessage, match=f"groups of {places} places"):
        code_group_mask(answers, None, shape, None)


@pytest.mark.parametrize("code", [-1, 3])
def test_codes_of_no_level_are_refused(code: int) -> None:
    scaled = ScaledCodes(
        Scaling(2, 0, levels=2), np.ones(1, np.float32), np.int16([[1, code]]), np.float32([0.5, 1])
    )
    with pytest.raises(CorruptMessage, match="codes of no level"):
        checked_products(scaled, Field("w", FLOAT32, (1, 2)))


def test_levels_of_zero_are_refused_where_they_are_used() -> None:
    codes, levels = np.int16([[1, -(2**15)]]), np.float32([0.5, 0])
    scaled = ScaledCodes(Scaling(2, 0, levels=2), np.ones(1, np.float32), codes, levels)
    field = Field("w", FLOAT32, (1, 2))
    assert checked_products(scaled, field).tobytes() == np.float32([[0.5, -0.0]]).tobytes()
    codes[0, 1] = 2
    with pytest.raises(CorruptMessage, match="zero or infinite"):
        checked_products(scaled, field)


def test_the_bit_behind_structures_is_reserved() -> None:
    extended, more, float_models, structures, reserved = (1,) * 5
    with pytest.raises(UnsupportedMessage, match="later format"):
        code_header(Answers(extended, more, float_models, structures, reserved), None)
