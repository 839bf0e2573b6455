"""The declared architectures, and what a network's message and certificate are made from."""

from netrazor.networks.declared import ARCHITECTURES, build, index_of, input_shape, name_of
from netrazor.networks.estimators import as_network
from netrazor.networks.feature_maps import LogScale
from netrazor.networks.lenet5 import LeNet5
from netrazor.networks.mlp import MLP
from netrazor.networks.mobilenet import MobileNet
from netrazor.networks.plain import make_plain
from netrazor.networks.resnet_cifar import ResNetCifar
from netrazor.networks.source import source_digest
from netrazor.networks.squeezenet import SqueezeNet
from netrazor.networks.state import coded_state, load_coded_state
from netrazor.networks.subspace import Subspace
from netrazor.networks.user_files import build_from, load_weights, make_from, read_weights

__all__ = [
    "ARCHITECTURES",
    "MLP",
    "LeNet5",
    "LogScale",
    "MobileNet",
    "ResNetCifar",
    "SqueezeNet",
    "Subspace",
    "as_network",
    "build",
    "build_from",
    "coded_state",
    "index_of",
    "input_shape",
    "load_coded_state",
    "load_weights",
    "make_from",
    "make_plain",
    "name_of",
    "read_weights",
    "source_digest",
]
