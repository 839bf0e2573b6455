"""The whole number that, added to one score of two classes, leaves the fewest errors: of many scores at once."""

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]


def count_at_best_bias(
    scores: NDArray[np.float32], is_second: NDArray[np.bool_], grid: Integers
) -> tuple[Integers, Integers]:
    """The fewest errors of each column of scores, and the bias that makes them.

    A bias is high enough for an example of the second class from one whole number on, and too high for one of the
    first from another: how many of either are below each whole number is all there is to count.

    Args:
        scores: examples x columns, in steps of a bias; above zero is the second class, zero is wrong.
        is_second: of each example.
        grid: biases to choose from, rising.
    """
    low, columns = int(grid[0]), scores.shape[1]
    width = int(grid[-1]) - low + 1
    second = is_second[:, None]
    places = np.where(second, np.floor(-scores) + 1, np.ceil(-scores)) - low
    places = np.clip(places, 0, width).astype(np.int64) + np.arange(columns) * (width + 1)
    signs = np.broadcast_to(np.where(second, 1.0, -1.0), places.shape)
    gained = np.bincount(places.ravel(), signs.ravel(), columns * (width + 1))
    gained = gained.reshape(-1, width + 1)[:, :width].cumsum(1)[:, grid - low]
    best = gained.argmax(1)
    errors = second.sum() - gained[np.arange(len(best)), best]
    return errors.astype(np.int64), grid[best]
