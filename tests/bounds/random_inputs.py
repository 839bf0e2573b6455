"""Random inputs for every bound, extremes included, each beside its exact check."""

from collections.abc import Callable
from dataclasses import dataclass

import exact_bounds as exact
import numpy as np

from netrazor import bounds


@dataclass(frozen=True)
class Case:
    """How to draw inputs, call the function on all of them, and check one of its values."""

    draw: Callable
    call: Callable
    check: Callable


def mixed(rng, count, draw, *extremes):
    """Random values, one in eight replaced by one of the extremes."""
    values = draw(rng, count)
    at = rng.random(count) < 1 / 8
    values[at] = rng.choice(np.array(extremes, dtype=values.dtype), at.sum())
    return values


def log_uniform(low, high):
    """Values whose logarithm is uniform."""
    return lambda rng, count: np.exp(rng.uniform(np.log(low), np.log(high), count))


def deltas(rng, count):
    """Failure probabilities from 1e-12 to 1/2."""
    return mixed(rng, count, log_uniform(1e-12, 0.5), 1e-12, 0.5)


def sizes(rng, count, least=8):
    """Numbers of examples from ``least`` to 1e8."""
    return np.floor(mixed(rng, count, log_uniform(least, 1e8), float(least), 1e8))


def counts_of_errors(rng, n):
    """Errors out of n: none, all, one short of either, a share of any size."""
    kind = rng.integers(0, 8, len(n))
    share = np.where(rng.random(len(n)) < 0.5, rng.random(len(n)), np.exp(-rng.exponential(4, len(n))))
    some = np.floor(share * (n + 1))
    errors = np.select([kind == i for i in range(4)], [0 * n, n, np.minimum(1, n), n - 1], some)
    return np.clip(errors, 0, n)


def nats(rng, count):
    """Divergences from 0 to 1e9."""
    return mixed(rng, count, log_uniform(1e-6, 1e9), 0.0, 1e9)


def units(rng, count):
    """Fractions: near 0, near 1 and between, the ends included."""
    low, high = log_uniform(1e-300, 1.0)(rng, count), 1 - log_uniform(1e-15, 1.0)(rng, count)
    kind = rng.integers(0, 4, count)
    values = np.select([kind == 0, kind == 1], [low, high], rng.random(count))
    return mixed(rng, count, lambda *_: values, 0.0, 1.0)


def _sample(rng, count, least=8):
    n = sizes(rng, count, least)
    errors = counts_of_errors(rng, n)
    return {"errors": errors, "n": n, "kl_nats": nats(rng, count), "delta": deltas(rng, count)}


def _commensurate(rng, count, least=8):
    """The same with divergences of the order of n, where the bounds are not vacuous."""
    rows = _sample(rng, count, least)
    usual = rng.random(count) < 0.75
    rows["kl_nats"] = np.where(usual, rows["n"] * log_uniform(1e-7, 2.0)(rng, count), rows["kl_nats"])
    return rows


def _with(draw, **more):
    def drawn(rng, count):
        rows = draw(rng, count)
        return rows | {name: make(rng, count) for name, make in more.items()}

    return drawn


def _alphas(rng, count):
    return 1 + log_uniform(1e-6, 1.0)(rng, count)


def _risk(rows):
    return rows["errors"] / rows["n"]


def _draw_perturbation(rng, count):
    rows = []
    for _ in range(count):
        size = int(rng.integers(1, 9))
        centers = np.sort(rng.normal(size=size)) * 10 ** rng.uniform(-3, 1)
        probabilities = rng.dirichlet(np.full(size, rng.choice([0.3, 1.0, 10.0]))) + 1e-12
        sigma = np.abs(centers).max() * 10 ** rng.uniform(-2, 0.3)
        lam = sigma * 10 ** rng.uniform(-0.5, 1)
        rows.append((rng.choice(centers), sigma, centers, probabilities / probabilities.sum(), lam))
    return rows


def _draw_values(rng, count):
    rows = []
    for _ in range(count):
        size, spread = int(rng.integers(2, 40)), 10 ** rng.uniform(-6, 0)
        rows.append((np.clip(rng.random() + spread * rng.normal(size=size), 0, 1), float(deltas(rng, 1)[0])))
    return rows


def columns(rows):
    """Rows of a table of arrays, with whole numbers as integers."""
    for row in zip(*rows.values(), strict=True):
        named = dict(zip(rows, row, strict=True))
        yield {
            name: int(value) if name in ("errors", "size", "n", "count", "j") else float(value)
            for name, value in named.items()
        }


def run(case, rng, count):
    """Understated values and the largest excess among ``count`` random inputs."""
    rows = case.draw(rng, count)
    values = np.atleast_1d(case.call(rows))
    listed = columns(rows) if isinstance(rows, dict) else rows
    understated, largest = 0, 0.0
    for value, row in zip(values, listed, strict=True):
        named = isinstance(row, dict)
        under, excess = case.check(float(value), **row) if named else case.check(float(value), *row)
        understated += bool(under)
        largest = max(largest, excess)
    return understated, largest


