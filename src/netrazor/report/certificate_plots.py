"""The pictures of certified runs."""

from collections.abc import Sequence
from math import ceil

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, MaxNLocator

from netrazor import coding
from netrazor.certification import Certificate
from netrazor.certification.bounding import bound_claim
from netrazor.certification.noise_description import LAMBDA, SIGMA
from netrazor.pipeline.histogram import Histogram
from netrazor.pipeline.result import Result
from netrazor.report.plot import Plot
from netrazor.report.reading import CertifiedRun
from netrazor.report.theme import LIGHT, MARKERS, RAMP
from netrazor.units import BITS_PER_BYTE, kib_from_bits, percent_up

# Kinds of bits, told apart by colour.
GROUPS = {
    "pattern": ("blue", ("pattern",)),
    "values": ("orange", ("values", "divergence")),
    "codebooks, tables": ("green", ("codebook", "table")),
    "schema, header, rest": ("muted", ("schema", "header", "framing", "side information")),
}
CURVE_POINTS = 33
PERCENT = FuncFormatter(lambda value, _: f"{100 * value:g} %")


def ledger_picture(run: CertifiedRun, prefix: str) -> Plot:
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
                _beside(ax, f"{'paid' if paid else 'file'} {left:,.0f}", left, row + offset)
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


def bound_by_method(run: CertifiedRun, result: Result, prefix: str) -> Plot:
    """Every bound of the result file, the certified one among them."""
    rows = [*result.bounds.items(), ("certified, choice paid for", run.certificate.risk_bound)]
    rows.sort(key=lambda row: row[1])

    def draw(axes: Sequence[Axes]) -> None:
        (ax,) = axes
        for row, (name, bound) in enumerate(rows):
            certified = name.startswith("certified")
            ax.barh(row, bound, 0.6, color=LIGHT["blue" if certified else "muted"])
            _beside(ax, percent_up(bound), bound, row)
        ax.set_yticks(range(len(rows)), [name for name, _ in rows])
        ax.invert_yaxis()
        ax.grid(axis="y", visible=False)
        ax.margins(x=0.2)
        ax.xaxis.set_major_formatter(PERCENT)
        ax.xaxis.set_major_locator(MaxNLocator(4))
        ax.set_xlabel("error on new examples, at most")

    return Plot(
        f"{prefix}bound-by-method",
        "Bound by method",
        "Upper bounds from the same counts and lengths. Each but the certified one is at the whole delta, alone.",
        draw,
        height=0.9 + 0.3 * len(rows),
    )


def bound_by_bits(runs: Sequence[CertifiedRun], prefix: str) -> Plot:
    """What each certificate would claim were its message shorter or longer, its risk the same."""

    def draw(axes: Sequence[Axes]) -> None:
        (ax,) = axes
        widest = max(run.certificate.effective_bits for run in runs)
        for run, colour, marker in zip(runs, _cycle(RAMP), _cycle(MARKERS), strict=False):
            c = run.certificate
            bits = 2 * widest * np.linspace(0, 1, CURVE_POINTS) ** 2  # closer where the curve is steep
            ax.plot(
                [kib_from_bits(float(b)) for b in bits],
                [_bound_at(c, float(b)) for b in bits],
                color=LIGHT[colour],
                lw=1.2,
            )
            ax.plot(
                kib_from_bits(c.effective_bits),
                c.risk_bound,
                marker,
                color=LIGHT[colour],
                ms=7,
                label=run.name,
            )
        guessing = 1 - 1 / runs[0].certificate.sample.classes
        highest = min(1.0, 2.5 * max(run.certificate.risk_bound for run in runs))
        ax.set_ylim(0, highest)
        if guessing < highest:
            ax.axhline(guessing, color=LIGHT["muted"], ls=":", lw=1)
            at = ("axes fraction", "data")
            ax.annotate("guessing", (0.99, guessing), xycoords=at, ha="right", va="bottom", fontsize=10)
        ax.set_xlim(0)
        ax.xaxis.set_major_locator(MaxNLocator(5))
        ax.yaxis.set_major_formatter(PERCENT)
        ax.set_xlabel("effective size, KiB")
        ax.set_ylabel("bound")
        ax.legend(loc="upper left")

    return Plot(
        f"{prefix}bound-by-bits",
        "Bound against bits",
        "Marks: the certificates. Lines: the same counts with another number of bits paid for.",
        draw,
    )


