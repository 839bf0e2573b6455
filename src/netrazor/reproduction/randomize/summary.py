"""From the records of a study to its figures: Figure 1, and bits against randomization."""

from collections.abc import Sequence
from itertools import pairwise
from statistics import fmean, stdev
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from netrazor import bounds
from netrazor.errors import ConfigurationError
from netrazor.reproduction.randomize.study_records import Risk, RunRecord

ABOVE_CHANCE = 0.10  # Figure 1's window: where any curve lies between chance + 10 points
NEARLY_ALL = 0.95  # and this accuracy
HALF = 0.5  # the sparsity that the paper says costs nothing


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Spread(_Record):
    """A figure over the seeds of one level: all values, their mean and their standard deviation."""

    values: tuple[float, ...]
    mean: float
    deviation: float

    @classmethod
    def of(cls, values: Sequence[float]) -> "Spread":
        """The spread of ``values``; that of a single one is 0."""
        return cls(
            values=tuple(values), mean=fmean(values), deviation=stdev(values) if len(values) > 1 else 0.0
        )


class Series(_Record):
    """One figure at each level.

    Attributes:
        levels: one spread for each level, in order.
        monotone: whether the means go only one way, the one that the paper says.
        separated: whether, besides, each gap between neighbouring means exceeds the sum of the two standard
            deviations; of one seed it is not said.
        apart: whether, besides, no value of one level reaches those of its neighbours.
        correlation: of the values with the level (Pearson), over all seeds.
    """

    levels: tuple[Spread, ...]
    monotone: bool
    separated: bool
    apart: bool
    correlation: float | None


class Curve(_Record):
    """Train accuracy over sparsity at one level: a spread for each sparsity of the grid."""

    level: Risk
    one_shot: tuple[Spread, ...]
    tuned: tuple[Spread, ...]


class Pruning(_Record):
    """Figure 1 as numbers, for one way of pruning.

    Attributes:
        window: the least and the largest sparsity at which any level's mean accuracy lies between chance plus 10
            points and 95 %; None where there are not two such sparsities.
        area: under accuracy over the window, divided by its width: the mean accuracy there. Falls.
        loss_at_half: accuracy of the dense network less that at 50 % sparsity.
    """

    window: tuple[float, float] | None
    area: Series | None
    loss_at_half: tuple[Spread, ...]


class Lengths(_Record):
    """The shortest messages that keep a share of the train accuracy, and the floor of Theorem 6.1.

    Attributes:
        kept: that share.
        bits: of the messages. Rises.
        bits_at: the same at exactly that share, between two messages: free of the steps between sparsities.
        nonzeros: of the networks in them.
        train_error: of the decoded networks.
        test_error: of the decoded networks, on test labels from the same process.
        floor_bits: Theorem 6.1 at the mean train and test error of each level, rounded down.
    """

    kept: Risk
    bits: Series
    bits_at: Series
    nonzeros: tuple[Spread, ...]
    train_error: tuple[Spread, ...]
    test_error: tuple[Spread, ...]
    floor_bits: tuple[float, ...]


class Summary(_Record):
    """A study, done.

    Attributes:
        study: its name.
        configuration: all of it.
        command: that made it.
        cores: of the machine, as far as this process might use them.
        date: UTC, ISO 8601.
        n: size of each training sample.
        classes: number of classes.
        cpu_seconds: over all runs.
        sparsities: of the grid.
        levels: of randomization.
        train_error: of the dense networks.
        test_error: of the dense networks, on test labels from the same process.
        curves: Figure 1.
        one_shot: Figure 1's numbers for pruning alone.
        tuned: the same for pruning with training under the masks.
        lengths: for each share kept.
        runs: the records all this was computed from.
    """

    format: Literal["netrazor-randomize-1"] = "netrazor-randomize-1"
    study: str
    configuration: dict[str, Any]
    command: str
    cores: int
    date: str
    n: Annotated[int, Field(ge=1)]
    classes: Annotated[int, Field(ge=2)]
    cpu_seconds: float
    sparsities: tuple[float, ...]
    levels: tuple[Risk, ...]
    train_error: tuple[Spread, ...]
    test_error: tuple[Spread, ...]
    curves: tuple[Curve, ...]
    one_shot: Pruning
    tuned: Pruning
    lengths: tuple[Lengths, ...]
    runs: tuple[RunRecord, ...]


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
