"""`netrazor extend`: what a certificate says of a network of any size."""

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from cyclopts import Parameter

from netrazor.certification import Certificate, RunFiles, read_run
from netrazor.certification.extension_record import refuse_other_certificates
from netrazor.certification.graph_text import parse_graph
from netrazor.cli.claim_printing import print_extension
from netrazor.cli.claim_words import read_groups
from netrazor.cli.console import open_console
from netrazor.cli.large_network import large_network
from netrazor.cli.options import Source
from netrazor.errors import ConfigurationError
from netrazor.units import percent_up

if TYPE_CHECKING:
    from netrazor.verification import Extended


@Parameter(name="*")
@dataclass(frozen=True)
class Large:
    """The extended network of an extension, to count its disagreements again.

    Attributes:
        extended: file.py:function or package.module:function that builds it, the name of a declared architecture,
            or a file of ONNX.
        extended_weights: its weights: .safetensors, or .pt of tensors.
        unlabelled: the inputs without labels, as for netrazor extend.
    """

    extended: str | None = None
    extended_weights: Path | None = None
    unlabelled: str | None = None


def extend(
    run: Path,
    /,
    *,
    unlabelled: str,
    out: Annotated[Path, Parameter(name=("--out", "-o"))],
    weights: Path | None = None,
    short: str | None = None,
    delta: float = 0.05,
    source: Source = Source(),
) -> None:
    """Bound the error of --model, a network of any size, by a certificate and inputs without labels.

    It errs at most where the certified network errs or the two do not give the same answer. The inputs must have had
    no part in either network. With --data no input may be one of the certified training set.

    Args:
        run: directory of the certificate.
        unlabelled: inputs: as for --data, labels not looked at; a CSV file without labels; a .npy file; or
            file.py:function, which may give a tensor or an array.
        out: directory for the certificate's files with extension.json beside them.
        weights: of --model, unless that is a file of ONNX: .safetensors, or .pt of tensors.
        short: what builds the certified network, where that is no graph and no declared architecture.
        delta: failure probability of the bound on disagreement; the certificate has its own.
    """
    from netrazor.pipeline.own_network import own_data
    from netrazor.verification import extend as extend_certificate

    if source.model is None:
        raise ConfigurationError(
            "model: the network to extend to needed, got none; give file.py:function or a declared architecture"
        )
    files = read_run(run)
    certificate, shape = files.certificate, images_shape(files, source.size)
    refuse_other_certificates(certificate)
    training = None
    if source.data is not None:
        training = own_data(
            source.data,
            split=certificate.sample.split,
            shape=shape,
            directory=source.data_directory,
            leave_out=read_groups(source.groups, source.data).leave_out,
            label=source.label,
        )
    extended = extended_by(Large(source.model, weights, unlabelled), certificate, shape, source)
    assert extended.large is not None
    record = extend_certificate(
        run,
        extended.large,
        extended.unlabelled,
        model=None if short is None else large_network(short, None, certificate.sample.classes),
        delta=delta,
        out=out,
        training=training,
    )
    console = open_console()
    console.print(
        f"{record.disagreements:,} of {record.n:,} inputs are not answered alike: at most "
        f"{percent_up(record.disagreement_bound)} of new ones, at delta {record.delta:g}."
    )
    print_extension(console, certificate, record)
    words = _checking_command(out, Large(source.model, weights, unlabelled), short, source)
    console.print(f"\nwritten to {out}; check it with: {shlex.join(words)}")


def extended_by(
    large: Large, certificate: Certificate, shape: tuple[int, int, int] | None, source: Source
) -> "Extended":
    """The network and the inputs that were named; each None where it was not."""
    from netrazor.pipeline.own_inputs import own_inputs
    from netrazor.verification import Extended

    network = None
    if large.extended is not None:
        network = large_network(large.extended, large.extended_weights, certificate.sample.classes)
    inputs: Any = None
    if large.unlabelled is not None:
        inputs = own_inputs(
            large.unlabelled, shape=shape, directory=source.data_directory, label=source.label
        )
    return Extended(network, inputs)


def images_shape(files: RunFiles, size: int | None) -> tuple[int, int, int] | None:
    """The shape of a folder's images: what is said, or else the certified network's input."""
    from netrazor.networks import ARCHITECTURES, input_shape

    found: tuple[int, ...] | None = None
    if size is not None:
        return (3, size, size)
    if files.graph is not None:
        found = parse_graph(files.graph).input_shape
    elif files.certificate.predictor in ARCHITECTURES:
        found = input_shape(files.certificate.predictor)
    return None if found is None or len(found) != 3 else (found[0], found[1], found[2])


def _checking_command(out: Path, large: Large, short: str | None, source: Source) -> list[str]:
    """The words of the command that verifies certificate and extension."""
    options = {
        "--extended": large.extended,
        "--extended-weights": large.extended_weights,
        "--unlabelled": large.unlabelled,
        "--model": short,
        "--data": source.data,
        "--size": source.size,
        "--data-directory": source.data_directory,
    }
    said = [word for option, value in options.items() if value is not None for word in (option, str(value))]
    said += [word for reference in source.groups for word in ("--groups", reference)]
    said += [word for name in source.label for word in ("--label", name)]
    return ["netrazor", "verify", str(out), *said]