def _bound_at(certificate: Certificate, bits: float) -> float:
    if certificate.message is None:
        return certificate.risk_bound
    message = certificate.message.model_copy(update={"effective_bits": bits})
    return bound_claim(certificate.model_copy(update={"message": message}), certificate.claims[0])


def _cycle(words: Sequence[str]) -> list[str]:
    return [*words] * 8


def from_count_to_claim(run: CertifiedRun, prefix: str) -> Plot:
    """From the counted errors, over the noisy risk where there is one, to the certified bound."""
    c = run.certificate
    rows = [("training errors counted", c.errors / c.n, "green")]
    noisy = c.claims[0].noisy
    if noisy is not None:
        rows += [
            ("with noise, mean of the draws", noisy.mean, "gold"),
            ("with noise, upper confidence bound", noisy.upper, "orange"),
        ]
    rows.append(("certified bound", c.risk_bound, "blue"))
    if run.result is not None and run.result.test is not None:
        rows.append(("test errors (nothing rests on them)", run.result.test["risk"], "muted"))

    def draw(axes: Sequence[Axes]) -> None:
        (ax,) = axes
        for row, (_, risk, colour) in enumerate(rows):
            ax.plot([0, risk], [row, row], color=LIGHT[colour])
            ax.plot(risk, row, "o", color=LIGHT[colour], ms=7)
            _beside(ax, percent_up(risk), risk, row)
        ax.set_yticks(range(len(rows)), [name for name, *_ in rows])
        ax.set_ylim(len(rows) - 0.5, -0.5)
        ax.set_xlim(0, 1.25 * max(risk for _, risk, _ in rows) or 1)
        ax.grid(axis="y", visible=False)
        ax.xaxis.set_major_formatter(PERCENT)
        ax.xaxis.set_major_locator(MaxNLocator(4))
        ax.set_xlabel("share of wrong answers")

    title = "Risk of the noisy network" if c.noise is not None else "From the count to the claim"
    caption = "What was counted on the training examples, and what of it is claimed for new ones."
    if c.noise is not None:
        caption += f" The noise was drawn {c.noise.draws:,} times anew, after it was chosen."
    return Plot(f"{prefix}risk", title, caption, draw, height=0.9 + 0.32 * len(rows))


def noise_trials(result: Result, prefix: str) -> Plot:
    """Risk of the noisy network, and what the noise saves, against how large it is: one array at a time."""
    arrays = list(dict.fromkeys(trial.array for trial in result.trials))

    def draw(axes: Sequence[Axes]) -> None:
        for array, colour, marker in zip(arrays, _cycle(RAMP), _cycle(MARKERS), strict=False):
            trials = [trial for trial in result.trials if trial.array == array]
            shares = [trial.share for trial in trials]
            saved = [trial.saved_bits / BITS_PER_BYTE for trial in trials]
            style = {"marker": marker, "color": LIGHT[colour], "label": array}
            axes[0].plot(shares, [trial.risk for trial in trials], **style)
            axes[1].plot(shares, saved, **style)
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


def _beside(ax: Axes, text: str, x: float, y: float) -> None:
    """Text to the right of a bar's end or a mark."""
    ax.annotate(text, (x, y), xytext=(7, 0), textcoords="offset points", va="center", fontsize=10)


def weight_histograms(run: CertifiedRun, prefix: str) -> Plot:
    """The non-zero values of each array of the message, a stem for each; behind them the weights before the cut."""
    arrays = {
        name: array
        for name, array in coding.decode(run.blob).items()
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
