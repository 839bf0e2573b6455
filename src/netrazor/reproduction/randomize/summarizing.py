"""From the records of a study's runs to its summary: areas under curves, shortest messages, spreads over seeds."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from netrazor import bounds
from netrazor.errors import ConfigurationError
from netrazor.reproduction.randomize.study_records import RunRecord
from netrazor.reproduction.randomize.summary import Curve, Lengths, Pruning, Series, Spread, Summary

ABOVE_CHANCE = 0.10  # Figure 1's window: where any curve lies between chance + 10 points
NEARLY_ALL = 0.95  # and this accuracy
HALF = 0.5  # the sparsity that the paper says costs nothing


def summarize(
    runs: Sequence[RunRecord],
    configuration: dict[str, Any],
    kept: Sequence[float],
    *,
    command: str,
    cores: int,
    date: str,
) -> Summary:
    """The figures of a study from all its records: the same seeds and sparsities at every level.

    Raises:
        ConfigurationError: no records, or records that do not make a whole.
    """
    if len({(run.digest, run.n, run.classes) for run in runs}) != 1:
        raise ConfigurationError("runs: must be of one study, got none or several; give one study's folder")
    by_level: dict[float, list[RunRecord]] = {}
    for run in sorted(runs, key=lambda run: (run.level, run.seed)):
        by_level.setdefault(run.level, []).append(run)
    if len({tuple(run.seed for run in group) for group in by_level.values()}) != 1:
        raise ConfigurationError("runs: every level must have the same seeds; finish the study first")
    levels, groups = tuple(by_level), tuple(by_level.values())
    sparsities = tuple(p.sparsity for p in groups[0][0].points if not p.refined)
    curves = tuple(_curve(level, group) for level, group in by_level.items())
    chance = 1 / runs[0].classes
    return Summary(
        study=runs[0].study,
        configuration=configuration,
        command=command,
        cores=cores,
        date=date,
        n=runs[0].n,
        classes=runs[0].classes,
        cpu_seconds=round(sum(run.cpu_seconds for run in runs), 1),
        sparsities=sparsities,
        levels=levels,
        train_error=tuple(Spread.of([run.train_error for run in group]) for group in groups),
        test_error=tuple(Spread.of([run.test_error for run in group]) for group in groups),
        curves=curves,
        one_shot=_pruning(levels, sparsities, [c.one_shot for c in curves], groups, chance),
        tuned=_pruning(levels, sparsities, [c.tuned for c in curves], groups, chance),
        lengths=tuple(found for share in kept if (found := _lengths(share, levels, groups)) is not None),
        runs=tuple(run for group in groups for run in group),
    )


def _curve(level: float, group: Sequence[RunRecord]) -> Curve:
    grids = [[p for p in run.points if not p.refined] for run in group]
    return Curve(
        level=level,
        one_shot=tuple(
            Spread.of([1 - p.one_shot_error for p in points]) for points in zip(*grids, strict=True)
        ),
        tuned=tuple(Spread.of([1 - p.tuned_error for p in points]) for points in zip(*grids, strict=True)),
    )


def _pruning(
    levels: Sequence[float],
    sparsities: Sequence[float],
    curves: Sequence[Sequence[Spread]],
    groups: Sequence[Sequence[RunRecord]],
    chance: float,
) -> Pruning:
    half = sparsities.index(HALF) if HALF in sparsities else None
    losses = (
        ()
        if half is None
        else tuple(
            Spread.of(
                [1 - run.train_error - kept for run, kept in zip(group, curve[half].values, strict=True)]
            )
            for group, curve in zip(groups, curves, strict=True)
        )
    )
    inside = [
        s
        for at, s in enumerate(sparsities)
        if any(chance + ABOVE_CHANCE < curve[at].mean < NEARLY_ALL for curve in curves)
    ]
    if len(inside) < 2:
        return Pruning(window=None, area=None, loss_at_half=losses)
    window = (min(inside), max(inside))
    areas = [_areas(sparsities, curve, window) for curve in curves]
    return Pruning(window=window, area=_series(levels, areas, rising=False), loss_at_half=losses)


def _areas(sparsities: Sequence[float], curve: Sequence[Spread], window: tuple[float, float]) -> list[float]:
    """For each seed, the trapezoid under accuracy over the window, divided by its width."""
    at = [i for i, s in enumerate(sparsities) if window[0] <= s <= window[1]]
    x = np.array([sparsities[i] for i in at])
    y = np.array([curve[i].values for i in at])
    area = ((y[1:] + y[:-1]) / 2 * np.diff(x)[:, None]).sum(0)
    return [float(a) for a in area / (x[-1] - x[0])]


def _lengths(share: float, levels: Sequence[float], groups: Sequence[Sequence[RunRecord]]) -> Lengths | None:
    """None where some network keeps the share at no sparsity."""
    found = [[run.shortest(share) for run in group] for group in groups]
    if any(message is None for group in found for message in group):
        return None
    messages = [[message for message in group if message is not None] for group in found]
    train = tuple(Spread.of([m.train_error for m in group]) for group in messages)
    test = tuple(Spread.of([m.test_error for m in group]) for group in messages)
    n = groups[0][0].n
    return Lengths(
        kept=share,
        bits=_series(levels, [[float(m.bits) for m in group] for group in messages], rising=True),
        bits_at=_series(
            levels, [[run.bits_at(share) or 0.0 for run in group] for group in groups], rising=True
        ),
        nonzeros=tuple(Spread.of([float(m.nonzeros) for m in group]) for group in messages),
        train_error=train,
        test_error=test,
        floor_bits=tuple(
            max(0.0, float(bounds.memorized_bits(a.mean, b.mean, n)))
            for a, b in zip(train, test, strict=True)
        ),
    )


def _series(levels: Sequence[float], values: Sequence[Sequence[float]], *, rising: bool) -> Series:
    sign = 1 if rising else -1
    spreads = [Spread.of(group) for group in values]
    gaps = [
        (
            sign * (b.mean - a.mean),
            a.deviation + b.deviation,
            min(sign * v for v in b.values) - max(sign * v for v in a.values),
        )
        for a, b in pairwise(spreads)
    ]
    several = all(len(group) > 1 for group in values)
    x = np.repeat(levels, [len(group) for group in values])
    y = np.concatenate([np.asarray(group) for group in values])
    varies = len(levels) > 1 and float(y.std()) > 0
    return Series(
        levels=tuple(spreads),
        monotone=all(gap > 0 for gap, _, _ in gaps),
        separated=several and all(gap > spread for gap, spread, _ in gaps),
        apart=several and all(between > 0 for _, _, between in gaps),
        correlation=float(np.corrcoef(x, y)[0, 1]) if varies else None,
    )
