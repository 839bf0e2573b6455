"""The binomial mass and the series of the tail: against exact numbers, and where the series is cut off."""

import importlib
import math

import mpmath as mp
import numpy as np
import pytest

binomial = importlib.import_module("netrazor.bounds._binomial")


def series(k: int, n: int, p: float, *more: tuple[int, int, float]) -> list[tuple[float, int]]:
    columns = zip((k, n, p), *more, strict=True)
    total, factors = binomial._series(*(np.array(column, dtype=float) for column in columns))
    return list(zip(total.tolist(), factors.astype(int).tolist(), strict=True))


def terms(k: int, n: int, p: float) -> list:
    """The products of the series in 40 digits, as many as are not zero."""
    with mp.workdps(40):
        odds, found = (1 - mp.mpf(p)) / mp.mpf(p), [mp.mpf(1)]
        for m in range(k):
            found.append(found[-1] * (k - m) / (n - k + 1 + m) * odds)
        return found


@pytest.mark.parametrize("x", [*range(1, 41), 1000, 10**9])
def test_stirlings_correction(x: int) -> None:
    with mp.workdps(50):
        exact = mp.loggamma(x + 1) - mp.log(2 * mp.pi * x) / 2 - x * mp.log(x) + x
    (found,) = binomial._stirling(np.array([float(x)]))
    assert found == pytest.approx(float(exact), rel=2e-15 if x >= 16 else 1e-10, abs=1e-14 if x < 16 else 0)


@pytest.mark.parametrize(
    ("k", "n", "p"),
    [(1, 2, 0.5), (3, 100, 0.1), (3, 100, 0.01), (40, 100, 0.5), (300, 1000, 0.31), (300, 1000, 0.2)],
)
def test_the_series_is_the_tail_over_the_mass(k: int, n: int, p: float) -> None:
    ((total, _),) = series(k, n, p)
    assert total == pytest.approx(float(sum(terms(k, n, p))), rel=1e-14)


def test_what_is_cut_off_is_replaced_by_the_geometric_series_above_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(binomial, "_LONGEST", 17)
    k, n, p = 3000, 10_000, 0.301
    every = terms(k, n, p)
    ((total, factors),) = series(k, n, p)
    assert factors == 16 + 64
    ratio = every[80] / every[79]
    above = sum(every[:81]) + every[80] * ratio / (1 - ratio)
    assert total == pytest.approx(float(above), rel=1e-13)
    assert sum(every) < total
    monkeypatch.setattr(binomial, "_LONGEST", 16)
    assert series(k, n, p)[0][1] == 16
    assert series(90, 100, 0.1) == [(math.inf, 16)]  # where the factors do not fall yet, nothing is known


@pytest.mark.parametrize(
    ("k", "n", "p"), [(5, 10, 0.5), (400, 1000, 0.5), (400, 1000, 0.3), (3000, 10_000, 0.301)]
)
def test_the_series_ends_where_the_rest_is_negligible(k: int, n: int, p: float) -> None:
    """By whole blocks, which grow four times each."""
    every = [*map(float, terms(k, n, p)), *[0.0] * 4000]
    done, width = 16, 16
    while True:
        ratio = every[done] / every[done - 1] if every[done - 1] else 0.0
        if ratio < 1 and every[done] * ratio / (1 - ratio) <= 2.0**-50 * sum(every[: done + 1]):
            break
        width *= 4
        done += width
    assert series(k, n, p)[0][1] == done


def test_blocks_share_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = series(3000, 10_000, 0.301)
    monkeypatch.setattr(binomial, "_BLOCK", 100)
    three = series(3000, 10_000, 0.301, (3000, 10_000, 0.301), (1, 10, 0.9))
    assert three[2][1] == 16  # done after the first block; the other two go on in blocks of 50
    assert three[0] == three[1]
    assert (three[0][1] - 16) % 50 == 0
    assert three[0][0] == pytest.approx(alone[0][0], rel=1e-14)


@pytest.mark.parametrize(
    ("k", "n", "p"), [(1, 2, 0.9), (3, 100, 0.1), (50, 100, 0.5), (99, 100, 0.999), (10**6, 10**7, 0.1001)]
)
def test_the_mass_is_rounded_up_and_close(k: int, n: int, p: float) -> None:
    with mp.workdps(60):
        choose = mp.loggamma(n + 1) - mp.loggamma(k + 1) - mp.loggamma(n - k + 1)
        exact = choose + k * mp.log(mp.mpf(p)) + (n - k) * mp.log(1 - mp.mpf(p))
    (found,), (tail,) = binomial.log_mass_above(*(np.array([float(x)]) for x in (k, n, p)))
    _, factors = series(k, n, p)[0]
    hits, misses = abs(k * math.log(n * p / k)), abs((n - k) * math.log(n * (1 - p) / (n - k)))
    error = 2.0**-53 * (8 * max(n * p, k) + 16 * (hits + misses) + 4 * factors + 2048)
    assert mp.mpf(found) - exact >= 0
    assert float(mp.mpf(found) - exact) == pytest.approx(error, rel=0.3)
    assert tail == series(k, n, p)[0][0]
