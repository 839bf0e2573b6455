"""A network of the user's own and its data by their names, as the command line has them."""

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from netrazor import data as datasets
from netrazor.errors import ConfigurationError
from netrazor.networks import ARCHITECTURES, build, build_from, load_weights, read_weights
from netrazor.pipeline.certified_run import Run, run
from netrazor.pipeline.run_configuration import RunConfiguration


@dataclass(frozen=True)
class RunInputs:
    """What a run reads, by names.

    Attributes:
        data: a known data set, or a folder of images or shards.
        weights: trained weights of the network; None: it starts as it is built.
        size: side of a folder's images in pixels; None: by the network's ``input_shape``, or the first image.
        data_directory: where known data sets are kept, instead of the default.
    """

    data: str | None = None
    weights: Path | None = None
    size: int | None = None
    data_directory: Path | None = None


def certify_own(model: str, inputs: RunInputs, configuration: RunConfiguration) -> Run:
    """Certify a network that the user's own module builds, on a known data set or a folder.

    Args:
        model: "file.py:function" or "package.module:function", or the name of a declared architecture, which gets as
            many classes as the data has.
        inputs: its data and weights.
        configuration: of the run.

    Raises:
        ConfigurationError: no data said.
        NetrazorError: as for `netrazor.pipeline.run`; a module, data or weights that cannot be read.
    """
    if inputs.data is None:
        raise ConfigurationError(
            "data: a known name or a folder of images or shards needed, got none; give one with --data"
        )
    torch.manual_seed(configuration.seed)
    network = None if model in ARCHITECTURES else own_network(model, inputs.weights)
    shape = own_shape(network, inputs.size)
    dataset = datasets.open_dataset(inputs.data, shape=shape, directory=inputs.data_directory)
    if network is None:
        network = own_network(model, inputs.weights, classes=dataset.classes)
    return run(network, dataset, configuration)


def own_network(reference: str, weights: Path | None = None, *, classes: int = 0) -> nn.Module:
    """The network that ``reference`` builds or, with so many classes, names; with the weights of a file."""
    network = build(reference, classes=classes) if reference in ARCHITECTURES else build_from(reference)
    if weights is not None:
        load_weights(network, read_weights(weights))
        network.eval()  # its statistics are those of the file
    return network


def own_shape(network: nn.Module | None, size: int | None) -> tuple[int, int, int] | None:
    """The shape of a folder's images for ``network``: RGB of ``size``, or what it says of itself, or None.

    Raises:
        ConfigurationError: what it says of itself is no shape.
    """
    if size is not None:
        return (3, size, size)
    shape = getattr(network, "input_shape", None)
    if shape is None:
        return None
    try:
        channels, height, width = map(int, shape)
    except (TypeError, ValueError) as error:
        raise ConfigurationError(
            f"input_shape: (channels, height, width) allowed, got {shape!r}; correct it, or give --size"
        ) from error
    return channels, height, width
