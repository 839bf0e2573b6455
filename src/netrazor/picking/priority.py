"""The order in which examples are preferred: by a hash of their position, which no data chose.

The hash is that of the declared order of spending: SplitMix64, a permutation of the 64-bit numbers. So two positions
never tie, and the hash of a position does not depend on how many there are.
"""

import numpy as np
from numpy.typing import NDArray

from netrazor.certification.spending import hash_positions

Positions = NDArray[np.int64]


def in_order_of_priority(positions: Positions) -> Positions:
    """``positions``, the lowest hash first."""
    return positions[np.argsort(hash_positions(positions), kind="stable")]