def _check_perturbation(value, w, sigma, centers, probabilities, lam):
    true = exact.perturbation(w, sigma, centers, probabilities, lam)
    return value < true, float(value - true)


def _draw_noise(rng, count):
    n = sizes(rng, count, 2)
    total = np.where(rng.random(count) < 0.5, counts_of_errors(rng, n), n * units(rng, count))
    return {"total": total, "count": n, "variance": units(rng, count), "delta": deltas(rng, count)}


def _draw_picked(rng, count):
    n = sizes(rng, count, 1)
    delta = np.where(rng.random(count) < 1 / 8, rng.uniform(0.5, 1 - 1e-6, count), deltas(rng, count))
    return {"size": counts_of_errors(rng, n), "n": n, "delta": delta}


CASES = {
    "kl_inverse": Case(
        lambda rng, count: {
            "q": units(rng, count),
            "c": mixed(rng, count, log_uniform(1e-18, 1e9), 0.0, 1e9),
        },
        lambda r: bounds.kl_inverse(r["q"], r["c"]),
        exact.kl_inverse,
    ),
    "maurer": Case(
        _commensurate, lambda r: bounds.maurer(_risk(r), r["kl_nats"], r["n"], r["delta"]), exact.maurer
    ),
    "mcallester": Case(
        _commensurate,
        lambda r: bounds.mcallester(_risk(r), r["kl_nats"], r["n"], r["delta"]),
        exact.mcallester,
    ),
    "dr17": Case(
        _with(_commensurate, j=lambda rng, count: np.floor(log_uniform(1, 1e4)(rng, count))),
        lambda r: bounds.dr17(_risk(r), r["kl_nats"], r["n"], r["delta"], grid_index=r["j"]),
        exact.dr17,
    ),
    "catoni_at": Case(
        _with(_commensurate, alpha=_alphas, lam=lambda rng, count: 1 + log_uniform(1e-9, 1e10)(rng, count)),
        lambda r: bounds.catoni_at(_risk(r), r["kl_nats"], r["n"], r["lam"], r["delta"], r["alpha"]),
        exact.catoni_at,
    ),
    "catoni": Case(
        _with(_commensurate, alpha=_alphas),
        lambda r: bounds.catoni(_risk(r), r["kl_nats"], r["n"], r["delta"], r["alpha"]),
        exact.catoni,
    ),
    "occam": Case(
        lambda rng, count: _bits(_commensurate(rng, count, 1)),
        lambda r: bounds.occam(r["errors"], r["n"], r["code_bits"], r["delta"]),
        exact.occam,
    ),
    "clopper_pearson": Case(
        lambda rng, count: {k: v for k, v in _sample(rng, count, 1).items() if k != "kl_nats"},
        lambda r: bounds.clopper_pearson(r["errors"], r["n"], r["delta"]),
        lambda value, errors, n, delta: exact.occam(value, errors, n, 0, delta),
    ),
    "preferent_compression": Case(
        _draw_picked,
        lambda r: bounds.preferent_compression(r["size"], r["n"], r["delta"]),
        exact.preferent_compression,
    ),
    "kl_chernoff": Case(
        lambda rng, count: {k: v for k, v in _draw_noise(rng, count).items() if k != "variance"},
        lambda r: bounds.kl_chernoff(r["total"] / r["count"], r["count"], r["delta"]),
        exact.kl_chernoff,
    ),
    "empirical_bernstein": Case(
        _draw_noise,
        lambda r: bounds.empirical_bernstein(r["total"] / r["count"], r["variance"], r["count"], r["delta"]),
        exact.empirical_bernstein,
    ),
    "mean_upper": Case(
        _draw_values,
        lambda rows: [bounds.mean_upper(values, delta) for values, delta in rows],
        exact.mean_upper_bernstein,
    ),
    "perturbation_kl": Case(
        _draw_perturbation, lambda rows: [bounds.perturbation_kl(*row) for row in rows], _check_perturbation
    ),
    "memorization_floor": Case(
        lambda rng, count: {"a": units(rng, count), "b": units(rng, count), "n": sizes(rng, count)},
        lambda r: bounds.memorization_floor(r["a"], r["b"], r["n"]),
        exact.memorization_floor,
    ),
    "memorized_bits": Case(
        lambda rng, count: {"a": units(rng, count), "b": units(rng, count), "n": sizes(rng, count)},
        lambda r: bounds.memorized_bits(r["a"], r["b"], r["n"]),
        exact.memorized_bits,
    ),
    "test_error_allowed": Case(
        lambda rng, count: {k: v for k, v in _bits(_commensurate(rng, count)).items() if k != "delta"},
        lambda r: bounds.test_error_allowed(_risk(r), r["code_bits"], r["n"]),
        lambda value, errors, n, code_bits: exact.test_error_allowed(value, errors, code_bits, n),
    ),
}


def _bits(rows):
    rows["code_bits"] = rows.pop("kl_nats") / np.log(2)
    return rows
