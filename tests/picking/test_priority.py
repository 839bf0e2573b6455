"""Priorities: a permutation that no data chose, the same for any number of examples."""

import numpy as np
import pytest

from netrazor.errors import InvalidArgument
from netrazor.picking.priority import in_order_of_priority, priorities, spent_positions

MASK = 2**64 - 1


def split_mix(seed: int, position: int) -> int:
    """SplitMix64 in whole numbers of Python."""

    def mixed(z: int) -> int:
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & MASK
        z = (z ^ z >> 27) * 0x94D049BB133111EB & MASK
        return z ^ z >> 31

    golden = 0x9E3779B97F4A7C15
    return mixed(mixed(seed * golden & MASK) + (position + 1) * golden & MASK)


def test_equal_to_the_same_in_whole_numbers() -> None:
    positions = np.array([0, 1, 2, 59_999, 2**40])
    for seed in (0, 1, 7):
        assert priorities(positions, seed).tolist() == [split_mix(seed, int(p)) for p in positions]


def test_published_first_values_of_the_generator_from_state_zero() -> None:
    # SplitMix64 from state 0: the first outputs as printed in many references.
    assert [f"{p:016x}" for p in priorities(np.arange(2), 0)] == ["e220a8397b1dcdaf", "6e789e6aa1b965f4"]


def test_a_permutation_that_does_not_depend_on_the_number_of_examples() -> None:
    order = in_order_of_priority(np.arange(1000))
    assert sorted(order) == list(range(1000))
    assert in_order_of_priority(np.arange(500)).tolist() == [p for p in order if p < 500]
    assert in_order_of_priority(np.arange(1000)[::-1].copy()).tolist() == order.tolist()


def test_spread_over_a_folder_sorted_by_class() -> None:
    first = in_order_of_priority(np.arange(60_000))[:6000] // 6000
    assert np.bincount(first, minlength=10).min() > 500, "the first tenth has about 600 of each class"


def test_spent_and_picked_are_ordered_independently() -> None:
    spent = set(spent_positions(1000, 100).tolist())
    assert 1 <= len(spent & set(in_order_of_priority(np.arange(1000))[:100].tolist())) <= 25


@pytest.mark.parametrize("number", [-1, 10, 11])
def test_spending_leaves_examples_to_count(number: int) -> None:
    with pytest.raises(InvalidArgument, match=r"spent: must be in 0 \.\. 9"):
        spent_positions(10, number)
