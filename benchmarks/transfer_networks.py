"""The networks of `benchmarks/transfer.py`: a backbone that learned Fashion-MNIST, with a head, and with LoRA."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

UNITS, FEATURES, CLASSES, RANK = 128, 48, 10, 2


class Backbone(nn.Module):
    """Two convolutions, a layer, and the principal components of its units: N x 1 x 28 x 28 images to N x 48."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.fc = nn.Linear(32 * 7 * 7, UNITS)
        self.components = nn.Linear(UNITS, FEATURES)

    def forward(self, images: Tensor) -> Tensor:
        """Features of ``images``, whose pixels are in [0, 1]."""
        features: Tensor = self.components(self.units(images))
        return features

    def units(self, images: Tensor) -> Tensor:
        """The units that the components are made of."""
        x = F.relu(F.max_pool2d(self.conv1(2 * images - 1), 2))
        x = F.relu(F.max_pool2d(self.conv2(x), 2))
        return F.relu(self.fc(x.flatten(1)))


@torch.no_grad()
def find_components(backbone: Backbone, images: Tensor) -> None:
    """Make the components those of the units of ``images``, each of spread 1, the first ones stretched to up to 2.

    Small whole numbers are then a fair choice of weights behind them, and the first components the best to use.
    """
    units = backbone.units(images)
    live = units.std(0) > 1e-3
    spread = units.std(0).clamp(min=1e-3)
    mean = units.mean(0)
    standard = torch.where(live, (units - mean) / spread, torch.zeros(()))
    _, sizes, directions = torch.linalg.svd(standard, full_matrices=False)
    stretch = torch.linspace(2, 1, FEATURES) * len(images) ** 0.5 / sizes[:FEATURES].clamp(min=1e-3)
    weight = torch.where(live, stretch[:, None] * directions[:FEATURES] / spread, torch.zeros(()))
    backbone.components.weight.copy_(weight)
    backbone.components.bias.copy_(-weight @ mean)


class WithHead(nn.Module):
    """The backbone, and a linear head."""

    def __init__(self, backbone: Backbone) -> None:
        super().__init__()
        self.backbone = backbone
        self.head = nn.Linear(FEATURES, CLASSES)

    def forward(self, images: Tensor) -> Tensor:
        """Scores of ``images``."""
        scores: Tensor = self.head(self.backbone(images))
        return scores


class LowRank(nn.Module):
    """A linear layer with what a product of two thin matrices adds to it (Hu et al. 2021)."""

    def __init__(self, base: nn.Linear, rank: int) -> None:
        super().__init__()
        self.base = base
        self.down = nn.Parameter(torch.randn(rank, base.in_features) / base.in_features**0.5)
        self.up = nn.Parameter(torch.zeros(base.out_features, rank))

    def forward(self, inputs: Tensor) -> Tensor:
        """The layer's outputs."""
        added = F.linear(F.linear(inputs, self.down), self.up)
        outputs: Tensor = self.base(inputs) + added
        return outputs


def with_lora(backbone: Backbone) -> WithHead:
    """The backbone with LoRA in its last layer, and a head."""
    backbone.fc = LowRank(backbone.fc, RANK)  # type: ignore[assignment]
    return WithHead(backbone)
