"""`netrazor verify`: is the certificate true?"""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from netrazor.cli.progress import Bars


def verify(
    run: Annotated[Path, typer.Argument(help="Directory with network.nrz and certificate.json.")],
    data: Annotated[Path | None, typer.Option(help="Data directory, instead of the default one.")] = None,
    recount: Annotated[
        bool, typer.Option(help="Decode and count the errors again on the training set.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print the verdict as JSON.")] = False,
) -> None:
    """Decode the message, count the errors again, add up the bits again, and compare with the certificate.

    Exits with 0: VALID; 1: INVALID; 3: CONSISTENT, NOT RECOUNTED (no data set, or --no-recount).
    """
    from netrazor import data as datasets
    from netrazor import replay
    from netrazor.errors import DatasetUnavailable

    console = Console(soft_wrap=True, stderr=as_json)
    verdict = replay.verify(run)
    if verdict.status != "INVALID" and recount and verdict.certificate is not None:
        named = verdict.certificate.dataset
        if named.name in datasets.names():
            try:
                dataset = datasets.load(named.name, split=named.split, directory=data)
            except DatasetUnavailable as error:
                console.print(f"not recounted: {error}", highlight=False)
            else:
                verdict = replay.verify(run, dataset, reporter=Bars(console))
        else:
            console.print(
                f"not recounted: {named.name!r} is no data set known by name; call netrazor.verify(path, dataset)",
                highlight=False,
            )
    if as_json:
        typer.echo(replay.to_json(verdict), nl=False)
    else:
        for finding in verdict.findings:
            console.print(f"{finding.code}: {finding.text}", highlight=False, markup=False)
        for note in verdict.notes:
            console.print(note, highlight=False, markup=False)
        console.print(verdict.status, style="bold")
        if verdict.certificate is not None and verdict.status != "INVALID":
            console.print(verdict.certificate.claim, highlight=False)
    raise typer.Exit(verdict.exit_code)
