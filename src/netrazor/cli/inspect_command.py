"""`netrazor inspect`: what is in a run or a message, what it costs, and what it is worth."""

from collections import Counter
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from netrazor.certification import (
    Certificate,
    ChargedLedger,
    PicksRecord,
    RunFiles,
    check_run,
    ledger_of,
    read_message,
    read_run,
)
from netrazor.certification.graph_literals import price_literals
from netrazor.certification.graph_text import ExportedGraph, parse_graph
from netrazor.certification.run_directory import CERTIFICATE
from netrazor.cli.claim_printing import print_claims, print_extension_in
from netrazor.cli.console import open_console
from netrazor.cli.ledger_tables import ledger_table
from netrazor.coding import Limits
from netrazor.coding.message import Message, read
from netrazor.units import BITS_PER_BYTE


def inspect(message: Path, /) -> None:
    """Print the arrays of a message and its ledger; of a run's directory also its claims.

    Args:
        message: a message, or a directory of a run.
    """
    console = open_console()
    if (message / CERTIFICATE).exists():
        _print_run(console, str(message), read_run(message))
        return
    alone = read(read_message(message), Limits())
    _print_message(console, str(message), alone, ledger_of(alone))


def _print_run(console: Console, place: str, files: RunFiles) -> None:
    """All parts of a run, each read and priced once; the claim, if it follows from them: nothing is counted here."""
    findings, message = check_run(files)
    record = files.certificate.message
    if isinstance(record, PicksRecord):
        _print_picks(console, files.certificate, record)
    if files.given is not None:
        given = read(files.given, Limits())
        _print_message(console, f"{place}, given weights", given, ledger_of(given))
    if files.message is not None and not isinstance(record, PicksRecord):
        message = message or read(files.message, Limits())
        ledger = ledger_of(message) if findings else files.certificate.ledger
        _print_message(console, f"{place}, message", message, ledger)
    if files.graph is not None:
        _print_graph(console, parse_graph(files.graph))
    for finding in findings:
        console.print(f"{finding.code}: {finding.text}")
    if not findings:
        console.print("")
        print_claims(console, files.certificate)
        print_extension_in(console, Path(place), files.certificate)


def _print_message(console: Console, name: str, message: Message, ledger: ChargedLedger) -> None:
    columns = ("array", "type", "shape", "elements", "non-zeros", "distinct")
    table = Table(
        *columns, title=f"{name}: {message.ledger.bits // BITS_PER_BYTE} bytes", title_justify="left"
    )
    for array_name, array in message.arrays.items():
        nonzeros, distinct = int(np.count_nonzero(array)), len(np.unique(array))
        shape = " x ".join(map(str, array.shape)) or "scalar"
        table.add_row(array_name, str(array.dtype), shape, str(array.size), str(nonzeros), str(distinct))
    console.print(table, "", ledger_table(ledger))


def _print_graph(console: Console, graph: ExportedGraph) -> None:
    table = Table("operation", "steps", title=f"Graph: {len(graph.steps)} steps", title_justify="left")
    for name, steps in Counter(step.name for step in graph.steps).most_common():
        table.add_row(name, str(steps))
    literals = price_literals(graph)
    console.print(table, f"{literals.count} of its numbers are paid for, at {literals.bits} bits")


def _print_picks(console: Console, certificate: Certificate, record: PicksRecord) -> None:
    learner = certificate.prior.learner
    table = Table("what", "", title="Picked examples", title_justify="left")
    table.add_row(
        "picked", f"{record.picked:,} of {certificate.sample.counted:,} counted, {record.bytes:,} bytes"
    )
    table.add_row("errors left", f"{certificate.errors:,}")
    if learner is not None:
        table.add_row("learner", f"{learner.name}, SHA-256 {learner.sha256[:16]}")
        table.add_row("declared stops", ", ".join(map(str, learner.stops)))
        table.add_row("recipes paid for", str(learner.candidates))
    console.print(table)
