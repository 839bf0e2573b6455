"""The networks of the declared learners: small, so that many rounds of picking fit into minutes of a core."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class PickedCnn(nn.Module):
    """Three convolutions, each halved and normalised, and a linear layer: N x ``channels`` x 28 x 28 to 10 logits."""

    def __init__(self, width: int = 16, channels: int = 1, classes: int = 10) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *_halved(channels, width, 5),
            *_halved(width, 2 * width, 3),
            *_halved(2 * width, 4 * width, 3),
            nn.Flatten(),
            nn.Linear(4 * width * 9, classes),
        )
        _channels_last(self)

    def forward(self, images: Tensor) -> Tensor:
        """Logits of ``images``."""
        logits: Tensor = self.layers(images)
        return logits


class DropoutCnn(nn.Module):
    """`PickedCnn` with dropout before its linear layer: few examples are soon learned by heart without it."""

    def __init__(self, width: int = 16, channels: int = 1, classes: int = 10, dropout: float = 0.5) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *_halved(channels, width, 5),
            *_halved(width, 2 * width, 3),
            *_halved(2 * width, 4 * width, 3),
            nn.Flatten(),
            nn.Dropout(dropout),
            nn.Linear(4 * width * 9, classes),
        )
        _channels_last(self)

    def forward(self, images: Tensor) -> Tensor:
        """Logits of ``images``."""
        logits: Tensor = self.layers(images)
        return logits


class PickedResNet(nn.Module):
    """Halving convolutions and two residual blocks: N x 3 x 32 x 32 to logits, 20 million products an image."""

    def __init__(self, width: int = 32, classes: int = 10) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *_halved(3, width, 3),
            *_halved(width, 2 * width, 3),
            Residual(2 * width),
            *_halved(2 * width, 4 * width, 3),
            Residual(4 * width),
            nn.AdaptiveMaxPool2d(1),
            nn.Flatten(),
            nn.Linear(4 * width, classes),
        )
        _channels_last(self)

    def forward(self, images: Tensor) -> Tensor:
        """Logits of ``images``, which are scaled to [-1, 1] by constants first."""
        logits: Tensor = self.layers(2.0 * images - 1.0)
        return logits


class Ensemble(nn.Module):
    """Networks that learn side by side and answer together, by the mean of their logits.

    In training it gives the logits of each member, one below the other, for `ensemble_loss`; in evaluation their mean
    over the members and, with ``mirrored``, over each image and its mirror image.
    """

    def __init__(self, build: Callable[[], nn.Module], members: int, mirrored: bool = False) -> None:
        super().__init__()
        self.members = nn.ModuleList(build() for _ in range(members))
        self.mirrored = mirrored

    def forward(self, images: Tensor) -> Tensor:
        """N x classes logits; members N x classes in training."""
        if self.training:
            return torch.cat([member(images) for member in self.members])
        views = [images, images.flip(-1)] if self.mirrored else [images]
        return torch.stack([member(view) for member in self.members for view in views]).mean(0)


class ShiftedViews(nn.Module):
    """A network that answers, in evaluation, by the mean of its scores of an image and of its four neighbours.

    These are the image moved by one pixel up, down, left and right; what leaves at one edge enters at the other.
    In training it is the network itself.
    """

    def __init__(self, build: Callable[[], nn.Module]) -> None:
        super().__init__()
        self.network = build()

    def forward(self, images: Tensor) -> Tensor:
        """What the network gives in training; N x classes scores in evaluation."""
        if self.training:
            scores: Tensor = self.network(images)
            return scores
        moved = [images.roll(step, axis) for axis in (-2, -1) for step in (1, -1)]
        return torch.stack([self.network(view) for view in (images, *moved)]).mean(0)


def ensemble_loss(scores: Tensor, labels: Tensor) -> Tensor:
    """The mean of the members' cross entropies."""
    return F.cross_entropy(scores, labels.repeat(len(scores) // len(labels)))


class Residual(nn.Module):
    """Two convolutions around a shortcut."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            *_normed(width, width, 3), nn.ReLU(), *_normed(width, width, 3), nn.ReLU()
        )

    def forward(self, images: Tensor) -> Tensor:
        """The input, and what the convolutions add."""
        added: Tensor = self.layers(images)
        return images + added


def _channels_last(network: nn.Module) -> None:
    """Lay its weights out as convolutions on a CPU are fastest."""
    network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]


def _normed(inputs: int, outputs: int, size: int) -> list[nn.Module]:
    return [nn.Conv2d(inputs, outputs, size, padding=size // 2, bias=False), nn.BatchNorm2d(outputs)]


def _halved(inputs: int, outputs: int, size: int) -> list[nn.Module]:
    convolution, norm = _normed(inputs, outputs, size)
    return [convolution, nn.MaxPool2d(2), norm, nn.ReLU()]
