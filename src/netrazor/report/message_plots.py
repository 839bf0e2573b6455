"""Plots of the message: where its bits are, its weights, and the noise that was tried on them."""

from collections.abc import Sequence
from math import ceil

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from netrazor.certification.noise_description import LAMBDA, SIGMA
from netrazor.certification.run_result import Histogram, Result
from netrazor.coding.message import Message
from netrazor.report.drawing import PERCENT, beside, repeated
from netrazor.report.plot import Plot
from netrazor.report.reading import CertifiedRun
from netrazor.report.theme import LIGHT, MARKERS, RAMP
from netrazor.units import BITS_PER_BYTE

# Kinds of bits, told apart by colour.
GROUPS = {
    "pattern": ("blue", ("pattern",)),
    "values": ("orange", ("values", "divergence")),
    "codebooks, tables": ("green", ("codebook", "table")),
    "schema, header, rest": ("muted", ("schema", "header", "framing", "side information")),
}


def ledger_plot(run: CertifiedRun, prefix: str) -> Plot:
    """Where the bits are: for each array, those in the file above those paid by the bound."""
    ledger = run.certificate.ledger
    arrays = [a for a in dict.fromkeys(line.array for line in ledger.lines) if _heaviest(run, a) > 0]

    def draw(axes: Sequence[Axes]) -> None:
        (ax,) = axes
        for row, array in enumerate(arrays):
            for offset, column in ((-0.2, "coded_bits"), (0.2, "charged_bits")):
                left = 0.0
                for colour, kinds in GROUPS.values():
                    lines = (line for line in ledger.lines if line.array == array and line.kind in kinds)
                    size = sum(getattr(line, column) for line in lines) / BITS_PER_BYTE
                    paid = column == "charged_bits"
                    ax.barh(row + offset, size, 0.36, left, color=LIGHT[colour], alpha=1 if paid else 0.5)
                    left += size
                beside(ax, f"{'paid' if paid else 'file'} {left:,.0f}", left, row + offset)
        ax.set_yticks(range(len(arrays)), [array or "(message)" for array in arrays])
        ax.invert_yaxis()
        ax.grid(axis="y", visible=False)
        ax.margins(x=0.16)
        ax.set_xlabel("bytes")
        handles = [ax.barh(0, 0, color=LIGHT[colour], label=name) for name, (colour, _) in GROUPS.items()]
        ax.figure.legend(handles=handles, loc="outside upper left", ncols=2)

    return Plot(
        f"{prefix}where-the-bits-are",
        "Where the bits are",
        "Bytes of the message by array and kind (upper bar, pale), and what of them the bound pays (lower bar).",
        draw,
        height=1.3 + 0.5 * max(1, len(arrays)),
    )


def _heaviest(run: CertifiedRun, array: str) -> float:
    ledger = run.certificate.ledger
    return max(ledger.coded_for(array), ledger.charged_for(array))


def weight_histograms(run: CertifiedRun, message: Message, prefix: str) -> Plot:
    """The non-zero values of each array of the message, a stem for each; behind them the weights before the cut."""
    arrays = {
        name: array
        for name, array in message.arrays.items()
        if name not in (LAMBDA, SIGMA) and array.dtype.kind == "f" and np.count_nonzero(array)
    }
    before = run.result.before if run.result is not None else {}
    rows = max(1, ceil(len(arrays) / 2))

    def draw(axes: Sequence[Axes]) -> None:
        for ax in axes[len(arrays) :]:
            ax.set_visible(False)
        for ax, (name, array) in zip(axes, arrays.items(), strict=False):
            values, counts = np.unique(array[array != 0], return_counts=True)
            if name in before:
                _mountain(ax, before[name], counts.max())
            ax.vlines(values, 0, counts, color=LIGHT["blue"], lw=2)
            ax.plot(values, counts, "o", color=LIGHT["blue"], ms=3)
            ax.axvline(0, color=LIGHT["muted"], lw=0.8)
            ax.set_ylim(0)
            ax.set_title(f"{name}\n{values.size} values, {counts.sum():,} of {array.size:,}", fontsize=10)
            ax.xaxis.set_major_locator(MaxNLocator(4))
            ax.yaxis.set_major_locator(MaxNLocator(3, integer=True))

    grey = " Grey: all weights of the layer before any was cut, scaled to the same height." if before else ""
    return Plot(
        f"{prefix}weights",
        "Weights, layer by layer, before and after" if before else "Weights, layer by layer",
        f"Non-zero values in the decoded message and how often each occurs; zeros are left out.{grey}",
        draw,
        height=1.45 * rows,
        grid=(rows, 2),
    )


def _mountain(ax: Axes, histogram: Histogram, height: float) -> None:
    """A histogram as a grey area as high as the stems."""
    edges = np.linspace(-histogram.reach, histogram.reach, len(histogram.counts) + 1)
    tops = np.array(histogram.counts) * height / max(histogram.counts)
    ax.stairs(tops, edges, fill=True, color=LIGHT["rule"])


def noise_trials(result: Result, prefix: str) -> Plot:
    """Risk of the noisy network, and what the noise saves, against how large it is: one array at a time."""
    arrays = list(dict.fromkeys(trial.array for trial in result.trials))

    def draw(axes: Sequence[Axes]) -> None:
        for array, colour, marker in zip(arrays, repeated(RAMP), repeated(MARKERS), strict=False):
            trials = [trial for trial in result.trials if trial.array == array]
            shares = [trial.share for trial in trials]
            saved = [trial.saved_bits / BITS_PER_BYTE for trial in trials]
            for ax, values in zip(axes, ([trial.risk for trial in trials], saved), strict=True):
                ax.plot(shares, values, marker=marker, color=LIGHT[colour], label=array)
        for ax in axes:
            ax.set_xscale("log")
            ax.set_xticks(sorted({trial.share for trial in result.trials}))
            ax.minorticks_off()
            ax.xaxis.set_major_formatter(PERCENT)
        axes[0].yaxis.set_major_formatter(PERCENT)
        axes[0].set_ylim(0)
        axes[0].set_ylabel("noisy risk")
        axes[1].set_ylabel("bytes saved")
        axes[1].set_xlabel("sigma, share of the range of magnitudes")
        if len(arrays) <= len(RAMP):
            axes[0].figure.legend(*axes[0].get_legend_handles_labels(), loc="outside upper left", ncols=2)

    return Plot(
        f"{prefix}noise-trials",
        "Risk of noisy networks",
        "Noise on one array alone, as the search for it saw it: the share of training examples that the noisy "
        "network gets wrong, and the bytes of values that need not be paid for.",
        draw,
        height=4.6,
        grid=(2, 1),
    )
