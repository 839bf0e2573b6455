"""A hash of counters: numbers that look random, fixed by their position alone, the same on every machine."""

import numpy as np
from numpy.typing import NDArray


def hash_counters(counters: NDArray[np.uint64], stream: int) -> NDArray[np.uint64]:
    """A hash of each 64-bit counter: the finalizer of SplitMix64 (Steele et al. 2014), twice, by streams."""
    x: NDArray[np.uint64] = counters + np.uint64((0x9E3779B97F4A7C15 * (stream + 1)) % 2**64)
    for _ in range(2):
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        x = x ^ (x >> np.uint64(31))
    return x
