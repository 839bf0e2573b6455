"""The section of one certified run: its claim, the paper's tables for it, and its pictures."""

from typing import Any

from netrazor.certification import LearnerRecord
from netrazor.certification.noise_description import LAMBDA_GRID, noise_in
from netrazor.certification.run_result import Layer, Result
from netrazor.certification.yardsticks import marked_sentence, yardstick_sentence
from netrazor.coding.message import Message
from netrazor.report.bound_plots import bound_by_bits, bound_by_method, from_count_to_claim
from netrazor.report.message_plots import ledger_plot, noise_trials, weight_histograms
from netrazor.report.page import Claim, Item, Section
from netrazor.report.picked_items import picked_items
from netrazor.report.reading import CertifiedRun
from netrazor.report.table import Table
from netrazor.reproduction.published_figures import TABLE_3
from netrazor.units import BITS_PER_BYTE, BYTES_PER_KIB, decimal_up, kib_from_bits, percent_up

TABLE_2 = ("published", "168.4 KiB", "8.1 KiB", "1.88 KiB", "6.23 KiB", "46 %")


def certificate_section(run: CertifiedRun, prefix: str, pictures: Any = None) -> Section:
    """Everything about one run.

    Args:
        run: as read.
        prefix: begins the names of its files.
        pictures: its data set, to show what was picked; None: nothing is shown.
    """
    c = run.certificate
    title = f"{run.name}: {c.predictor} on {c.sample.name}"
    items: list[Item] = [_claim(run)]
    if run.findings:  # nothing else in the files is worth showing
        return Section(title, tuple(items))
    if len(c.claims) > 1:
        items.append(_claims(run, prefix))
    if run.result is not None:
        items += [_sizes(run, run.result, prefix), _layers(run, run.result, prefix)]
    if run.message is not None:
        items += [ledger_plot(run, prefix), _ledger(run, prefix)]
    if run.result is not None:
        items += [bound_by_method(run, run.result, prefix), _methods(run.result, prefix)]
    if run.message is not None:
        items.append(bound_by_bits([run], prefix))
    items += picked_items(run, prefix, pictures)
    items.append(from_count_to_claim(run, prefix))
    if run.result is not None and run.result.trials:
        items.append(noise_trials(run.result, prefix))
    if run.message is not None:
        if c.noise is not None:
            items.append(_noise(run, run.message, prefix))
        items.append(weight_histograms(run, run.message, prefix))
    return Section(title, (*items, _provenance(run, prefix)))


def _claim(run: CertifiedRun) -> Claim:
    c = run.certificate
    if run.findings:
        found = "; ".join(finding.text for finding in run.findings)
        return Claim("INVALID", "The certificate does not follow from its parts.", found, c.assumptions)
    status = (
        "When this page was written the claim followed from the files and the recorded counts. The errors were "
        "not counted again: that takes the data set, and `netrazor verify`."
    )
    figure = f"≤ {percent_up(c.risk_bound)}"
    return Claim(figure, marked_sentence(c), status, c.assumptions, yardstick_sentence(c))


def _claims(run: CertifiedRun, prefix: str) -> Table:
    rows = tuple(
        (
            marked_sentence(run.certificate, claim),
            f"{claim.errors:,} of {claim.n:,}",
            f"{sum(claim.delta_parts.values()):g}",
            percent_up(claim.bound),
        )
        for claim in run.certificate.claims
    )
    note = f"They hold together with probability at least {1 - run.certificate.delta:g}."
    return Table(f"{prefix}claims", "All claims", ("claim", "errors", "delta", "error at most"), rows, note)


def _sizes(run: CertifiedRun, result: Result, prefix: str) -> Table:
    c = run.certificate
    compressed, effective = c.message_bytes / BYTES_PER_KIB, kib_from_bits(c.effective_bits)
    ours = (
        "this run",
        f"{result.original_bytes / BYTES_PER_KIB:.1f} KiB",
        f"{decimal_up(compressed, 3)} KiB",
        f"{compressed - effective:.3f} KiB",
        f"{decimal_up(effective, 3)} KiB",
        percent_up(c.risk_bound),
    )
    heads = ("", "original", "compressed", "adjustment", "effective", "error bound")
    return Table(
        f"{prefix}table-2",
        "From the original size to the bound (Table 2)",
        heads,
        (ours, TABLE_2) if _is_papers(run) else (ours,),
        "The adjustment is what the file holds and the bound does not pay: schema, and values saved by noise."
        + (" The published original size is ten times too small." if _is_papers(run) else ""),
    )


def _layers(run: CertifiedRun, result: Result, prefix: str) -> Table:
    heads = ("parameter", "shape", "elements", "non-zeros", "share", "bytes", "smoothing")
    papers = _is_papers(run)
    return Table(
        f"{prefix}table-3",
        "Layers (Table 3)",
        heads + (("paper: non-zeros", "bytes", "smoothing") if papers else ()),
        tuple(_layer(layer) + (_published(layer.name) if papers else ()) for layer in result.layers),
        "Bytes: the layer's share of the message. Smoothing: bytes that its noise saves.",
    )


def _layer(layer: Layer) -> tuple[str, ...]:
    return (
        layer.name,
        " × ".join(map(str, layer.shape)),
        f"{layer.elements:,}",
        f"{layer.nonzeros:,}",
        f"{100 * layer.nonzeros / max(1, layer.elements):.2f} %",
        decimal_up(layer.coded_bytes, 1),
        f"{round(layer.smoothing_bytes, 1) + 0.0:.1f}",  # no minus zero
    )


