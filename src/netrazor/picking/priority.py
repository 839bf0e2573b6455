"""The order in which examples are preferred: by a hash of their position, which no data chose.

The hash is SplitMix64 (Steele, Lea, Flood 2014): a counter times the golden ratio, mixed by a permutation of the
64-bit numbers. So two positions never tie, and the hash of a position does not depend on how many there are.
"""

import numpy as np
from numpy.typing import NDArray

from netrazor.errors import InvalidArgument

Positions = NDArray[np.int64]
Priorities = NDArray[np.uint64]

PICKING_SEED = 0  # declared: the same for every certificate
SPENDING_SEED = 1  # of the order in which examples are spent

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX = ((30, np.uint64(0xBF58476D1CE4E5B9)), (27, np.uint64(0x94D049BB133111EB)))


def priorities(positions: Positions, seed: int = PICKING_SEED) -> Priorities:
    """The priority of each position, the lowest first: SplitMix64 started at a hash of ``seed``, advanced so far."""
    start = _mixed(np.array([seed], dtype=np.uint64) * _GOLDEN)
    return _mixed(start + (positions.astype(np.uint64) + np.uint64(1)) * _GOLDEN)


def in_order_of_priority(positions: Positions, seed: int = PICKING_SEED) -> Positions:
    """``positions``, the lowest priority first."""
    return positions[np.argsort(priorities(positions, seed), kind="stable")]


def spent_positions(n: int, number: int) -> Positions:
    """The ``number`` examples of ``n`` that are spent: first in the declared pseudo-random order of positions.

    Raises:
        InvalidArgument: a number below 0, or one that leaves no example to count.
    """
    if not 0 <= number <= n or (number == n and n > 0):
        raise InvalidArgument(
            f"spent: must be in 0 .. {n - 1}, so that examples are left to count, got {number}; spend fewer"
        )
    return in_order_of_priority(np.arange(n, dtype=np.int64), SPENDING_SEED)[:number]


def _mixed(state: Priorities) -> Priorities:
    for shift, factor in _MIX:
        state = (state ^ (state >> np.uint64(shift))) * factor
    mixed: Priorities = state ^ (state >> np.uint64(31))
    return mixed
