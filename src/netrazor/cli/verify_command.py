"""`netrazor verify`: is the certificate true?"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from netrazor.cli.console import open_console
from netrazor.runtime.progress_bars import Bars

if TYPE_CHECKING:
    from torch import nn
    from torch.utils.data import Dataset

    from netrazor.certification import Certificate, Verdict


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
    from netrazor.certification import read_run
    from netrazor.errors import CertificateError
    from netrazor.pipeline.own_network import own_network
    from netrazor.verification import verify as verify_run

    console = open_console(stderr=as_json)
    network = dataset = None
    try:
        certificate = read_run(run).certificate
    except CertificateError:  # verify says what is wrong with it
        pass
    else:
        network = None if model is None else own_network(model, classes=certificate.sample.classes)
        if recount:
            dataset = _dataset(console, certificate, network, data, size, data_directory)
    verdict = verify_run(run, dataset, network, device=device, reporter=Bars(console))
    if as_json:
        typer.echo(verdict.to_json(), nl=False)
    else:
        _print(console, verdict)
    raise typer.Exit(verdict.exit_code)


def _print(console: Console, verdict: "Verdict") -> None:
    for finding in verdict.findings:
        console.print(f"{finding.code}: {finding.text}", highlight=False, markup=False)
    for note in verdict.notes:
        console.print(note, highlight=False, markup=False)
    console.print(verdict.status, style="bold")
    if verdict.certificate is not None and verdict.status != "INVALID":
        for claim in verdict.certificate.claims:
            console.print(claim.sentence, highlight=False, markup=False)


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
    from netrazor.pipeline.own_network import own_shape

    named = certificate.sample
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
