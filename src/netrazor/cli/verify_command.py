"""`netrazor verify`: is the certificate true?"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from rich.console import Console

from netrazor.certification import RunFiles, Verdict, check_consistency, read_run
from netrazor.certification.graph_text import parse_graph
from netrazor.certification.yardsticks import marked_sentence, yardstick_sentence
from netrazor.cli.console import open_console
from netrazor.cli.options import Source
from netrazor.errors import CertificateError, DatasetUnavailable
from netrazor.extras import missing_extra
from netrazor.progress_bars import Bars

if TYPE_CHECKING:
    from torch import nn
    from torch.utils.data import Dataset

    from netrazor.certification import Certificate


@dataclass(frozen=True)
class Counting:
    """How is counted: with given weights of a file, on which device, and whether fast; None: not at all."""

    given: Path | None
    device: str
    fast: bool | None


def verify(
    run: Path,
    /,
    *,
    source: Source = Source(),
    given: Path | None = None,
    device: str = "cpu",
    recount: bool = True,
    fast: Annotated[bool, Parameter(negative="")] = False,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> int:
    """Decode the message, count the errors again, add up the bits again, and compare with the certificate.

    Of picked examples, the learner picks them again. Exits with 0: VALID; 1: INVALID; 3: CONSISTENT, NOT RECOUNTED
    (no data set, no torch, --no-recount or --fast), or DIFFERS (this machine's arithmetic picks others).

    Args:
        run: directory with certificate.json and the files that it names.
        given: a file of the given weights that the certificate names, in place of those of the network.
        device: what counts: cpu, cuda, cuda:1, or auto; best what the certificate names.
        recount: decode, or learn, and count the errors again on the training set.
        fast: of picked examples, learn the recorded ones only: finds false counts, not false picks.
        as_json: print the verdict as JSON.
    """
    console = open_console(stderr=as_json)
    try:
        verdict = _verify_by_counting(
            console, run, source, Counting(given, device, fast if recount else None)
        )
    except ModuleNotFoundError as error:
        if (missing := missing_extra(error)) is None:
            raise
        console.print(f"not recounted: {missing}")
        verdict = check_consistency(run)
    if as_json:
        print(verdict.to_json(), end="")
    else:
        _print(console, verdict)
    return verdict.exit_code


def _print(console: Console, verdict: Verdict) -> None:
    for finding in verdict.findings:
        console.print(f"{finding.code}: {finding.text}")
    for note in verdict.notes:
        console.print(note)
    console.print(verdict.status, style="bold")
    if verdict.certificate is not None and verdict.status != "INVALID":
        for claim in verdict.certificate.claims:
            console.print(marked_sentence(verdict.certificate, claim))
            console.print(yardstick_sentence(verdict.certificate, claim))


def _verify_by_counting(console: Console, run: Path, source: Source, counting: Counting) -> Verdict:
    """The verdict of `netrazor.verify` with what of network and data can be had."""
    import torch

    from netrazor.pipeline.own_network import own_network
    from netrazor.verification import VerifyConfiguration
    from netrazor.verification import verify as verify_run

    network = dataset = None
    try:
        files = read_run(run)
        certificate = files.certificate
    except CertificateError:  # what is wrong with it, the verdict says
        pass
    else:
        brings_given = certificate.prior.given_arrays is not None and counting.given is None
        if source.model is not None and (files.graph is None or brings_given):  # else nobody's code is run
            torch.manual_seed(certificate.provenance.seed)  # a learner starts from the same weights
            network = own_network(source.model, classes=certificate.sample.classes)
        if counting.fast is not None:
            shape = _shape(files, network, source)
            dataset = _dataset(console, certificate, shape, source)
    configuration = VerifyConfiguration(
        fast=bool(counting.fast), device=counting.device, reporter=Bars(console)
    )
    return verify_run(run, dataset, network, given=counting.given, configuration=configuration)


def _shape(files: RunFiles, network: "nn.Module | None", source: Source) -> tuple[int, int, int] | None:
    """The shape of a folder's images, by the options, by the network, or by its graph."""
    from netrazor.pipeline.own_network import own_shape

    if files.graph is not None and source.size is None:
        shape = parse_graph(files.graph).input_shape
        return (shape[0], shape[1], shape[2]) if len(shape) == 3 else None
    return None if network is None and source.size is None else own_shape(network, source.size)


def _dataset(
    console: Console, certificate: "Certificate", shape: tuple[int, int, int] | None, source: Source
) -> "Dataset[Any] | None":
    """The training set to count on, or None, having said why."""
    from netrazor import data as datasets
    from netrazor.pipeline.own_network import own_data

    sample = certificate.sample
    if source.data is None and sample.name not in datasets.names():
        console.print(
            f"not recounted: {sample.name!r} is no data set known by name; give it with --data, or call "
            "netrazor.verify(path, dataset)"
        )
        return None
    try:
        found: Dataset[Any] = own_data(
            source.data or sample.name, split=sample.split, shape=shape, directory=source.data_directory
        )
    except DatasetUnavailable as error:
        console.print(f"not recounted: {error}")
        return None
    return found
