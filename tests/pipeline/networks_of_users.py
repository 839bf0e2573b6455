"""The networks that a user may bring, small, each with data that it can learn."""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor import networks
from netrazor.data import ImageDataset
from text_classifier import TextClassifier
from vision_transformer import VisionTransformer

CLASSES, EXAMPLES = 3, 24


class Tokens(Dataset[tuple[Tensor, int]]):
    """Token sequences whose first token is the class; no tensor of torch's own data sets."""

    def __init__(self, length: int = 6, vocabulary: int = 40) -> None:
        generator = torch.Generator().manual_seed(0)
        self.labels = torch.arange(EXAMPLES) % CLASSES
        self.tokens = torch.randint(1, vocabulary, (EXAMPLES, length), generator=generator)
        self.tokens[:, 0] = self.labels + 1

    def __len__(self) -> int:
        return EXAMPLES

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        return self.tokens[index], int(self.labels[index])


def images(shape: tuple[int, int, int], n: int = EXAMPLES) -> ImageDataset:
    """Noise whose brightness is the class."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.arange(n) % CLASSES
    pixels = 60 * torch.rand(n, *shape, generator=generator) + 60 * labels.view(-1, 1, 1, 1)
    return ImageDataset(pixels.to(torch.uint8), labels, CLASSES)


@dataclass(frozen=True)
class Case:
    """A network and what it is certified on."""

    build: Callable[[], nn.Module]
    data: Callable[[], Dataset[tuple[Tensor, int]]]


CASES = {
    "mlp": Case(lambda: networks.MLP((64, 12, CLASSES)), lambda: images((1, 8, 8))),
    "lenet5": Case(lambda: networks.LeNet5(CLASSES), lambda: images((1, 28, 28))),
    "mobilenet-0.5": Case(lambda: networks.MobileNet(0.5, CLASSES), lambda: images((3, 32, 32))),
    "squeezenet-1.1": Case(lambda: networks.SqueezeNet("1.1", CLASSES), lambda: images((3, 32, 32))),
    "resnet-20": Case(lambda: networks.ResNetCifar(20, CLASSES), lambda: images((3, 16, 16))),
    "transformer": Case(
        lambda: VisionTransformer(CLASSES, size=8, width=8, depth=1, heads=2),
        lambda: images((3, 8, 8)),
    ),
    "text": Case(lambda: TextClassifier(40, CLASSES, width=4, hidden=6), Tokens),
}
