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
    invert: Annotated[bool, Parameter(negative="")] = False,
) -> None:
    """Print the class of each image, by the network decoded from the message.

    Images are converted to the size and channels of the network's input; values are scaled to [0, 1].

    Args:
        run: a message, or a directory with one.
        images: image files (PNG, JPEG, ...).
        invert: dark on light ink, as on paper: invert the grey values.
    """
    import torch

    from netrazor.data.pictures import read_picture
    from netrazor.networks import input_shape
    from netrazor.networks.graph_network import GraphNetwork
    from netrazor.verification import architecture_of, load

    if (run / CERTIFICATE).exists() and read_run(run).certificate.task != "single-label":
        raise ConfigurationError(
            f"{run}: a classifier of single labels needed, got another; use netrazor.load"
        )
    network = load(run)
    found = (
        network.graph.input_shape if isinstance(network, GraphNetwork) else input_shape(architecture_of(run))
    )
    if found is None or len(found) != 3:
        raise ConfigurationError(
            f"{run}: a classifier of images needed, got {type(network).__name__}; use netrazor.load"
        )
    shape = (found[0], found[1], found[2])
    console = open_console()
    for path in images:
        with torch.inference_mode():
            scores = network(read_picture(path, shape, invert=invert)[None])[0]
        share = torch.softmax(scores, 0).max().item()
        console.print(f"{path}: {int(scores.argmax())} (softmax {share:.2f})")
