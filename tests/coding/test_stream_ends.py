"""The end of a stream as whole words and bits behind them; a reader that does not count bits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from netrazor.coding.coder import occurrences
from netrazor.coding.range_coder import Reader, Writer, _add_carry

WORDS = st.lists(st.sampled_from([0, 1, 7, 2**32 - 2, 2**32 - 1]), min_size=1, max_size=6)


@given(WORDS, st.sampled_from([-1, 0, 1]))
def test_a_carry_goes_as_far_as_in_one_number(numbers: list[int], carry: int) -> None:
    def joined(words: list[int]) -> int:
        return sum(word << 32 * place for place, word in enumerate(reversed(words)))

    if not 0 <= joined(numbers) + carry < 2 ** (32 * len(numbers)):
        return
    words = np.array(numbers, dtype=np.uint32)
    _add_carry(words, carry)
    assert joined(words.tolist()) == joined(numbers) + carry


def test_a_reader_that_is_not_metered_reads_the_same() -> None:
    table, symbols = np.array([3, 1]), np.array([0, 0, 1, 0], dtype=np.int32)
    writer = Writer()
    writer.symbols(symbols, table, 4)
    stream = writer.sealed()[0]
    metered, free = Reader(stream), Reader(stream, metered=False)
    for reader in (metered, free):
        assert np.array_equal(reader.symbols(None, table, 4), symbols)
    assert free.spent == 0
    assert metered.spent == pytest.approx(float(occurrences(symbols, 2) @ np.log2(4 / table)))
    assert free.end() == metered.end()
