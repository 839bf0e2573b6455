"""Roots from above: never below the root, close to it, and 1 where no sign was seen to change."""

import importlib

import numpy as np
import pytest

from netrazor import bounds
from netrazor.bounds._roots import root_from_above


def parabolas(root, noise=0.0):
    """Concave, falling functions with known roots; what is left of an exact 0 counts as above it."""

    def function(p, at):
        return (root[at] - p) * (1 + p) + noise, -1 - 2 * p + root[at]

    return function


def test_close_above_the_root():
    root = np.array([1e-9, 0.1, 0.5, 0.999999])
    found = root_from_above(parabolas(root), np.ones(4), root / 2)
    assert (found >= root).all()
    assert found == pytest.approx(root, rel=1e-11)


def test_from_the_left_of_the_root():
    root = np.array([0.3, 0.7])
    found = root_from_above(parabolas(root), np.array([0.1, 0.2]), np.zeros(2))
    assert (found >= root).all()
    assert found == pytest.approx(root, rel=1e-11)


def test_no_root_below_one():
    always = np.array([0.5, 0.5, 0.2])

    def positive(p, at):
        return np.where(at == 2, 0.2 - p, 1.0 + 0 * p), -np.ones_like(p)

    assert root_from_above(positive, always, always / 2) == pytest.approx([1.0, 1.0, 0.2], rel=1e-11)


def test_an_error_added_to_the_function_moves_the_root_up():
    root = np.array([0.4])
    found = root_from_above(parabolas(root, 1e-6), np.ones(1), np.zeros(1))
    assert found[0] == pytest.approx(0.4 + 1e-6 / 1.4, abs=1e-11)


def test_a_flat_slope_is_no_end():
    def step(p, at):
        return np.where(p < 0.25, 1.0, -1e-3), np.zeros_like(p)

    assert root_from_above(step, np.array([0.9]), np.array([0.1])) == pytest.approx([0.9])


def test_a_step_below_least_is_not_taken():
    seen = []

    def falling(p, at):
        seen.extend(p)
        return 0.3 - p, np.full_like(p, -1e-3)  # a slope so flat that steps go far too far

    assert root_from_above(falling, np.array([0.8]), np.array([0.2]))[0] >= 0.3
    assert min(seen) >= 0.2
    assert max(seen) < 1


def test_noise_that_never_settles_ends_with_the_best_point_seen():
    calls = []

    def noisy(p, at):
        calls.append(len(p))
        return 0.5 - p + 1e-6 * (-1) ** len(calls), -np.ones_like(p)

    found = root_from_above(noisy, np.ones(1), np.zeros(1))
    assert 0.5 - 2e-6 <= found[0] <= 0.5 + 2e-6
    assert len(calls) == 100


def test_points_that_are_done_are_asked_no_more():
    calls = []

    def function(p, at):
        calls.append(list(at))
        return np.array([0.3, 0.6])[at] - p, -np.ones_like(p)

    root_from_above(function, np.array([0.3 + 1e-14, 1.0]), np.zeros(2))
    assert len(calls) < 8
    assert calls[-1] != [0, 1]


def evaluations(monkeypatch, module, name, call):
    """How often ``call`` evaluates the function whose root it is after."""
    place, calls = importlib.import_module(f"netrazor.bounds.{module}"), []
    function = getattr(place, name)
    monkeypatch.setattr(place, name, lambda *args: calls.append(1) or function(*args))
    call()
    return len(calls)


@pytest.mark.parametrize(
    ("module", "name", "call", "most"),
    [
        ("preferent", "_log_ratio_above", lambda: bounds.preferent_compression(0, 60_000, 1e-9), 4),
        ("preferent", "_log_ratio_above", lambda: bounds.preferent_compression(1, 100), 5),
        ("preferent", "_log_ratio_above", lambda: bounds.preferent_compression(50, 100, 1e-9), 5),
        ("preferent", "_log_ratio_above", lambda: bounds.preferent_compression(99, 100, 1e-9), 6),
        ("preferent", "_log_ratio_above", lambda: bounds.preferent_compression(858, 60_000), 6),
        ("occam", "log_mass_above", lambda: bounds.occam(1, 100, 0), 4),
        ("occam", "log_mass_above", lambda: bounds.occam(50, 100, 100), 4),
        ("occam", "log_mass_above", lambda: bounds.occam(858, 60_000, 1e4), 3),
        ("divergence", "kl_below", lambda: bounds.kl_inverse(0.0, 1e-3), 2),
        ("divergence", "kl_below", lambda: bounds.kl_inverse(1e-6, 0.1), 3),
        ("divergence", "kl_below", lambda: bounds.kl_inverse(0.1, 1e-9), 5),
        ("divergence", "kl_below", lambda: bounds.kl_inverse(0.1, 3), 5),
        ("divergence", "kl_below", lambda: bounds.kl_inverse(0.99, 0.1), 2),
        ("memorization", "_memory_below", lambda: bounds.test_error_allowed(0, 100, 1000), 8),
        ("memorization", "_memory_below", lambda: bounds.test_error_allowed(0.5, 1, 1000), 11),
    ],
)
def test_steps_are_few(monkeypatch, module, name, call, most):
    # Start and slope take no part in what is certified; poor ones would only cost time.
    assert 1 < evaluations(monkeypatch, module, name, call) <= most


def test_steps_end_within_eight_resolutions_of_the_root():
    """A slope twice too steep halves the distance at each step, and the last step is four resolutions at most."""
    random = np.random.default_rng(0)
    inner, near_one = random.uniform(0.01, 0.99, 300), 1 - random.uniform(1, 2, 300) * 2.0**-13
    root = np.append(inner, near_one)

    def steep(p, at):
        return root[at] - p, np.full_like(p, -2.0)

    found = root_from_above(steep, np.ones(600), root / 2)
    excess = (found - root) / root
    assert (excess >= 0).all()
    assert 6 < (excess[:300] / (1 - inner)).max() * 2**42 < 8.01
    assert 8 < excess[300:].max() * 2**53 < 17
