"""`netrazor inspect`: what is in a message, and what it costs."""

from pathlib import Path

import numpy as np
from rich.table import Table

from netrazor.certification import charge, read_message
from netrazor.cli.console import open_console
from netrazor.cli.ledger_tables import ledger_table


def inspect(message: Path, /) -> None:
    """Print the arrays of a message and its ledger.

    Args:
        message: a message, or a directory with one.
    """
    from netrazor import coding

    blob = read_message(message)
    columns = ("array", "type", "shape", "elements", "non-zeros", "distinct")
    table = Table(*columns, title=f"{message}: {len(blob)} bytes", title_justify="left")
    for name, array in coding.decode(blob).items():
        nonzeros, distinct = int(np.count_nonzero(array)), len(np.unique(array))
        shape = " x ".join(map(str, array.shape)) or "scalar"
        table.add_row(name, str(array.dtype), shape, str(array.size), str(nonzeros), str(distinct))
    open_console().print(table, "", ledger_table(charge(blob)))
