"""`netrazor inspect`: what is in a run or a message, what it costs, and what it is worth."""

from collections import Counter
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from netrazor.certification import (
    Certificate,
    PicksRecord,
    RunFiles,
    charge,
    check_run,
    read_message,
    read_run,
)
from netrazor.certification.graph_literals import price_literals
from netrazor.certification.graph_text import ExportedGraph, parse_graph
from netrazor.certification.run_directory import CERTIFICATE
from netrazor.cli.console import open_console
from netrazor.cli.ledger_tables import ledger_table
from netrazor.cli.run_tables import print_claim


def inspect(message: Path, /) -> None:
    """Print the arrays of a message and its ledger; of a run's directory also its claim.

    Args:
        message: a message, or a directory of a run.
    """
    console = open_console()
    if not (message / CERTIFICATE).exists():
        _print_message(console, str(message), read_message(message))
        return
    files = read_run(message)
    if isinstance(files.certificate.message, PicksRecord):
        _print_picks(console, files.certificate, files.certificate.message)
    else:
        for name, blob in (("given weights", files.given), ("message", files.message)):
            if blob is not None:
                _print_message(console, f"{message}, {name}", blob)
    if files.graph is not None:
        _print_graph(console, parse_graph(files.graph))
    _print_claim(console, files)


def _print_message(console: Console, name: str, blob: bytes) -> None:
    from netrazor import coding

    columns = ("array", "type", "shape", "elements", "non-zeros", "distinct")
    table = Table(*columns, title=f"{name}: {len(blob)} bytes", title_justify="left")
    for array_name, array in coding.decode(blob).items():
        nonzeros, distinct = int(np.count_nonzero(array)), len(np.unique(array))
        shape = " x ".join(map(str, array.shape)) or "scalar"
        table.add_row(array_name, str(array.dtype), shape, str(array.size), str(nonzeros), str(distinct))
    console.print(table, "", ledger_table(charge(blob)))


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


def _print_claim(console: Console, files: RunFiles) -> None:
    """The claim, if it follows from its parts; the errors are not counted here."""
    findings, _ = check_run(files)
    for finding in findings:
        console.print(f"{finding.code}: {finding.text}")
    if not findings:
        console.print("")
        print_claim(console, files.certificate)
