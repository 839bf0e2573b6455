"""`netrazor export`: a certified network in the formats of others."""

import shlex
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from netrazor.certification import read_run
from netrazor.cli.claim_words import read_groups
from netrazor.cli.console import open_console
from netrazor.cli.extend_command import images_shape
from netrazor.cli.options import Source
from netrazor.errors import ConfigurationError
from netrazor.units import percent_up


def export(
    run: Path,
    /,
    *,
    to: Literal["onnx", "torch", "safetensors"],
    out: Annotated[Path | None, Parameter(name=("--out", "-o"))] = None,
    delta: float = 0.01,
    source: Source = Source(),
) -> None:
    """Write the decoded network as ONNX, as a program of torch, or as arrays, and compare its answers with it.

    They are compared on all examples of --data. Where these are the certified ones, the share of new examples on
    which answers differ is bounded, and with it the error of the file's network.

    Args:
        run: directory of the certificate.
        to: onnx, for onnxruntime; torch, for torch.export.load; safetensors, arrays by name.
        out: the file; default: network.onnx, network.pt2 or network.safetensors in the run's directory.
        delta: failure probability of the bound on differing answers; the certificate has its own.
    """
    from netrazor.counting import in_order
    from netrazor.data.plain_examples import in_plain_form
    from netrazor.export import compare_answers, export_network
    from netrazor.export.comparing import check_delta
    from netrazor.export.formats import ENDINGS
    from netrazor.pipeline.own_network import own_data, own_network
    from netrazor.verification import load

    check_delta(delta)
    files = read_run(run)
    certificate, console = files.certificate, open_console()
    if certificate.prior.learner is not None:
        raise ConfigurationError(
            f"{run}: a network needed, got a learner of picked examples; nothing is exported"
        )
    reference = source.data or certificate.sample.name
    model = None
    if source.model is not None:
        model = own_network(source.model, classes=certificate.sample.classes)
    network = load(run, model)
    dataset, _ = in_plain_form(
        own_data(
            reference,
            split=certificate.sample.split,
            shape=images_shape(files, source.size),
            directory=source.data_directory,
            leave_out=read_groups(source.groups, source.data).leave_out,
            headline=certificate.claims[0].statement,
            label=source.label,
        )
    )
    path = out or run / f"network{ENDINGS[to]}"
    example = next(in_order(dataset, 2))[0]
    exported = export_network(network, example, to, path)
    console.print(f"{path}: {path.stat().st_size:,} bytes")
    if certificate.task != "single-label":
        console.print(
            "Answers are compared where an example has a single class: nothing is said of this file's network."
        )
        return
    found = compare_answers(certificate, network, exported, dataset, delta)
    console.print(f"On {found.n:,} examples {found.differ:,} answers differ from the certified network's.")
    if certificate.noise is not None:
        console.print("The certificate is about the network with noise, the file is the one without.")
    if found.bound is not None and found.risk_bound is not None:
        console.print(
            f"At most {percent_up(found.bound)} of new examples are answered differently, at delta {delta:g} besides "
            f"the certificate's {certificate.delta:g}: the file's network errs on at most "
            f"{percent_up(found.risk_bound)}."
        )
    else:
        words = ["netrazor", "extend", str(run), "--model", str(path) if to == "onnx" else "FILE.py:FUNCTION"]
        console.print(
            "Its error is not bounded by these examples; by inputs that had no part in the network it is: "
            f"{shlex.join([*words, '--unlabelled', 'DATA', '--out', 'DIRECTORY'])}"
        )
