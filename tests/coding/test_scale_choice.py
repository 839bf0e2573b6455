"""Weights of few values with a scale for each row, or each 16 of a row, are sent as codes and scales."""

import numpy as np
import pytest

from netrazor import coding


@pytest.mark.parametrize(("levels", "bits"), [((-1, 1), 1.0), ((-1, 0, 1), np.log2(3))])
def test_a_scale_for_each_row_of_signs_or_of_three_levels(levels: tuple[int, ...], bits: float) -> None:
    rng = np.random.default_rng(0)
    scales = rng.uniform(0.02, 0.08, (128, 1)).astype(np.float32)
    array = rng.choice(levels, (128, 784)).astype(np.float32) * scales
    message = coding.encode({"weight": array})
    assert 8 * len(message) < 1.05 * bits * array.size + 32 * len(array)
    assert coding.decode(message)["weight"].tobytes() == array.tobytes()


def test_a_scale_for_each_16_places_of_a_row() -> None:
    rng = np.random.default_rng(0)
    scales = rng.uniform(0.01, 0.02, (32, 49, 1)).astype(np.float32)
    array = (rng.integers(-7, 8, (32, 49, 16)).astype(np.float32) * scales).reshape(32, 784)
    message = coding.encode({"weight": array})
    assert 8 * len(message) < (np.log2(15) + 32 / 16) * array.size
    assert coding.decode(message)["weight"].tobytes() == array.tobytes()
