"""SqueezeNet 1.0 and 1.1 (Iandola et al. 2016): 1,248,424 and 1,235,496 parameters at 1,000 classes."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

# Squeeze widths of the eight fire modules; each expands to four times as many 1 x 1 and 3 x 3 filters.
_SQUEEZE = (16, 16, 32, 32, 48, 48, 64, 64)
# Version: (filters and size of the stem, the fire modules that a max-pooling follows; 0 is the stem).
_VERSIONS = {"1.0": (96, 7, (0, 3, 7)), "1.1": (64, 3, (0, 2, 4))}


class Fire(nn.Module):
    """A 1 x 1 squeeze, then 1 x 1 and 3 x 3 expansions side by side."""

    def __init__(self, inputs: int, squeeze: int) -> None:
        super().__init__()
        self.squeeze = nn.Conv2d(inputs, squeeze, 1)
        self.expand1x1 = nn.Conv2d(squeeze, 4 * squeeze, 1)
        self.expand3x3 = nn.Conv2d(squeeze, 4 * squeeze, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """The two expansions, concatenated."""
        x = F.relu(self.squeeze(x))
        return torch.cat([F.relu(self.expand1x1(x)), F.relu(self.expand3x3(x))], 1)


class SqueezeNet(nn.Module):
    """SqueezeNet of ``version`` "1.0" or "1.1": N x 3 x H x W images in [0, 1] to N x ``classes`` logits.

    ``stem_stride=1`` is the stem for CIFAR's small images.
    """

    def __init__(self, version: str = "1.1", classes: int = 1000, *, stem_stride: int = 2) -> None:
        super().__init__()
        filters, size, pooled = _VERSIONS[version]
        layers: list[nn.Module] = [nn.Conv2d(3, filters, size, stem_stride), nn.ReLU(), _pool()]
        inputs = filters
        for number, squeeze in enumerate(_SQUEEZE, start=1):
            layers.append(Fire(inputs, squeeze))
            inputs = 8 * squeeze
            if number in pooled:
                layers.append(_pool())
        self.features = nn.Sequential(*layers)
        self.classifier = nn.Sequential(nn.Dropout(), nn.Conv2d(inputs, classes, 1), nn.ReLU())

    def forward(self, images: Tensor) -> Tensor:
        """Logits of ``images``, which are scaled to [-1, 1] by constants first."""
        scores: Tensor = self.classifier(self.features(2.0 * (images - 0.5)))
        return scores.mean((2, 3))


def _pool() -> nn.Module:
    return nn.MaxPool2d(3, 2, ceil_mode=True)
