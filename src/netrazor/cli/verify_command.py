"""`netrazor verify`: is the certificate true?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from netrazor.cli.console import open_console
from netrazor.cli.progress_bars import Bars

if TYPE_CHECKING:
    from torch import nn
    from torch.utils.data import Dataset

    from netrazor.certification import Certificate
    from netrazor.certification.checking import Verdict
    from netrazor.informed.informed_replay import InformedVerdict


def verify(
    run: Annotated[Path, typer.Argument(help="Directory with network.nrz and certificate.json.")],
    model: Annotated[
        str | None,
        typer.Option(help="For a network of your own: file.py:function, or the name of an architecture."),
    ] = None,
    data: Annotated[
        str | None, typer.Option(help="The training set, if the certificate's name is not a known one.")
    ] = None,
    size: Annotated[int | None, typer.Option(help="Side of the images of a folder, as certified.")] = None,
    data_directory: Annotated[
        Path | None, typer.Option(help="Where data sets with names are kept, instead of the default.")
    ] = None,
    device: Annotated[
        str, typer.Option(help="What counts: cpu, cuda, cuda:1, or auto; best what the certificate names.")
    ] = "cpu",
    recount: Annotated[
        bool, typer.Option(help="Decode and count the errors again on the training set.")
    ] = True,
    as_json: Annotated[bool, typer.Option("--json", help="Print the verdict as JSON.")] = False,
) -> None:
    """Decode the message, count the errors again, add up the bits again, and compare with the certificate.

    Exits with 0: VALID; 1: INVALID; 3: CONSISTENT, NOT RECOUNTED (no data set, or --no-recount).
    """
    from netrazor.informed import is_informed
    from netrazor.reproduction.certified_experiments import own_network
    from netrazor.verification import replay

    console = open_console(stderr=as_json)
    if is_informed(run):
        raise typer.Exit(
            _verify_informed(
                console, run, recount=recount, directory=data_directory, device=device, as_json=as_json
            )
        )
    certificate = replay.certificate_in(run)
    network = dataset = None
    if certificate is not None:
        network = None if model is None else own_network(model, classes=certificate.dataset.classes)
        if recount:
            dataset = _dataset(console, certificate, network, data, size, data_directory)
    verdict = replay.verify(run, dataset, model=network, device=device, reporter=Bars(console))
    if as_json:
        typer.echo(replay.to_json(verdict), nl=False)
    else:
        claims = () if verdict.certificate is None else (verdict.certificate.claim,)
        _print(console, verdict, claims)
    raise typer.Exit(verdict.exit_code)


def _print(console: Console, verdict: "Verdict | InformedVerdict", claims: tuple[str, ...]) -> None:
    for finding in verdict.findings:
        console.print(f"{finding.code}: {finding.text}", highlight=False, markup=False)
    for note in verdict.notes:
        console.print(note, highlight=False, markup=False)
    console.print(verdict.status, style="bold")
    for claim in claims if verdict.status != "INVALID" else ():
        console.print(claim, highlight=False)


def _verify_informed(
    console: Console, run: Path, *, recount: bool, directory: Path | None, device: str, as_json: bool
) -> int:
    """The same for a certificate with a data-dependent prior; the exit code."""
    from netrazor import data as datasets
    from netrazor.errors import DatasetUnavailable
    from netrazor.informed import verify_informed
    from netrazor.verification import replay

    verdict = verify_informed(run)
    certificate = verdict.certificate
    if certificate is not None and verdict.status != "INVALID" and recount:
        named = certificate.dataset
        try:
            if named.name not in datasets.names():
                raise DatasetUnavailable(f"{named.name!r} is no data set known by name; call verify_informed")
            examples = datasets.load(named.name, split=named.split, directory=directory)
            verdict = verify_informed(run, examples, device=device)
        except DatasetUnavailable as error:
            console.print(f"not recounted: {error}", highlight=False)
    claims = () if certificate is None else (certificate.claim, certificate.hold_out_claim)
    if as_json:
        typer.echo(replay.to_json(verdict), nl=False)
    else:
        _print(console, verdict, claims)
    return verdict.exit_code


def _dataset(
    console: Console,
    certificate: "Certificate",
    network: "nn.Module | None",
    data: str | None,
    size: int | None,
    directory: Path | None,
) -> "Dataset[Any] | None":
    """The training set to count on, or None, having said why."""
    from netrazor import data as datasets
    from netrazor.errors import DatasetUnavailable
    from netrazor.reproduction.certified_experiments import own_shape

    named = certificate.dataset
    if data is None and named.name not in datasets.names():
        console.print(
            f"not recounted: {named.name!r} is no data set known by name; give its folder with --data, or call "
            "netrazor.verify(path, dataset)",
            highlight=False,
        )
        return None
    shape = None if network is None and size is None else own_shape(network, size)
    try:
        return datasets.open_dataset(data or named.name, split=named.split, shape=shape, directory=directory)
    except DatasetUnavailable as error:
        console.print(f"not recounted: {error}", highlight=False)
        return None
