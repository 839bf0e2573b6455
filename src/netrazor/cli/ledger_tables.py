"""The ledger as a table, for `certify` and `inspect`."""

from rich.table import Table

from netrazor.certification import ChargedLedger
from netrazor.units import BITS_PER_BYTE, decimal_up


def ledger_table(ledger: ChargedLedger) -> Table:
    """Where the bits are, and what of them the bound pays."""
    table = Table(title="Ledger, bits", title_justify="left")
    for column in ("array", "kind", "coded", "charged"):
        table.add_column(column, justify="left" if column in ("array", "kind") else "right")
    for line in ledger.lines:
        table.add_row(
            line.array or "(message)", line.kind, str(line.coded_bits), decimal_up(line.charged_bits, 0)
        )
    table.add_section()
    table.add_row("sum", "", str(ledger.coded_bits), decimal_up(ledger.charged_bits, 0))
    table.add_row("in bytes", "", str(ledger.coded_bits // BITS_PER_BYTE),
                  decimal_up(ledger.charged_bits / BITS_PER_BYTE, 1))  # fmt: skip
    return table
