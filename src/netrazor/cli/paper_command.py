"""`netrazor paper`: every published figure of the paper beside ours."""

import json
from dataclasses import asdict
from typing import Annotated

from cyclopts import Parameter
from rich.table import Table

from netrazor.cli.console import open_console


def paper(*, as_json: Annotated[bool, Parameter(name="--json", negative="")] = False) -> None:
    """Print the paper's figures from their published inputs, beside what its theorems give.

    Args:
        as_json: print JSON.
    """
    from netrazor.reproduction.paper_figures import figures

    found = figures()
    if as_json:
        print(json.dumps([asdict(figure) for figure in found], indent=2))
        return
    title = "Zhou, Veitch, Austern, Adams, Orbanz (2018), delta 0.05"
    table = Table("place", "figure", "published", "ours", "remark", title=title, title_justify="left")
    for figure in found:
        table.add_row(figure.place, figure.quantity, figure.published, figure.ours, figure.remark)
    open_console().print(table)
