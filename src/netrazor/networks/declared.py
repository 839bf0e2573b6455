"""The declared architectures, by name and by the index that messages carry."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from types import MappingProxyType
from typing import Any

from torch import nn

from netrazor.certification.prior_record import OWN_ARCHITECTURE
from netrazor.errors import ConfigurationError


@dataclass(frozen=True)
class DeclaredArchitecture:
    """One entry of the list.

    Attributes:
        index: what messages carry; never given to another architecture, not even when this one is retired, since the
            bits of an index were fixed before the records were run.
        builder: "module:callable" below ``netrazor``, imported when first asked for.
        input_shape: C, H and W of its images; None: it takes something else.
        settings: given to the builder.
    """

    index: int
    builder: str
    input_shape: tuple[int, int, int] | None
    settings: Mapping[str, Any] = field(default_factory=dict)


_GREY, _COLOUR, _LARGE = (1, 28, 28), (3, 32, 32), (3, 224, 224)
_RECORD = "reproduction.record_networks"
_DECLARED: Mapping[str, DeclaredArchitecture] = MappingProxyType(
    {
        "lenet5": DeclaredArchitecture(1, "networks.lenet5:LeNet5", _GREY),
        "lenet-300-100": DeclaredArchitecture(2, "networks.mlp:MLP", _GREY),
        "mobilenet-0.5": DeclaredArchitecture(3, "networks.mobilenet:MobileNet", _LARGE),
        "squeezenet-1.1": DeclaredArchitecture(
            5, "networks.squeezenet:SqueezeNet", _LARGE, {"version": "1.1"}
        ),
        "resnet-20": DeclaredArchitecture(6, "networks.resnet_cifar:ResNetCifar", _COLOUR, {"depth": 20}),
        "resnet-56": DeclaredArchitecture(7, "networks.resnet_cifar:ResNetCifar", _COLOUR, {"depth": 56}),
        "mobilenet-0.5-cifar": DeclaredArchitecture(
            8, "networks.mobilenet:MobileNet", _COLOUR, {"width": 0.5, "classes": 10, "stem_stride": 1}
        ),
        "integer-chain-mnist": DeclaredArchitecture(
            14, f"{_RECORD}.integer_chain:IntegerChain", _GREY, {"deskew": True, "border": 1}
        ),
        "integer-chain-fashion": DeclaredArchitecture(
            15, f"{_RECORD}.integer_chain:IntegerChain", _GREY, {"units": 16}
        ),
        "normed-mlp": DeclaredArchitecture(17, f"{_RECORD}.normed_mlp:NormedMLP", _GREY),
        "integer-overlap-cifar": DeclaredArchitecture(
            22, f"{_RECORD}.integer_overlap:IntegerOverlap", _COLOUR
        ),
        "resnet-20-subspace-wide": DeclaredArchitecture(
            24, "networks.subspace:resnet20_subspace", _COLOUR, {"coordinates": 1500, "step": 0.5}
        ),
        "lenet5-subspace": DeclaredArchitecture(
            25,
            "networks.subspace:lenet5_subspace",
            _GREY,
            {"coordinates": (150, 2, 450, 2, 100, 2, 300, 5), "step": 0.5},
        ),
        "integer-views-mnist": DeclaredArchitecture(26, f"{_RECORD}.integer_views:digit_views", _GREY),
        "integer-views-fashion": DeclaredArchitecture(27, f"{_RECORD}.integer_views:garment_views", _GREY),
        "integer-views-cifar": DeclaredArchitecture(28, f"{_RECORD}.integer_views:photo_views", _COLOUR),
    }
)

# 0 stands for a network of the user's own. Indices that are missing belonged to architectures that are gone.
CUSTOM = OWN_ARCHITECTURE
ARCHITECTURES: tuple[str, ...] = (CUSTOM, *_DECLARED)
LARGEST_INDEX = max(entry.index for entry in _DECLARED.values())
_NAMES = {0: CUSTOM, **{entry.index: name for name, entry in _DECLARED.items()}}


def build(name: str, **settings: Any) -> nn.Module:
    """A fresh network of the declared architecture ``name``.

    ``settings`` go to its class (``classes=100``, say). A network built with settings of its own has other
    shapes than the declared one: it is coded as architecture 0.

    Raises:
        ConfigurationError: no declared architecture has that name, or a setting that it does not have.
    """
    if index_of(name) == 0:
        raise ConfigurationError("architecture: 'custom' cannot be built by name; pass the module itself")
    entry = _DECLARED[name]
    module, builder = entry.builder.split(":")
    make = getattr(import_module(f"netrazor.{module}"), builder)
    try:
        network = make(**{**entry.settings, **settings})
    except TypeError as error:
        raise ConfigurationError(f"settings of architecture {name!r}: {error}; see its class") from error
    assert isinstance(network, nn.Module)
    return network


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
    return _DECLARED[name].index if name in _DECLARED else 0


def name_of(index: int) -> str:
    """The name of the architecture with ``index`` in the declared list.

    Raises:
        ConfigurationError: the list of this version has no such index.
    """
    if index not in _NAMES:
        raise ConfigurationError(
            f"architecture index: one of {', '.join(map(str, _NAMES))} in this version; got {index}; "
            "another version of netrazor may know it"
        )
    return _NAMES[index]
