"""The declared architectures, by name and by the index that messages carry."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from torch import nn

from netrazor.errors import ConfigurationError
from netrazor.networks.integer_chain import IntegerChain
from netrazor.networks.integer_overlap import IntegerOverlap
from netrazor.networks.integer_stack import IntegerStack
from netrazor.networks.lenet5 import LeNet5
from netrazor.networks.mlp import MLP
from netrazor.networks.mobilenet import MobileNet
from netrazor.networks.normed_mlp import NormedMLP
from netrazor.networks.resnet_cifar import ResNetCifar
from netrazor.networks.squeezenet import SqueezeNet
from netrazor.networks.subspace import Subspace
from netrazor.networks.text_classifier import TextClassifier
from netrazor.networks.vision_transformer import VisionTransformer


def _subspace_of(
    network: Callable[..., nn.Module], coordinates: int, step: float = 0.25, **settings: Any
) -> Subspace:
    return Subspace(network(**settings), coordinates, step=step)


@dataclass(frozen=True)
class _Declared:
    """How a network is built, and the shape of its images (None: it takes something else)."""

    build: Callable[..., nn.Module]
    input_shape: tuple[int, int, int] | None


_GREY, _COLOUR, _LARGE = (1, 28, 28), (3, 32, 32), (3, 224, 224)
_DECLARED: dict[str, _Declared] = {
    "lenet5": _Declared(LeNet5, _GREY),
    "lenet-300-100": _Declared(MLP, _GREY),
    "mobilenet-0.5": _Declared(MobileNet, _LARGE),
    "squeezenet-1.0": _Declared(partial(SqueezeNet, "1.0"), _LARGE),
    "squeezenet-1.1": _Declared(partial(SqueezeNet, "1.1"), _LARGE),
    "resnet-20": _Declared(partial(ResNetCifar, 20), _COLOUR),
    "resnet-56": _Declared(partial(ResNetCifar, 56), _COLOUR),
    "mobilenet-0.5-cifar": _Declared(partial(MobileNet, 0.5, 10, stem_stride=1), _COLOUR),
    "squeezenet-1.1-cifar": _Declared(partial(SqueezeNet, "1.1", 10, stem_stride=1), _COLOUR),
    "resnet-20-projection": _Declared(partial(ResNetCifar, 20, shortcut="B"), _COLOUR),
    "resnet-56-projection": _Declared(partial(ResNetCifar, 56, shortcut="B"), _COLOUR),
    "vision-transformer": _Declared(VisionTransformer, _COLOUR),
    "text-classifier": _Declared(TextClassifier, None),
    "integer-chain-mnist": _Declared(partial(IntegerChain, deskew=True, border=1), _GREY),
    "integer-chain-fashion": _Declared(partial(IntegerChain, units=16), _GREY),
    "integer-chain-cifar": _Declared(partial(IntegerChain, (3, 32, 32), units=20), _COLOUR),
    "normed-mlp": _Declared(NormedMLP, _GREY),
    "lenet5-subspace": _Declared(partial(_subspace_of, LeNet5, 1000), _GREY),
    "resnet-20-subspace": _Declared(partial(_subspace_of, partial(ResNetCifar, 20), 3000), _COLOUR),
    "integer-stack-cifar": _Declared(partial(IntegerStack, filters=64, units=(32,)), _COLOUR),
    "integer-stack-fashion": _Declared(partial(IntegerStack, (1, 28, 28), filters=64, units=(24,)), _GREY),
    "integer-overlap-cifar": _Declared(IntegerOverlap, _COLOUR),
    "lenet5-subspace-wide": _Declared(partial(_subspace_of, LeNet5, 1000, 0.5), _GREY),
    "resnet-20-subspace-wide": _Declared(partial(_subspace_of, partial(ResNetCifar, 20), 1500, 0.5), _COLOUR),
}

# The index into this list is sent in every message, so entries are only ever appended. 0 stands for a network
# of the user's own, whose shapes are then part of what is paid for.
ARCHITECTURES: tuple[str, ...] = ("custom", *_DECLARED)


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
        return _DECLARED[name].build(**settings)
    except TypeError as error:
        raise ConfigurationError(f"settings of architecture {name!r}: {error}; see its class") from error


def input_shape(name: str) -> tuple[int, int, int] | None:
    """C, H and W of the images that the declared architecture ``name`` takes; None where it takes something else.

    Raises:
        ConfigurationError: no declared architecture has that name.
    """
    return _DECLARED[name].input_shape if index_of(name) else None


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
