"""`netrazor verify`: is the certificate true?"""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter
from rich.console import Console

from netrazor.certification import RunFiles, Verdict, check_consistency, read_run
from netrazor.certification.assumptions import trusted_in
from netrazor.certification.claims import GroupErrors
from netrazor.certification.graph_text import parse_graph
from netrazor.certification.yardsticks import marked_sentence, yardstick_sentence
from netrazor.cli.claim_words import GroupsRead, read_groups
from netrazor.cli.console import open_console
from netrazor.cli.extend_command import Large, extended_by, images_shape
from netrazor.cli.options import Source
from netrazor.errors import CertificateError, ConfigurationError, DatasetUnavailable
from netrazor.extras import missing_extra
from netrazor.progress_bars import Bars

if TYPE_CHECKING:
    from torch import nn
    from torch.utils.data import Dataset

    from netrazor.certification import Certificate


@Parameter(name="*")
@dataclass(frozen=True)
class Counting:
    """How is counted.

    Attributes:
        given: a file of the given weights that the certificate names, in place of those of the network.
        device: what counts: cpu, cuda, cuda:1, or auto; best what the certificate names.
        recount: decode, or learn, and count the errors again on the training set.
        fast: of picked examples, learn the recorded ones only: finds false counts, not false picks.
    """

    given: Path | None = None
    device: str = "cpu"
    recount: bool = True
    fast: Annotated[bool, Parameter(negative="")] = False


def verify(
    run: Path,
    /,
    *,
    source: Source = Source(),
    counting: Counting = Counting(),
    large: Large = Large(),
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> int:
    """Decode the message, count the errors again, add up the bits again, and compare with the certificate.

    Of picked examples, the learner picks them again. Exits with 0: VALID; 1: INVALID; 3: CONSISTENT, NOT RECOUNTED
    (no data set, no torch, --no-recount or --fast), or DIFFERS (this machine's arithmetic picks others).

    Args:
        run: directory with certificate.json and the files that it names.
        as_json: print the verdict as JSON.
    """
    console = open_console(stderr=as_json)
    try:
        verdict = _verify_by_counting(console, run, source, counting, large)
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
        for trusted in trusted_in(verdict.certificate):
            console.print(f"trusted: {trusted}")


def _verify_by_counting(
    console: Console, run: Path, source: Source, counting: Counting, large: Large
) -> Verdict:
    """The verdict of `netrazor.verify` with what of network and data can be had."""
    import torch

    from netrazor.pipeline.own_network import own_network
    from netrazor.verification import VerifyConfiguration
    from netrazor.verification import verify as verify_run

    network = dataset = extended = None
    groups = read_groups(source.groups, source.data)
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
        if counting.recount:
            shape = _shape(files, network, source)
            if source.data is not None:
                _check_groups(certificate, groups)
            dataset = _dataset(console, certificate, shape, source, groups.leave_out)
            extended = extended_by(large, certificate, images_shape(files, source.size), source)
    return verify_run(
        run,
        dataset,
        network,
        columns=groups.columns,
        extended=extended,
        given=counting.given,
        configuration=VerifyConfiguration(fast=counting.fast, device=counting.device, reporter=Bars(console)),
    )


def _check_groups(certificate: "Certificate", groups: GroupsRead) -> None:
    """Refuse to count groups of columns that were not given."""
    needed = [
        claim.statement.column for claim in certificate.claims if isinstance(claim.statement, GroupErrors)
    ]
    if missing := [name for name in needed if name not in groups.columns]:
        raise ConfigurationError(
            f"groups: {', '.join(missing)} needed, which the certificate has claims about, got "
            f"{sorted(groups.columns)}; give FILE.csv:COLUMN with --groups, or COLUMN of the CSV file of --data, as "
            "it was certified"
        )


def _shape(files: RunFiles, network: "nn.Module | None", source: Source) -> tuple[int, int, int] | None:
    """The shape of a folder's images, by the options, by the network, or by its graph."""
    from netrazor.pipeline.own_network import own_shape

    if files.graph is not None and source.size is None:
        shape = parse_graph(files.graph).input_shape
        return (shape[0], shape[1], shape[2]) if len(shape) == 3 else None
    return None if network is None and source.size is None else own_shape(network, source.size)


def _dataset(
    console: Console,
    certificate: "Certificate",
    shape: tuple[int, int, int] | None,
    source: Source,
    leave_out: tuple[str, ...],
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
            source.data or sample.name,
            split=sample.split,
            shape=shape,
            directory=source.data_directory,
            leave_out=leave_out,
            headline=certificate.claims[0].statement,
            label=source.label,
        )
    except DatasetUnavailable as error:
        console.print(f"not recounted: {error}")
        return None
    return found
