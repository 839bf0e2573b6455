"""What a report shows of picked examples: errors and bounds against stops, and the picks themselves."""

from collections.abc import Sequence
from typing import Any

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from netrazor.certification import Certificate, PicksRecord, measure_yardsticks
from netrazor.certification.run_result import PickedResult, StopResult
from netrazor.report.contact_sheet import ContactSheet, contact_sheet
from netrazor.report.drawing import PERCENT, repeated
from netrazor.report.plot import Plot
from netrazor.report.reading import CertifiedRun
from netrazor.report.table import Table
from netrazor.report.theme import LIGHT, MARKERS, RAMP
from netrazor.units import percent_up


def picked_items(run: CertifiedRun, prefix: str, pictures: Any = None) -> list[Plot | Table | ContactSheet]:
    """Plots and a table of the stops, and the images that were picked, from the data set ``pictures``.

    Raises:
        ConfigurationError: ``pictures`` is another data set, or holds no images.
    """
    items: list[Plot | Table | ContactSheet] = []
    if run.picked is not None and any(run.picked.learners.values()):
        items += [
            _stops_plot(run.certificate, run.picked, prefix),
            _stops_table(run.certificate, run.picked, prefix),
        ]
    if pictures is not None and run.picks is not None and len(run.picks):
        items.append(contact_sheet(f"{prefix}picked-examples", run.picks, run.certificate.sample, pictures))
    return items


def _stops_plot(certificate: Certificate, result: PickedResult, prefix: str) -> Plot:
    hold_out = measure_yardsticks(certificate)

    def draw(axes: Sequence[Axes]) -> None:
        counts, bounds = axes
        for (name, stops), colour, marker in zip(
            result.learners.items(), repeated(RAMP), repeated(MARKERS), strict=False
        ):
            picked = [stop.picked for stop in stops]
            style: dict[str, Any] = {"color": LIGHT[colour], "marker": marker}
            counts.plot(picked, [stop.errors for stop in stops], label=f"{name}: errors left", **style)
            sizes = [stop.picked + stop.errors for stop in stops]
            counts.plot(picked, sizes, ls="--", label=f"{name}: errors and picks", **style)
            bounds.plot(picked, [stop.bound for stop in stops], label=name, **style)
        bounds.axhline(hold_out.hold_out_bound, color=LIGHT["muted"], ls=":", lw=1, label="a fifth held out")
        counts.set_ylabel("examples")
        bounds.set_ylabel("bound")
        bounds.yaxis.set_major_formatter(PERCENT)
        for ax in axes:
            ax.set_ylim(0)
            ax.xaxis.set_major_locator(MaxNLocator(5))
            ax.legend(loc="best")
        bounds.set_xlabel("picked examples")

    return Plot(
        f"{prefix}stops",
        "Errors, picks and bound at each stop",
        "What each declared stop came to; the bound pays for picks and errors together, at its share of delta. "
        "Dotted: what a fifth of the examples, held out, would give at the whole delta with errors as frequent as at "
        "the certified stop.",
        draw,
        height=5.0,
        grid=(2, 1),
    )


def _stops_table(certificate: Certificate, result: PickedResult, prefix: str) -> Table:
    rows = tuple(
        (name, f"{stop.stop:,}", f"{stop.picked:,}", f"{stop.errors:,}", percent_up(stop.bound), mark)
        for name, stops in result.learners.items()
        for stop in stops
        for mark in ["certified" if _is_certified(certificate, stop) else ""]
    )
    share = certificate.claims[0].delta_parts["picked"]
    return Table(
        f"{prefix}stops",
        "Stops",
        ("learner", "stop", "picked", "errors left", "error at most", ""),
        rows,
        f"Each stop of each learner has delta {share:.3g}: all bounds hold together, so the least may be claimed.",
    )


def _is_certified(certificate: Certificate, stop: StopResult) -> bool:
    message = certificate.message
    assert isinstance(message, PicksRecord)  # only these have stops
    claimed = (message.stop, message.picked, certificate.errors, certificate.risk_bound)
    return (stop.stop, stop.picked, stop.errors, stop.bound) == claimed
