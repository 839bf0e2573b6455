"""`netrazor inspect`: what is in a message, and what it costs."""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.table import Table

from netrazor.cli.console import open_console
from netrazor.cli.encode_command import read


def inspect(message: Annotated[Path, typer.Argument(help="A message, or a directory with one.")]) -> None:
    """Print the arrays of a message and its ledger."""
    from netrazor import coding
    from netrazor.certification.charging import charge
    from netrazor.cli.run_tables import ledger_table

    blob = read(message / "network.nrz" if message.is_dir() else message)
    table = Table(title=f"{message}: {len(blob)} bytes", title_justify="left")
    for column in ("array", "type", "shape", "elements", "non-zeros", "distinct"):
        table.add_column(column)
    for name, array in coding.decode(blob).items():
        nonzeros, distinct = int(np.count_nonzero(array)), len(np.unique(array))
        shape = " x ".join(map(str, array.shape)) or "scalar"
        table.add_row(name, str(array.dtype), shape, str(array.size), str(nonzeros), str(distinct))
    console = open_console()
    console.print(table, "", ledger_table(charge(blob)))