def _published(name: str) -> tuple[str, ...]:
    layer, _, kind = name.rpartition(".")
    if kind != "weight" or layer not in TABLE_3:
        return ("", "", "")
    _, nonzeros, code_bytes, smoothing = TABLE_3[layer]
    return (f"{nonzeros:,}", f"{code_bytes:,}", f"{smoothing:,}")


def _is_papers(run: CertifiedRun) -> bool:
    return (run.certificate.predictor, run.certificate.sample.name) == ("lenet5", "mnist")


def _ledger(run: CertifiedRun, prefix: str) -> Table:
    ledger = run.certificate.ledger
    rows = [
        (f"{line.array or '(message)'}, {line.kind}", f"{line.coded_bits:,}", _bits_up(line.charged_bits))
        for line in ledger.lines
        if line.coded_bits or line.charged_bits
    ]
    rows.append(("sum", f"{ledger.coded_bits:,}", _bits_up(ledger.charged_bits)))
    rows.append(
        (
            "sum, in bytes",
            f"{ledger.coded_bits // BITS_PER_BYTE:,}",
            decimal_up(ledger.charged_bits / BITS_PER_BYTE, 1),
        )
    )
    return Table(f"{prefix}ledger", "Ledger, bits", ("what", "in the file", "paid by the bound"), tuple(rows))


def _bits_up(bits: float) -> str:
    return f"{int(decimal_up(bits, 0)):,}"


def _methods(result: Result, prefix: str) -> Table:
    rows = [
        (name, percent_up(bound)) for name, bound in sorted(result.bounds.items(), key=lambda item: item[1])
    ]
    return Table(
        f"{prefix}methods",
        "Bounds by method",
        ("method", "error at most"),
        tuple(rows),
        "Each at the whole delta and valid alone; the certificate pays for its choice.",
    )


def _noise(run: CertifiedRun, message: Message, prefix: str) -> Table:
    """What noise each array carries, and what it saves."""
    noise, static = noise_in(message), message.static
    assert noise is not None  # the certificate was checked against the message
    saved = {layer.name: layer.smoothing_bytes for layer in run.result.layers} if run.result else {}
    rows = []
    for name, sigma in noise.sigma.items():
        if sigma > 0:
            magnitudes = abs(static[name].centers)
            reach = float(magnitudes.max() - magnitudes.min()) or float(magnitudes.max())
            lam = LAMBDA_GRID[noise.index[name] - 1]
            rows.append(
                (
                    name,
                    f"{sigma:.4g}",
                    f"{100 * sigma / reach:.1f} %",
                    f"{lam:.4g}",
                    f"{saved.get(name, 0):.1f}",
                )
            )
    record, noisy = run.certificate.noise, run.certificate.claims[0].noisy
    assert record is not None
    assert noisy is not None
    return Table(
        f"{prefix}noise",
        "Noise",
        ("array", "sigma", "of the range", "lambda", "bytes saved"),
        tuple(rows),
        f"Mean noisy risk {percent_up(noisy.mean, 3)} over {record.draws:,} independent draws of "
        f"{record.examples_per_draw} examples each; upper confidence bound {percent_up(noisy.upper, 3)} "
        f"({record.estimator}). The range is that between the least and the largest non-zero magnitude.",
    )


def _provenance(run: CertifiedRun, prefix: str) -> Table:
    c = run.certificate
    rows = [("examples counted", f"{c.n:,}")]
    if c.sample.spent:
        rows.append(("examples spent on the prior", f"{c.sample.spent:,} ({c.sample.spending})"))
    if c.prior.given is not None:
        given = c.prior.given
        rows.append(("given weights", f"{given.origin}; {given.bytes:,} bytes, SHA-256 {given.sha256[:16]}"))
    if c.prior.learner is not None:
        rows += _learner(c.prior.learner)
    rows += [
        ("data set", f"{c.sample.name} ({c.sample.split}), fingerprint {c.sample.fingerprint[:16]}"),
        (
            "message",
            "none" if c.message is None else f"{c.message.bytes:,} bytes, SHA-256 {c.message.sha256[:16]}",
        ),
        (
            "delta",
            f"{c.delta:g}; each claim: "
            + " + ".join(f"{part:g} ({name})" for name, part in c.claims[0].delta_parts.items()),
        ),
        ("counted on", c.evaluation.runtime),
        ("netrazor", f"{c.provenance.netrazor}, seed {c.provenance.seed}"),
    ]
    if run.result is not None:
        rows.append(("seconds", ", ".join(f"{name} {s:.0f}" for name, s in run.result.seconds.items())))
    return Table(f"{prefix}provenance", "What it was made from", ("", ""), tuple(rows), facts=True)


def _learner(record: LearnerRecord) -> list[tuple[str, str]]:
    settings = ", ".join(f"{name} {value}" for name, value in record.configuration.items())
    exact = (
        "the same on every machine" if record.exact else "floating point, which may differ between machines"
    )
    return [
        ("learner", f"{record.name}, SHA-256 {record.sha256[:16]}; {record.candidates} recipes paid for"),
        ("its arithmetic", exact),
        ("declared stops", ", ".join(f"{stop:,}" for stop in record.stops)),
        ("declared settings", settings),
    ]
