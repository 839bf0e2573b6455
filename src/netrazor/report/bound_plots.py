"""Plots of what is claimed: bounds by method and by bits, and the way from the count to the claim."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from netrazor.certification import Certificate
from netrazor.certification.bounding import bounded_claim
from netrazor.certification.run_result import Result
from netrazor.report.drawing import PERCENT, beside, repeated
from netrazor.report.plot import Plot
from netrazor.report.reading import CertifiedRun
from netrazor.report.theme import LIGHT, MARKERS, RAMP
from netrazor.units import kib_from_bits, percent_up

CURVE_POINTS = 33


def bound_by_method(run: CertifiedRun, result: Result, prefix: str) -> Plot:
    """Every bound of the result file, the certified one among them."""
    rows = [*result.bounds.items(), ("certified, choice paid for", run.certificate.risk_bound)]
    rows.sort(key=lambda row: row[1])

    def draw(axes: Sequence[Axes]) -> None:
        (ax,) = axes
        for row, (name, bound) in enumerate(rows):
            certified = name.startswith("certified")
            ax.barh(row, bound, 0.6, color=LIGHT["blue" if certified else "muted"])
            beside(ax, percent_up(bound), bound, row)
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
        for run, colour, marker in zip(runs, repeated(RAMP), repeated(MARKERS), strict=False):
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
    return bounded_claim(certificate.model_copy(update={"message": message}), certificate.claims[0]).bound


def from_count_to_claim(run: CertifiedRun, prefix: str) -> Plot:
    """From the counted errors, over the noisy risk where there is one, to the certified bound."""
    c = run.certificate
    counted = c.errors / c.n if c.claims[0].loss == "0-1" else c.empirical_risk
    rows = [("training errors counted", counted, "green")]
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
            beside(ax, percent_up(risk), risk, row)
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
