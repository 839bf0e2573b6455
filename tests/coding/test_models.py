"""What the models must see, and what they must not."""

import math

import numpy as np
import pytest
from coding_samples import network

from netrazor import coding
from netrazor.coding.message import read
from netrazor.coding.quantizer_step import shortest_step


def pattern_bits(array: np.ndarray) -> int:
    return coding.ledger(coding.encode({"w": array})).bits_of("pattern")


def test_static_values_tell_what_the_theorem_needs() -> None:
    arrays = network()
    blob = coding.encode(arrays, values="static")
    for name, told in coding.static_values(blob).items():
        values = arrays[name][arrays[name] != 0]
        assert told.nonzeros == values.size
        assert set(values.tolist()) <= set(told.centers.tolist())
        assert (np.diff(told.centers) > 0).all()
        assert told.probabilities.sum() == pytest.approx(1)
    assert coding.static_values(coding.encode(arrays)) == {}


def test_static_values_cost_their_tables_and_nothing_more() -> None:
    """The stream of values is as long as the tables say, to within its end."""
    arrays = network(3)
    blob = coding.encode(arrays, values="static")
    ideal = 0.0
    for name, told in coding.static_values(blob).items():
        for value in arrays[name][arrays[name] != 0]:
            ideal -= np.log2(told.probabilities[np.searchsorted(told.centers, value)])
    assert ideal - 1e-3 <= coding.ledger(blob).bits_of("values") <= ideal + 3


def test_nothing_else_depends_on_static_values() -> None:
    """Exchange values under the same pattern and table: only the stream of values may change."""
    arrays = network(4)
    weights = arrays["fc.weight"]
    exchanged = dict(arrays)
    exchanged["fc.weight"] = weights.copy()
    places = np.flatnonzero(weights)
    exchanged["fc.weight"].flat[places] = np.random.default_rng(0).permutation(weights.flat[places])
    first, second = (coding.encode(a, values="static") for a in (arrays, exchanged))
    assert first != second
    fixed = (len(first) * 8 - coding.ledger(first).bits_of("values")) // 8 - 2
    assert first[:fixed] == second[:fixed]
    for kind in ("pattern", "codebook", "table", "header"):
        assert coding.ledger(first).bits_of(kind) == coding.ledger(second).bits_of(kind)


def test_structure_is_seen() -> None:
    rng = np.random.default_rng(0)
    scattered = (rng.random((60, 60)) < 0.1).astype(np.float32)
    ones = int(scattered.sum())
    columns = np.zeros((60, 60), np.float32)
    columns[:, :6] = rng.random((60, 6)) < 0.95
    assert pattern_bits(columns) < 0.5 * pattern_bits(scattered)
    density = ones / scattered.size
    entropy = scattered.size * (-density * np.log2(density) - (1 - density) * np.log2(1 - density))
    assert pattern_bits(scattered) < entropy + 24


def test_dead_units_cost_little() -> None:
    """Rows and columns that are empty at the end of their axis cost a few bits, not their share of the pattern."""
    live = (np.random.default_rng(1).random((20, 30)) < 0.2).astype(np.float32)
    wide = np.zeros((500, 800), np.float32)
    wide[:20, :30] = live
    assert pattern_bits(wide) < pattern_bits(live) + 40


@pytest.mark.parametrize("step", [0.0371, 0.1, 1 / 3, 2.0**-5])
def test_multiples_of_a_step_are_recognized(step: float) -> None:
    values = np.array([-3, -2, -1, 1, 2, 5], np.float32) * np.float32(step)
    assert shortest_step(values) == np.float32(step)
    bits = coding.ledger(coding.encode({"w": values})).bits_of("codebook")
    free = np.array([-0.7129, -0.4411, -0.1307, 0.1137, 0.3923, 0.8391], np.float32) ** 3
    assert bits < 60 < coding.ledger(coding.encode({"w": free})).bits_of("codebook")


def test_few_bits_of_mantissa_and_repeats_are_cheap() -> None:
    free = np.array([-0.7129, -0.4411, -0.1307, 0.1137, 0.3923, 0.8391], np.float32) ** 3
    short = (free.view(np.int32) & ~0xFFFF).view(np.float32)
    bits = {
        name: coding.ledger(coding.encode({"w": a})).bits_of("codebook")
        for name, a in {"f": free, "s": short}.items()
    }
    assert bits["s"] < bits["f"] - 6 * 14
    twice = coding.ledger(coding.encode({"a": free, "b": free}))
    again = sum(entry.bits for entry in twice.entries if (entry.array, entry.kind) == ("b", "codebook"))
    assert again <= 3


def test_the_ledger_has_known_kinds_and_every_array() -> None:
    ledger = coding.ledger(coding.encode(network(), values="static", side_information={"sigma": np.ones(1)}))
    assert {entry.kind for entry in ledger.entries} <= set(coding.KINDS)
    assert set(network()) <= {entry.array for entry in ledger.entries}
    assert all(entry.bits >= 0 for entry in ledger.entries)


def is_extended(arrays: dict[str, np.ndarray]) -> bool:
    return read(coding.encode(arrays), coding.Limits()).extended


def test_rows_and_columns_busy_independently_are_coded_by_their_totals() -> None:
    rng = np.random.default_rng(0)
    rows, columns = rng.gamma(0.5, 2, (150, 1)), rng.gamma(0.5, 2, 200)
    mask = rng.random((150, 200)) < np.clip(0.01 * rows * columns, 0, 0.9)
    density = mask.mean()
    entropy = mask.size * (-density * np.log2(density) - (1 - density) * np.log2(1 - density))
    assert is_extended({"w": mask})
    assert pattern_bits(mask) < 0.88 * entropy


def test_many_small_steps_are_smooth() -> None:
    steps = np.rint(np.random.default_rng(0).normal(0, 20, 2000)).astype(np.int16)
    values = coding.ledger(coding.encode({"w": steps})).bits_of("values", "table")
    entropy = 2000 * (math.log2(20) + math.log2(2 * math.pi * math.e) / 2)
    assert is_extended({"w": steps})
    assert values < 1.02 * entropy


def test_values_of_no_common_step_have_none() -> None:
    assert shortest_step(np.float32([1.0, 1.2345678, 1.7654321])) is None
    assert shortest_step(np.float32([0.75, 1.5, 2.25])) == 0.75


@pytest.mark.parametrize("values", [[7.59375, 30.359375], [3.0, 7.5], [1.0, 1.5]])
def test_a_step_is_found_where_there_is_one_among_all_floats(values: list[float]) -> None:
    """Of the first pair some real number is a step, and no float of their type."""
    steps = np.arange(1, 0x7C00, dtype=np.uint16).view(np.float16)
    small, large = np.float16(values)
    with np.errstate(over="ignore"):
        multiples = np.rint(np.float64(values)[:, None] / np.float64(steps))
        found = (np.float16(multiples) * steps == np.float16([[small], [large]])).all(axis=0)
    found &= (multiples[0] >= 1) & (multiples[0] <= 16)
    step = shortest_step(np.float16(values))
    assert (step is not None) == found.any()
    assert step is None or found[steps == np.float16(step)].all()
