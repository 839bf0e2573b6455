"""`netrazor site`: certificates as pages, beside published bounds."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from netrazor.cli.console import open_console


def site(
    out: Path,
    /,
    *,
    certificates: Annotated[list[Path], Parameter(consume_multiple=True)],
    docs: Path | None = None,
) -> None:
    """Write a static site: leaderboard, a page for each certificate, and a check that runs in the browser.

    Args:
        out: the directory.
        certificates: directories of runs, or directories that hold these.
        docs: the built documentation (make docs), to stand beside the pages.
    """
    from netrazor.website import write_site

    pages = write_site(out, certificates, docs)
    console = open_console()
    console.print(f"{pages[0]}: {pages[0].stat().st_size / 1024:.0f} KiB, and {len(pages) - 1} other pages")
