"""The declared architectures, and what a network's message and certificate are made from."""

from collections.abc import Callable
from functools import partial
from typing import Any

from torch import nn

from netrazor.errors import ConfigurationError
from netrazor.networks.integer_chain import IntegerChain
from netrazor.networks.integer_overlap import IntegerOverlap
from netrazor.networks.integer_stack import IntegerStack
from netrazor.networks.lenet5 import LeNet5
from netrazor.networks.loading import build_from, load_weights, read_weights
from netrazor.networks.mlp import MLP
from netrazor.networks.mobilenet import MobileNet
from netrazor.networks.normed_mlp import NormedMLP
from netrazor.networks.plain import make_plain
from netrazor.networks.resnet_cifar import ResNetCifar
from netrazor.networks.source import source_digest
from netrazor.networks.squeezenet import SqueezeNet
from netrazor.networks.state import coded_state, load_coded_state
from netrazor.networks.subspace import Subspace
from netrazor.networks.text_classifier import TextClassifier
from netrazor.networks.vision_transformer import VisionTransformer

__all__ = [
    "ARCHITECTURES",
    "MLP",
    "IntegerChain",
    "IntegerOverlap",
    "IntegerStack",
    "LeNet5",
    "MobileNet",
    "NormedMLP",
    "ResNetCifar",
    "SqueezeNet",
    "Subspace",
    "TextClassifier",
    "VisionTransformer",
    "build",
    "build_from",
    "coded_state",
    "index_of",
    "load_coded_state",
    "load_weights",
    "make_plain",
    "name_of",
    "read_weights",
    "source_digest",
]


def _subspace_of(network: Callable[..., nn.Module], coordinates: int, **settings: Any) -> Subspace:
    return Subspace(network(**settings), coordinates)


_BUILDERS: dict[str, Callable[..., nn.Module]] = {
    "lenet5": LeNet5,
    "lenet-300-100": MLP,
    "mobilenet-0.5": MobileNet,
    "squeezenet-1.0": partial(SqueezeNet, "1.0"),
    "squeezenet-1.1": partial(SqueezeNet, "1.1"),
    "resnet-20": partial(ResNetCifar, 20),
    "resnet-56": partial(ResNetCifar, 56),
    "mobilenet-0.5-cifar": partial(MobileNet, 0.5, 10, stem_stride=1),
    "squeezenet-1.1-cifar": partial(SqueezeNet, "1.1", 10, stem_stride=1),
    "resnet-20-projection": partial(ResNetCifar, 20, shortcut="B"),
    "resnet-56-projection": partial(ResNetCifar, 56, shortcut="B"),
    "vision-transformer": VisionTransformer,
    "text-classifier": TextClassifier,
    "integer-chain-mnist": partial(IntegerChain, deskew=True, border=1),
    "integer-chain-fashion": partial(IntegerChain, units=16),
    "integer-chain-cifar": partial(IntegerChain, (3, 32, 32), units=20),
    "normed-mlp": NormedMLP,
    "lenet5-subspace": partial(_subspace_of, LeNet5, 1000),
    "resnet-20-subspace": partial(_subspace_of, partial(ResNetCifar, 20), 3000),
    "integer-stack-cifar": partial(IntegerStack, filters=64, units=(32,)),
    "integer-stack-fashion": partial(IntegerStack, (1, 28, 28), filters=64, units=(24,)),
    "integer-overlap-cifar": IntegerOverlap,
}

# The index into this list is sent in every message, so entries are only ever appended. 0 stands for a network
# of the user's own, whose shapes are then part of what is paid for.
ARCHITECTURES: tuple[str, ...] = ("custom", *_BUILDERS)


def build(name: str, **settings: Any) -> nn.Module:
    """A fresh network of the declared architecture ``name``.

    ``settings`` go to its class (``classes=100``, say). A network built with settings of its own has other
    shapes than the declared one: it is coded as architecture 0.

    Raises:
        ConfigurationError: no declared architecture has that name, or a setting that it does not have.
    """
    index = index_of(name)
    if index == 0:
        raise ConfigurationError("architecture: 'custom' cannot be built by name; pass the module itself")
    try:
        return _BUILDERS[name](**settings)
    except TypeError as error:
        raise ConfigurationError(f"settings of architecture {name!r}: {error}; see its class") from error


def index_of(name: str) -> int:
    """The index of architecture ``name`` in the declared list, as sent in the message.

    Raises:
        ConfigurationError: no declared architecture has that name.
    """
    if name not in ARCHITECTURES:
        raise ConfigurationError(f"architecture: one of {', '.join(ARCHITECTURES)}; got {name!r}")
    return ARCHITECTURES.index(name)


def name_of(index: int) -> str:
    """The name of the architecture with ``index`` in the declared list.

    Raises:
        ConfigurationError: the list of this version has no such index.
    """
    if not 0 <= index < len(ARCHITECTURES):
        raise ConfigurationError(
            f"architecture index: 0 to {len(ARCHITECTURES) - 1} in this version; got {index}; "
            "a newer version of netrazor may know it"
        )
    return ARCHITECTURES[index]
