"""The section that sets several certified runs side by side: bound against sparsity, bits and noise."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from netrazor.certification import noise_in
from netrazor.report.bound_plots import bound_by_bits
from netrazor.report.drawing import PERCENT
from netrazor.report.page import Item, Section
from netrazor.report.plot import Plot
from netrazor.report.reading import CertifiedRun
from netrazor.report.table import Table
from netrazor.report.theme import LIGHT
from netrazor.units import decimal_up, kib_from_bits, percent_up

PREFIX = "all-"


def side_by_side_section(runs: Sequence[CertifiedRun]) -> Section:
    """Every run as one mark in each picture."""
    density = [(share, run) for run in runs if (share := _density(run)) is not None]
    noise = [(share, run) for run in runs if (share := _noise_share(run)) is not None]
    items: list[Item] = [_table(runs)]
    messages = [run for run in runs if run.message is not None]
    if messages:
        items.append(bound_by_bits(messages, PREFIX))
    if len(density) > 1:
        items.append(
            _scatter("sparsity", "Bound against sparsity", "share of weights that are not zero", density)
        )
    if len(noise) > 1:
        items.append(
            _scatter("noise", "Bound against noise", "sigma, share of the range of magnitudes", noise)
        )
    return Section("The runs side by side", tuple(items))


def _table(runs: Sequence[CertifiedRun]) -> Table:
    rows = tuple(
        (
            run.name,
            run.certificate.method,
            f"{run.certificate.message_bytes:,}",
            decimal_up(kib_from_bits(run.certificate.effective_bits), 3),
            percent_up(run.certificate.empirical_risk),
            percent_up(run.certificate.risk_bound),
        )
        for run in runs
    )
    heads = ("run", "method", "file, bytes", "effective, KiB", "training risk", "bound")
    note = "Each certificate holds with its own probability; to claim the least of several, divide delta among them."
    return Table(f"{PREFIX}runs", "Certificates", heads, rows, note)


def _density(run: CertifiedRun) -> float | None:
    if run.result is None:
        return None
    elements = sum(layer.elements for layer in run.result.layers)
    return sum(layer.nonzeros for layer in run.result.layers) / elements if elements else None


def _noise_share(run: CertifiedRun) -> float | None:
    """Sigma as a share of the range of non-zero magnitudes, averaged over the noisy arrays' weights."""
    if run.message is None:
        return None
    noise, static = noise_in(run.message), run.message.static
    shares, weights = [], []
    for name, sigma in noise.sigma.items() if noise is not None else ():
        magnitudes = np.abs(static[name].centers)
        if sigma > 0:
            shares.append(sigma / float(np.ptp(magnitudes) or magnitudes.max()))
            weights.append(int(static[name].counts.sum()))
    return float(np.average(shares, weights=weights)) if shares else None


def _scatter(name: str, title: str, label: str, points: Sequence[tuple[float, CertifiedRun]]) -> Plot:
    ordered = sorted(points, key=lambda point: point[0])

    def draw(axes: Sequence[Axes]) -> None:
        (ax,) = axes
        x = [share for share, _ in ordered]
        y = [run.certificate.risk_bound for _, run in ordered]
        ax.plot(x, y, "o-", color=LIGHT["blue"])
        for share, run in ordered:
            ax.annotate(
                run.name,
                (share, run.certificate.risk_bound),
                xytext=(4, 5),
                textcoords="offset points",
                fontsize=10,
            )
        if min(x) > 0 and max(x) > 4 * min(x):
            ax.set_xscale("log")
        ax.margins(0.15)
        if ax.get_xscale() == "linear":
            ax.xaxis.set_major_locator(MaxNLocator(5))
        ax.xaxis.set_major_formatter(PERCENT)
        ax.yaxis.set_major_formatter(PERCENT)
        ax.set_xlabel(label)
        ax.set_ylabel("bound")

    return Plot(f"{PREFIX}bound-by-{name}", title, "One mark for each certificate.", draw)
