"""The three ends of a coder agree, streams end by themselves, lengths are exact."""

import math
import random

import numpy as np
import pytest

from netrazor.coding.coder import UNIFORM_LIMIT, Meter
from netrazor.coding.log_odds import COST_BITS, PROBABILITY, STEPS_PER_NAT, TOP_LEVEL, log
from netrazor.coding.range_coder import Reader, Writer


def calls(seed: int) -> list[tuple]:
    """Random decisions with levels and sizes of all kinds, the unlikely ones included."""
    chance = random.Random(seed)
    found: list[tuple] = []
    for _ in range(chance.choice([0, 1, 2, 5, 20, 100])):
        kind = chance.randrange(3)
        if kind == 0:
            level = chance.choice([-TOP_LEVEL, TOP_LEVEL, chance.randint(-TOP_LEVEL, TOP_LEVEL)])
            found.append(("bit", chance.randrange(2), level))
        elif kind == 1:
            size = chance.choice([1, 2, UNIFORM_LIMIT, chance.randint(1, UNIFORM_LIMIT)])
            found.append(("uniform", chance.choice([0, size - 1, chance.randrange(size)]), size))
        else:
            counts = np.array(
                [chance.randint(1, 2 ** chance.randrange(1, 30)) for _ in range(chance.randint(1, 40))]
            )
            symbols = np.array([chance.randrange(len(counts)) for _ in range(9)], np.int32)
            found.append(("symbols", symbols, counts, 9))
    return found


@pytest.mark.parametrize("seed", range(200))
def test_what_is_written_is_read_whatever_follows(seed: int) -> None:
    writer, meter = Writer(), Meter()
    for name, value, *model in calls(seed):
        getattr(writer, name)(value, *model)
        getattr(meter, name)(value, *model)
    stream, padding = writer.sealed()
    assert meter.spent == pytest.approx(writer.spent)
    assert (
        8 * len(stream) - padding <= math.ceil(1.0001 * writer.spent) + 3
    )  # one decision's rounding, two for the seal
    for tail in (b"", b"\0" * 9, b"\xff" * 9, random.Random(seed).randbytes(20)):
        reader = Reader(stream + tail)
        for name, value, *model in calls(seed):
            assert np.array_equal(getattr(reader, name)(None, *model), value)
        assert reader.end() == (len(stream), padding)


def test_many_decisions_are_written_in_parts() -> None:
    bits = np.random.default_rng(0).integers(0, 2, 70_000).tolist()
    writer = Writer()
    for bit in bits:
        writer.bit(bit, 0)
    stream, padding = writer.sealed()
    reader = Reader(stream)
    assert [reader.bit(None, 0) for _ in bits] == bits
    assert reader.end() == (len(stream), padding)


def test_probabilities_are_a_symmetric_exact_grid() -> None:
    assert len(PROBABILITY) == len(COST_BITS) == 2 * TOP_LEVEL + 1
    for level in range(-TOP_LEVEL, TOP_LEVEL + 1):
        share = PROBABILITY[TOP_LEVEL + level]
        assert share * 2**24 == int(share * 2**24)
        assert share + PROBABILITY[TOP_LEVEL - level] == 1
        assert share == pytest.approx(1 / (1 + math.exp(-level / STEPS_PER_NAT)), abs=2**-24)


def test_the_logarithm_is_close_enough() -> None:
    for x in np.geomspace(1e-6, 1e6, 999):
        assert log(x) == pytest.approx(math.log(x), abs=0.0021)
