"""Bad input gets an error that names the argument, what is allowed and what was got."""

import numpy as np
import pytest

from netrazor import bounds
from netrazor.errors import InvalidArgument


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: bounds.occam(3, 0, 10), r"n: must be a whole number from 1 to 2\^53, got 0"),
        (
            lambda: bounds.occam(11, 10, 10),
            "errors: must be a whole number from 0 to n, got '11 with n = 10'",
        ),
        (lambda: bounds.occam(1.5, 10, 10), "errors: .* got 1.5"),
        (lambda: bounds.occam(-1, 10, 10), "errors: .* got -1"),
        (lambda: bounds.occam(1, 10, -1), "code_bits: .* got -1"),
        (lambda: bounds.occam(1, 10, float("nan")), "code_bits: .* got nan"),
        (lambda: bounds.occam(1, 10, 10**400), "code_bits: .* got inf"),
        (lambda: bounds.occam(1, 10, 10, 0), r"delta: must be in the open interval \(0, 1\), got 0"),
        (lambda: bounds.occam(1, 10, 10, 1.0), "delta: .* got 1"),
        (lambda: bounds.maurer(35, 1, 100), "empirical_risk: must be in .* got 35; pass a fraction"),
        (lambda: bounds.maurer(0.1, -1, 100), "kl_nats: .* got -1"),
        (lambda: bounds.maurer(0.1, 1, 7), "n: must be a whole number from 8"),
        (lambda: bounds.catoni(0.1, float("inf"), 100), "kl_nats: .* got inf"),
        (lambda: bounds.catoni(0.1, 1, 100, alpha=1.0), "alpha: must be a finite number above 1, got 1"),
        (lambda: bounds.catoni_at(0.1, 1, 100, 0.5), "lam: .* got 0.5"),
        (lambda: bounds.catoni_over_alpha(0.1, 1, 100, alphas=()), "alphas: .* got none"),
        (lambda: bounds.dr17(0.1, 1, 100, grid_index=0), "grid_index: .* got 0"),
        (lambda: bounds.kl_inverse(2, 1), "q: .* got 2"),
        (lambda: bounds.kl_inverse("0.5", 1), "q: .* got '0.5'"),
        (lambda: bounds.kl_inverse(True, 1), "q: .* got True"),
        (lambda: bounds.kl_inverse([0.1, "x"], 1), "q: "),
        (lambda: bounds.kl_inverse([[0.1], [0.1, 0.2]], 1), "q: "),
        (lambda: bounds.kl_inverse(None, 1), "q: .* got None"),
        (
            lambda: bounds.kl_inverse([0.1, 0.2], [1, 2, 3]),
            r"q and c: shapes must broadcast .* q \(2,\), c \(3,\)",
        ),
        (lambda: bounds.kl_chernoff(0.5, 0, 0.1), "count: "),
        (lambda: bounds.empirical_bernstein(0.5, 0.1, 1, 0.1), "count: "),
        (lambda: bounds.mean_upper([0.5], 0.1), "values: must be at least 2 for empirical-bernstein, got 1"),
        (lambda: bounds.mean_upper([0.5, 1.5], 0.1), "values: .* got 1.5"),
        (lambda: bounds.mean_upper([0.5, 0.5], 0.1, "student"), "estimator: .* got 'student'"),
        (lambda: bounds.memorization_floor(-0.1, 0.5, 10), "train_error: "),
        (lambda: bounds.test_error_allowed(0.1, -5, 10), "code_bits: "),
        (lambda: bounds.outcome(1.5, 10), "bound: "),
        (lambda: bounds.outcome(0.5, 1), "classes: "),
        (
            lambda: bounds.perturbation_kl(0.1, 0, [0.1], [1.0], 1),
            "sigma: must be a finite number above 0, got 0",
        ),
        (lambda: bounds.perturbation_kl(0.1, 1, [0.1, 0.2], [1.0], 1), "centers and probabilities: "),
        (lambda: bounds.perturbation_kl(0.1, 1, [0.1, 0.2], [0.9, 0.2], 1), "probabilities: .* got 1.1"),
        (lambda: bounds.perturbation_kl(0.1, 1, [0.1], [0.0], 1), "probabilities: .* got 0"),
        (lambda: bounds.perturbation_kl(1.0, 1e-12, [1.0], [1.0], 1), "sigma: must be at least"),
        (lambda: bounds.choose_lambda([1.0], [1, 2], 1, [1.0], [1.0], [1.0]), "values and counts: "),
        (lambda: bounds.choose_lambda([], [], 1, [1.0], [1.0], [1.0]), "values and counts: "),
        (lambda: bounds.choose_lambda([1.0], [1], 1, [1.0], [1.0], []), "lams: "),
        (lambda: bounds.choose_lambda([1.0], [1], [1, 2], [1.0], [1.0], [1.0]), "sigma: must be one number"),
    ],
)
def test_errors_name_the_argument(call, message):
    with pytest.raises(InvalidArgument, match=message):
        call()


def test_whole_numbers_beyond_64_bits_are_numbers():
    assert bounds.occam(1, 10, 2**70) == 1.0
    assert bounds.occam([1, 2], 10, np.array([2**70, 3], dtype=object)).shape == (2,)
