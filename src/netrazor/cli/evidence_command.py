"""`netrazor evidence`: a folder for those who assess the system."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from netrazor.cli.console import open_console


def evidence(
    run: Path,
    /,
    *,
    out: Annotated[Path, Parameter(name=("--out", "-o"))],
    data: str | None = None,
) -> None:
    """Write one folder with certificate, message, environment, fingerprint of the data, commands and report.

    MAPPING.md in it says what it has for EASA's objectives LM-04, 06, 07 and 09 and for the EU AI Act's article on
    accuracy, and what it does not cover.

    Args:
        run: directory of a run.
        out: a new folder.
        data: what names the training set for netrazor verify, for the commands in the folder.
    """
    from netrazor.report.evidence_pack import write_evidence

    names = write_evidence(run, out, data)
    console = open_console()
    console.print(f"{out}: {len(names)} files; start with MAPPING.md and report.html")
