"""The declared architectures, and what a network's message and certificate are made from."""

from netrazor.networks.declared import ARCHITECTURES, build, index_of, input_shape, name_of
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
    "input_shape",
    "load_coded_state",
    "load_weights",
    "make_plain",
    "name_of",
    "read_weights",
    "source_digest",
]
