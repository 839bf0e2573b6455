"""The tables that `certify` prints: the paper's, for this run, and the ledger."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from netrazor.certification import Certificate
from netrazor.certification.run_result import Result
from netrazor.certification.sentences import confidence
from netrazor.certification.yardsticks import marked_sentence, yardstick_sentence
from netrazor.cli.ledger_tables import ledger_table
from netrazor.units import BYTES_PER_KIB, decimal_up, kib_from_bits, percent_up

if TYPE_CHECKING:
    from netrazor.reproduction.certificate_kinds import KindIssued

# Tables 2 and 3 of Zhou et al. (2018), as printed there.
PUBLISHED_SIZES = ("168.4 KiB", "8.1 KiB", "1.88 KiB", "6.23 KiB", "46%")
PUBLISHED_LAYERS = {
    "conv1.weight": ("16", "3.2%", "62", "3.5"),
    "conv2.weight": ("437", "1.7%", "679", "109"),
    "fc1.weight": ("4727", "1.2%", "7247", "1770"),
    "fc2.weight": ("144", "2.9%", "242", "31"),
}


def print_run(console: Console, certificate: Certificate, result: Result) -> None:
    """Everything that was measured in a run; its claims are printed after it."""
    paper = certificate.predictor == "lenet5" and certificate.sample.name == "mnist"
    for table in (
        layer_table(result, paper),
        size_table(certificate, result, paper),
        bound_table(result),
        ledger_table(certificate.ledger),
        time_table(result),
    ):
        console.print(table, "")
    if result.test is not None:
        test = result.test
        console.print(
            f"Apart from the certificate, for comparison: on {int(test['n'])} test examples the decoded network "
            f"errs on {int(test['errors'])}, {percent_up(test['risk'])}; by itself that bounds the error at "
            f"{percent_up(test['bound'])}.\n",
        )


def print_claim(console: Console, certificate: Certificate) -> None:
    """The headline, marked where it says less than guessing, and what guessing and a hold-out give."""
    console.print(marked_sentence(certificate), style="bold")
    console.print(yardstick_sentence(certificate))


def print_kinds(console: Console, issued: "Sequence[KindIssued]", delta: float) -> None:
    """Certificates of several kinds side by side, the tightest, and with what probability it may be quoted."""
    from netrazor.reproduction.certificate_kinds import paid_for, tightest

    best = tightest(list(issued))
    table = Table("kind", "rests on", title="Kinds of certificates", title_justify="left")
    table.add_column("error at most", justify="right")
    for each in issued:
        table.add_row(each.kind, paid_for(each.certificate), percent_up(each.certificate.risk_bound))
    console.print("", table)
    console.print(
        f"Tightest: {best.kind}, {percent_up(best.certificate.risk_bound)}, by {paid_for(best.certificate)}. Each "
        f"has delta {delta:g} / {len(issued)}: all hold together with probability at least {confidence(delta)} %, so "
        "that the tightest may be quoted with this, though it was chosen after looking."
    )


def layer_table(result: Result, paper: bool) -> Table:
    """Table 3: a row for each parameter."""
    table = Table(title="Layers (the paper's Table 3)", title_justify="left")
    for column in ("parameter", "shape"):
        table.add_column(column)
    columns = ["elements", "non-zeros", "share", "bytes", "smoothing, bytes"]
    columns += ["paper: non-zeros", "share", "bytes", "smoothing"] if paper else []
    for column in columns:
        table.add_column(column, justify="right")
    for layer in result.layers:
        row = [
            layer.name,
            " x ".join(map(str, layer.shape)),
            str(layer.elements),
            str(layer.nonzeros),
            f"{100 * layer.nonzeros / layer.elements:.2f} %",
            decimal_up(layer.coded_bytes, 1),
            f"{round(layer.smoothing_bytes, 1) + 0.0:.1f}",  # no minus zero
        ]
        table.add_row(*row, *(PUBLISHED_LAYERS.get(layer.name, ("",) * 4) if paper else ()))
    return table


def size_table(certificate: Certificate, result: Result, paper: bool) -> Table:
    """Table 2: from the original size to the bound."""
    table = Table(title="Summary (the paper's Table 2)", title_justify="left")
    for column in ("", "original", "compressed", "robustness adjustment", "effective size", "error bound"):
        table.add_column(column, justify="right" if column else "left")
    compressed = certificate.message_bytes / BYTES_PER_KIB
    effective = kib_from_bits(certificate.effective_bits)
    table.add_row(
        "this run",
        f"{result.original_bytes / BYTES_PER_KIB:.1f} KiB",
        f"{decimal_up(compressed, 3)} KiB",
        f"{compressed - effective:.3f} KiB",
        f"{decimal_up(effective, 3)} KiB",
        percent_up(certificate.risk_bound),
    )
    if paper:
        table.add_row("published", *PUBLISHED_SIZES)
    return table


def bound_table(result: Result) -> Table:
    """Each method's bound, valid alone."""
    table = Table(
        title="Bounds by method (each at the whole delta, valid alone; the certificate's pays for the choice)",
        title_justify="left",
    )
    table.add_column("method")
    table.add_column("error at most", justify="right")
    for name, bound in sorted(result.bounds.items(), key=lambda item: item[1]):
        table.add_row(name, percent_up(bound))
    return table


def time_table(result: Result) -> Table:
    """Seconds by stage."""
    table = Table(title="Time, seconds", title_justify="left")
    for name in (*result.seconds, "sum"):
        table.add_column(name, justify="right")
    table.add_row(*(f"{s:.0f}" for s in result.seconds.values()), f"{sum(result.seconds.values()):.0f}")
    return table
