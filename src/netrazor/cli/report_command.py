"""`netrazor report`: results that people look at."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from netrazor.cli.console import open_console


def report(
    runs: list[Path],
    /,
    *,
    out: Annotated[Path | None, Parameter(name=("--out", "-o"))] = None,
    assets: Path | None = None,
) -> None:
    """Write one HTML file that needs nothing else: claim, tables, plots.

    Args:
        runs: directories of `certify` or `randomize`, or result files of `randomize` or `compare`.
        out: the file; default: report.html in the first directory.
        assets: folder for plots as SVG and PDF, tables as CSV and LaTeX.
    """
    from netrazor.report import write_report

    first = runs[0] if runs[0].is_dir() else runs[0].parent
    file = out or first / "report.html"
    write_report(runs, file, assets)
    console = open_console()
    console.print(f"{file}: {file.stat().st_size / 1024:.0f} KiB")
    if assets is not None:
        console.print(f"{assets}: plots and tables")
