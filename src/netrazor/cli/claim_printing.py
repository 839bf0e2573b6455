"""Claims as `certify` and `inspect` print them: the sentence of each, and the table of those that have one."""

from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from netrazor.certification import Certificate, Finding
from netrazor.certification.claim_rows import ClaimRows, rows_of
from netrazor.certification.extension_record import ExtensionRecord, check_extension, parse_extension
from netrazor.certification.run_directory import EXTENSION, read_file
from netrazor.certification.yardsticks import (
    UNINFORMATIVE,
    marked_sentence,
    measure_yardsticks,
    yardstick_sentence,
)
from netrazor.cli.run_tables import print_claim
from netrazor.errors import CertificateError

MOST_ROWS = 20


def print_claims(console: Console, certificate: Certificate) -> None:
    """The further claims with their tables, then the headline, last as always."""
    for claim in certificate.claims[1:]:
        console.print("", marked_sentence(certificate, claim))
        found = rows_of(certificate, claim, MOST_ROWS)
        if found is not None:
            console.print(table_of_rows(found))
        elif claim.cells:
            console.print(f"{len(claim.cells):,} entries are in the certificate; netrazor report shows them")
    if len(certificate.claims) > 1:
        console.print("")
    print_claim(console, certificate)


def table_of_rows(found: ClaimRows) -> Table:
    """``found`` for a terminal."""
    table = Table(
        title=escape(found.title), title_justify="left", caption=found.note or None, caption_justify="left"
    )
    for place, head in enumerate(found.heads):
        table.add_column(escape(head), justify="right" if place else "left")
    for row in found.rows:
        table.add_row(*map(escape, row))
    return table


def print_extension(console: Console, certificate: Certificate, record: ExtensionRecord) -> None:
    """What is claimed of the extended network, marked where it says less than guessing, and the yardsticks."""
    guessing = measure_yardsticks(certificate).guessing(1)
    mark = f"{UNINFORMATIVE}: " if record.risk_bound >= guessing else ""
    console.print(f"{mark}{record.sentence}", style="bold")
    console.print(yardstick_sentence(certificate))


def print_extension_in(console: Console, run: Path, certificate: Certificate) -> None:
    """The extension beside a certificate, if there is one and it follows from its counts."""
    if not (run / EXTENSION).exists():
        return
    try:
        record = parse_extension(read_file(run / EXTENSION))
        findings = check_extension(record, certificate)
    except CertificateError as error:
        findings = (Finding("extension", str(error)),)
    for finding in findings:
        console.print(f"{finding.code}: {finding.text}")
    if not findings:
        console.print("")
        print_extension(console, certificate, record)
