"""The site as files: pages, the certificates to download, and the documentation where it was built."""

import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from netrazor.errors import ConfigurationError
from netrazor.files import write_atomically
from netrazor.website.entries import Entry, read_entries
from netrazor.website.pages import Site, certificate_page, home_page, leaderboard_page
from netrazor.website.published_bounds import read_board
from netrazor.website.rows import boards

DIGITS = "integer-views-mnist"  # the architecture that the page can run


def write_site(
    out: str | os.PathLike[str],
    certificates: Sequence[str | os.PathLike[str]],
    docs: str | os.PathLike[str] | None = None,
) -> list[Path]:
    """Write the site into the directory ``out``; gives its pages.

    Args:
        out: made if it is not there; files of other names in it stay.
        certificates: directories of runs, or directories of these.
        docs: the built documentation, which is copied to ``out/docs``.

    Raises:
        ConfigurationError: no certificates, or documentation that was not built.
        CertificateError: a certificate that does not follow from its files.
        OutputError: ``out`` cannot be written.
    """
    place = Path(out)
    entries = read_entries([Path(directory) for directory in certificates])
    if docs is not None and not (Path(docs) / "index.html").is_file():
        raise ConfigurationError(f"docs: {docs} has no index.html; build it first, with make docs")
    board = read_board()
    site = Site(entries, boards(board, entries), board, _digit_reader(entries), docs is not None)
    pages = {"index.html": home_page(site), "leaderboard.html": leaderboard_page(site)}
    pages |= {f"certificates/{entry.name}.html": certificate_page(site, entry) for entry in entries}
    for name, text in pages.items():
        write_atomically(place / name, text)
    for entry in entries:
        _copy_files(entry, place / "certificates" / entry.name)
    if docs is not None:
        shutil.copytree(
            docs,
            place / "docs",
            dirs_exist_ok=True,
            ignore=shutil.ignore_patterns(".doctrees", ".buildinfo*"),
        )
    return [place / name for name in pages]


def _digit_reader(entries: Sequence[Entry]) -> Entry | None:
    """The tightest certificate whose network the page can run."""
    able = [
        entry
        for entry in entries
        if entry.certificate.prior.architecture is not None and entry.certificate.architecture.name == DIGITS
    ]
    return min(able, key=lambda entry: entry.certificate.risk_bound, default=None)


def _copy_files(entry: Entry, place: Path) -> None:
    for path in entry.files:
        write_atomically(place / path.name, path.read_bytes())
