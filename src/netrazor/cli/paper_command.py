"""`netrazor paper`: every published figure of the paper beside ours."""

import json
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from netrazor.cli.console import open_console


def paper(as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False) -> None:
    """Print the paper's figures from their published inputs, beside what its theorems give."""
    from netrazor.reproduction.paper_figures import figures

    found = figures()
    if as_json:
        typer.echo(json.dumps([asdict(figure) for figure in found], indent=2))
        return
    table = Table(title="Zhou, Veitch, Austern, Adams, Orbanz (2018), delta 0.05", title_justify="left")
    for column in ("place", "figure", "published", "ours", "remark"):
        table.add_column(column)
    for figure in found:
        table.add_row(figure.place, figure.quantity, figure.published, figure.ours, figure.remark)
    open_console().print(table)
