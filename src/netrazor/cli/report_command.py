"""`netrazor report`: results that people look at."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from netrazor.cli.console import open_console


@Parameter(name="*")
@dataclass(frozen=True)
class Pictures:
    """What picked examples are shown from.

    Attributes:
        data: the training set of certificates of picked images, to show these: a known name, or a folder.
        size: side of the images of a folder, in pixels.
        data_directory: where data sets with names are kept, instead of the default.
    """

    data: str | None = None
    size: int | None = None
    data_directory: Path | None = None


def report(
    runs: list[Path],
    /,
    *,
    out: Annotated[Path | None, Parameter(name=("--out", "-o"))] = None,
    assets: Path | None = None,
    source: Pictures = Pictures(),
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
    pictures = None
    if source.data is not None:
        from netrazor.data import open_dataset

        shape = None if source.size is None else (3, source.size, source.size)
        pictures = open_dataset(source.data, shape=shape, directory=source.data_directory)
    write_report(runs, file, assets, pictures)
    console = open_console()
    console.print(f"{file}: {file.stat().st_size / 1024:.0f} KiB")
    if assets is not None:
        console.print(f"{assets}: plots and tables")
