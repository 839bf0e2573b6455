"""Bad input gets an error that names the argument, what is allowed and what was got."""

import numpy as np
import pytest

from netrazor import bounds
from netrazor.bounds import NoisyLayer
from netrazor.bounds import _arguments as arguments
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
        (
            lambda: bounds.choose_lambda(NoisyLayer([1.0], [1, 2], 1, [1.0], [1.0]), [1.0]),
            "values and counts: ",
        ),
        (
            lambda: bounds.choose_lambda(NoisyLayer([], [], 1, [1.0], [1.0]), [1.0]),
            "values and counts: ",
        ),
        (lambda: bounds.choose_lambda(NoisyLayer([1.0], [1], 1, [1.0], [1.0]), []), "lams: "),
        (
            lambda: bounds.choose_lambda(NoisyLayer([1.0], [1], [1, 2], [1.0], [1.0]), [1.0]),
            "sigma: must be one number",
        ),
    ],
)
def test_errors_name_the_argument(call, message):
    with pytest.raises(InvalidArgument, match=message):
        call()


def test_whole_numbers_beyond_64_bits_are_numbers():
    assert bounds.occam(1, 10, 2**70) == 1.0
    assert bounds.occam([1, 2], 10, np.array([2**70, 3], dtype=object)).shape == (2,)


@pytest.mark.parametrize(
    ("domain", "inside", "outside"),
    [
        (arguments.at_least(3), [3, 4, 2**53], [2, 3.5, 2.0**53 + 2, -3]),
        (arguments.count_of(""), [0, 1, 2**53], [-1, 0.5, 2.0**53 + 2]),
        (arguments.PROBABILITY, [5e-324, 0.5, 1 - 2**-53], [0, 1, -0.5, 1.5]),
        (arguments.UNIT, [0, 0.5, 1], [-5e-324, 1 + 2**-52]),
        (arguments.NONNEGATIVE, [0, 5e-324, 1e308], [-5e-324, float("inf")]),
        (arguments.POSITIVE, [5e-324, 1e308], [0, -1, float("inf")]),
        (arguments.FINITE, [-1e308, 0, 1e308], [float("inf"), -float("inf")]),
        (arguments.ABOVE_ONE, [1 + 2**-52, 1e308], [1, 0.5, float("inf")]),
    ],
)
def test_domains_to_their_limits(domain, inside, outside):
    assert domain.check("x", inside).tolist() == inside
    for value in [*outside, float("nan")]:
        with pytest.raises(InvalidArgument, match=r"^x: must be "):
            domain.check("x", value)
        with pytest.raises(InvalidArgument, match=r"^x: must be "):
            domain.check("x", [inside[0], value])


def test_counts_up_to_n_inclusive():
    domain = arguments.count_of("count")
    arguments.check_within("k", np.array([0.0, 3.0]), np.array([3.0, 3.0]), domain)
    with pytest.raises(
        InvalidArgument, match="k: must be a whole number from 0 to n, got '5 with n = 4'; count"
    ):
        arguments.check_within("k", np.array([1.0, 5.0, 9.0]), np.array([4.0, 4.0, 4.0]), domain)


@pytest.mark.parametrize("value", [[True, 2**70], [2**70, 0.5], [], [None], "1", 1j, b"1", [2**70, "1"]])
def test_what_is_not_a_list_of_numbers(value):
    if value == []:
        assert arguments.UNIT.check("x", value).shape == (0,)
        assert arguments.UNIT.check("x", np.empty(0, np.float32)).dtype == np.float64
        with pytest.raises(InvalidArgument):
            arguments.UNIT.check("x", np.empty(0, object))
    else:
        with pytest.raises(InvalidArgument, match="x: must be in"):
            arguments.UNIT.check("x", value)


def test_integers_beyond_all_floats_are_infinite():
    free = arguments.Domain("anything", lambda x: x == x, "")
    assert free.check("x", [10**400, 2**70]).tolist() == [float("inf"), 2.0**70]


def test_the_error_shows_numbers_shortly_and_others_as_they_are():
    assert "got 35; pass" in str(arguments.UNIT.refusal("x", 35.0))
    assert "got 0.333333; pass" in str(arguments.UNIT.refusal("x", 1 / 3 + 1e-9))
    assert "got [1, 'a']; pass" in str(arguments.UNIT.refusal("x", [1, "a"]))


def test_numbers_become_a_float_and_lists_keep_their_shape():
    @arguments.elementwise(x=arguments.FINITE, y=arguments.FINITE)
    def difference(x, y, times=1):
        """What it does."""
        assert x.ndim == y.ndim == 1
        return (x - y) * times

    assert type(difference(3, 1)) is float
    assert difference(3, 1) == 2.0
    assert difference([[3], [4]], [1, 2, 3]).tolist() == [[2, 1, 0], [3, 2, 1]]
    assert difference(np.array(3), y=[1], times=5).tolist() == [10]
    assert difference.__doc__ == "What it does."
    with pytest.raises(
        InvalidArgument, match=r"x and y: shapes must broadcast to one shape, got x \(2,\), y \(3,\)"
    ):
        difference([1, 2], [1, 2, 3])
