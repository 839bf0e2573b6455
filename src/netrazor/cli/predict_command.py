"""`netrazor predict`: classify images with the decoded network."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from netrazor.certification import read_run
from netrazor.certification.run_directory import CERTIFICATE
from netrazor.cli.console import open_console
from netrazor.errors import ConfigurationError


def predict(
    run: Path,
    images: list[Path],
    /,
    *,
    model: str | None = None,
    given: Path | None = None,
    invert: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Print the class of each image, by the network decoded from the message.

    Images are converted to the size and channels of the network's input; values are scaled to [0, 1].

    Args:
        run: a message, or a directory with one.
        images: image files (PNG, JPEG, ...).
        model: what builds the network, file.py:function, where the run has no graph; or the one that has the given
            arrays which the certificate names.
        given: a file of these arrays, in place of those of --model; by default given.safetensors of the run.
        invert: dark on light ink, as on paper: invert the grey values.
    """
    import torch

    from netrazor.certification.graph_text import parse_graph
    from netrazor.data.pictures import read_picture
    from netrazor.networks import input_shape
    from netrazor.networks.plain_call import scores_in
    from netrazor.pipeline.own_network import own_network
    from netrazor.verification import architecture_of, load

    files = read_run(run) if (run / CERTIFICATE).exists() else None
    if files is not None and files.certificate.task != "single-label":
        raise ConfigurationError(
            f"{run}: a classifier of single labels needed, got another; use netrazor.load"
        )
    classes = 0 if files is None else files.certificate.sample.classes
    network = load(run, None if model is None else own_network(model, classes=classes), given=given)
    if files is not None and files.graph is not None:
        found: tuple[int, ...] | None = parse_graph(files.graph).input_shape
    else:
        found = getattr(network, "input_shape", None) or input_shape(architecture_of(run))
    if found is None or len(found) != 3:
        raise ConfigurationError(
            f"{run}: a classifier of images needed, got {type(network).__name__}; use netrazor.load"
        )
    shape = (found[0], found[1], found[2])
    console = open_console()
    for path in images:
        with torch.inference_mode():
            scores = scores_in(network(read_picture(path, shape, invert=invert)[None]))[0]
        share = torch.softmax(scores, 0).max().item()
        console.print(f"{path}: {int(scores.argmax())} (softmax {share:.2f})")
