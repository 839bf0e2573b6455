"""`netrazor report`: results that people look at."""

from pathlib import Path
from typing import Annotated

import typer

from netrazor.cli.console import open_console


def report(
    runs: Annotated[
        list[Path],
        typer.Argument(
            help="Directories of `certify` or `randomize`, or result files of `randomize` or `compare`."
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option("--out", "-o", help="The file; default: report.html in the first directory."),
    ] = None,
    assets: Annotated[
        Path | None, typer.Option(help="Folder for plots as SVG and PDF, tables as CSV and LaTeX.")
    ] = None,
) -> None:
    """Write one HTML file that needs nothing else: claim, tables, plots."""
    from netrazor.report import write_report

    first = runs[0] if runs[0].is_dir() else runs[0].parent
    file = out or first / "report.html"
    write_report(runs, file, assets)
    console = open_console()
    console.print(f"{file}: {file.stat().st_size / 1024:.0f} KiB", highlight=False)
    if assets is not None:
        console.print(f"{assets}: plots and tables", highlight=False)
