"""The section of a randomization study: Figure 1, and bits against randomization with the floor."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from netrazor.report.drawing import PERCENT
from netrazor.report.page import Item, Prose, Section
from netrazor.report.plot import Plot
from netrazor.report.table import Table
from netrazor.report.theme import LIGHT, MARKERS, RAMP
from netrazor.reproduction.randomize.summary import Lengths, Pruning, Series, Spread, Summary
from netrazor.units import kib_from_bits

FLOOR_MEANS = (
    "The floor is Theorem 6.1: whatever selection procedure has these expected train and test errors has an entropy "
    "of at least so many bits, and no prefix-free message for its outcome is shorter in expectation. Here means over "
    "seeds stand for the expectations, of the compressed network, with test labels randomized like the training "
    "labels. It says nothing about a single network's message, and nothing about how short another procedure with "
    "smaller entropy could be; a message far above it may hold much that is not memory of labels.",
)


def randomization_section(summary: Summary, prefix: str) -> Section:
    """Everything about one study; ``prefix`` begins the names of its files."""
    items: list[Item] = [
        Prose(_introduction(summary)),
        _figure_1(summary, "one_shot", prefix),
        _figure_1(summary, "tuned", prefix),
        _areas(summary, prefix),
        _half(summary, prefix),
    ]
    if summary.lengths:
        items += [_bits_by_level(summary, prefix), Prose(FLOOR_MEANS)]
    items += [_lengths(lengths, summary.levels, prefix) for lengths in summary.lengths]
    return Section(f"Randomized labels: {summary.study}", tuple(items))


def _introduction(summary: Summary) -> tuple[str, ...]:
    seeds = len(summary.train_error[0].values)
    worst = max(max(spread.values) for spread in summary.train_error)
    return (
        f"Networks of one architecture were trained on samples of {summary.n:,} examples in which each label was "
        f"drawn anew with the stated probability ({seeds} seeds; largest training error {worst:.2%}), then pruned to "
        "each sparsity: by magnitude alone, and with training under the masks (Section 8 of Zhou et al. 2018).",
        f"Command: {summary.command or 'not recorded'}. {summary.cores} cores, {summary.date}, "
        f"{summary.cpu_seconds / 60:.1f} CPU minutes.",
    )


def _figure_1(summary: Summary, kind: str, prefix: str) -> Plot:
    tuned = kind == "tuned"
    pruning: Pruning = getattr(summary, kind)

    def draw(axes: Sequence[Axes]) -> None:
        (ax,) = axes
        for curve, colour, marker in zip(
            summary.curves, _ramp(len(summary.levels)), MARKERS * 4, strict=False
        ):
            spreads: tuple[Spread, ...] = getattr(curve, kind)
            mean = np.array([spread.mean for spread in spreads])
            low, high = ([f(spread.values) for spread in spreads] for f in (min, max))
            ax.fill_between(summary.sparsities, low, high, color=colour, alpha=0.18, lw=0)
            ax.plot(summary.sparsities, mean, marker=marker, color=colour, label=f"{curve.level:.0%} random")
        if pruning.window is not None:
            ax.axvspan(*pruning.window, color=LIGHT["rule"], alpha=0.35, lw=0, zorder=0)
        ax.axhline(1 / summary.classes, color=LIGHT["muted"], ls=":", lw=1)
        ax.set_ylim(0, 1.03)
        ax.xaxis.set_major_formatter(PERCENT)
        ax.yaxis.set_major_formatter(PERCENT)
        ax.set_xlabel("weights that are zero")
        ax.set_ylabel("training accuracy")
        ax.legend(loc="lower left")

    way = "with training under the masks" if tuned else "by magnitude, no training after"
    return Plot(
        f"{prefix}figure-1-{'tuned' if tuned else 'one-shot'}",
        f"Figure 1: accuracy against sparsity, {way}",
        "Mean over seeds; bands from the least to the largest. Shaded: the sparsities over which areas are taken. "
        "Dotted: chance.",
        draw,
        height=3.5,
    )


def _ramp(lines: int) -> list[str]:
    """A colour for each of so many lines, from blue to red."""
    places = np.linspace(0, len(RAMP) - 1, max(2, lines)).round().astype(int)
    return [LIGHT[RAMP[place]] for place in places[:lines]]


def _areas(summary: Summary, prefix: str) -> Table:
    rows = []
    for level, *spreads in zip(
        summary.levels,
        *(_cells(p, len(summary.levels)) for p in (summary.one_shot, summary.tuned)),
        strict=True,
    ):
        rows.append((f"{level:.0%}", *spreads))
    notes = [
        f"{way}: {_verdict(pruning.area)}, over sparsities from {pruning.window[0]:.1%} to {pruning.window[1]:.1%}"
        for way, pruning in (("By magnitude", summary.one_shot), ("Tuned", summary.tuned))
        if pruning.area is not None and pruning.window is not None
    ]
    return Table(
        f"{prefix}areas",
        "Area under training accuracy, divided by the width of the window",
        ("random labels", "by magnitude", "tuned"),
        tuple(rows),
        ". ".join([*notes, "Mean ± standard deviation over seeds."]),
    )


def _cells(pruning: Pruning, levels: int) -> tuple[str, ...]:
    if pruning.area is None:
        return ("no window",) * levels
    return tuple(f"{s.mean:.4f} ± {s.deviation:.4f}" for s in pruning.area.levels)


def _verdict(series: Series) -> str:
    words = "monotone" if series.monotone else "not monotone"
    if len(series.levels[0].values) == 1:
        words += ", one seed"
    elif series.monotone:
        words += ", gaps beyond the sum of deviations" if series.separated else ", gaps within the spread"
        words += ", seeds of neighbouring levels apart" if series.apart else ""
    return words + (
        f", correlation with the level {series.correlation:.3f}" if series.correlation is not None else ""
    )


def _half(summary: Summary, prefix: str) -> Table:
    pairs = zip(summary.one_shot.loss_at_half, summary.tuned.loss_at_half, strict=True)
    rows = [
        (f"{level:.0%}", _points(shot), _points(tuned))
        for level, (shot, tuned) in zip(summary.levels, pairs, strict=False)
    ]
    return Table(
        f"{prefix}half",
        "Training accuracy lost at 50 % sparsity, points",
        ("random labels", "by magnitude", "tuned"),
        tuple(rows),
        "Mean over seeds, and the largest.",
    )


def _points(spread: Spread) -> str:
    return f"{100 * spread.mean:.2f} (at most {100 * max(spread.values):.2f})"


def _bits_by_level(summary: Summary, prefix: str) -> Plot:
    def draw(axes: Sequence[Axes]) -> None:
        (ax,) = axes
        for lengths, colour, marker in zip(
            summary.lengths, _ramp(len(summary.lengths)), MARKERS, strict=False
        ):
            for spread, level in zip(lengths.bits.levels, summary.levels, strict=True):
                ax.plot([level] * len(spread.values), _kib(spread.values), marker, color=colour, alpha=0.45)
            mean = [spread.mean for spread in lengths.bits.levels]
            ax.plot(
                summary.levels, _kib([s.mean for s in lengths.bits_at.levels]), color=colour, ls=":", lw=1.2
            )
            ax.plot(summary.levels, _kib(mean), color=colour, label=f"message, keeps {lengths.kept:.0%}")
            ax.plot(
                summary.levels,
                _kib(lengths.floor_bits),
                color=colour,
                ls="--",
                lw=1.2,
                label=f"floor (6.1), keeps {lengths.kept:.0%}",
            )
        ax.set_yscale("log")
        ax.set_ylim(bottom=_kib([16])[0])
        ax.yaxis.set_major_formatter("{x:g}")
        ax.xaxis.set_major_formatter(PERCENT)
        ax.set_xlabel("labels that are random")
        ax.set_ylabel("KiB")
        ax.legend(loc="lower right")

    return Plot(
        f"{prefix}bits-by-randomization",
        "Bits against randomization",
        "The shortest message that keeps a share of the training accuracy (marks: seeds; dotted: at exactly that "
        "share, between two messages), and Theorem 6.1's floor at "
        "its train and test error.",
        draw,
        height=3.4,
    )


def _kib(bits: Sequence[float]) -> list[float]:
    return [kib_from_bits(max(1.0, b)) for b in bits]


def _lengths(lengths: Lengths, levels: Sequence[float], prefix: str) -> Table:
    rows = tuple(
        (
            f"{level:.0%}",
            f"{kib_from_bits(bits.mean):.2f} ± {kib_from_bits(bits.deviation):.2f}",
            f"{kib_from_bits(exactly.mean):.2f} ± {kib_from_bits(exactly.deviation):.2f}",
            f"{nonzeros.mean:,.0f}",
            f"{train.mean:.2%}",
            f"{test.mean:.2%}",
            f"{kib_from_bits(floor):.3f}",
            f"{bits.mean / floor:,.0f}" if floor >= 1 else "-",
        )
        for level, bits, exactly, nonzeros, train, test, floor in zip(
            levels,
            lengths.bits.levels,
            lengths.bits_at.levels,
            lengths.nonzeros,
            lengths.train_error,
            lengths.test_error,
            lengths.floor_bits,
            strict=True,
        )
    )
    heads = (
        "random labels",
        "message, KiB",
        f"at exactly {lengths.kept:.0%}",
        "non-zeros",
        "train error",
        "test error",
        "floor, KiB",
        "message / floor",
    )
    return Table(
        f"{prefix}lengths-{100 * lengths.kept:.0f}",
        f"Shortest message that keeps {lengths.kept:.0%} of the training accuracy",
        heads,
        rows,
        f"Message: {_verdict(lengths.bits)}. At exactly {lengths.kept:.0%}, between it and the next "
        f"shorter one: {_verdict(lengths.bits_at)}. Mean ± standard deviation over seeds.",
    )
