"""The networks of `benchmarks/transfer.py`: a backbone that learned Fashion-MNIST, with a head, and with LoRA."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

FEATURES, CLASSES, RANK = 128, 10, 2


class Backbone(nn.Module):
    """Two convolutions and one layer: N x 1 x 28 x 28 images in [0, 1] to N x 128 features, none below zero."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, 3, padding=1)
        self.conv2 = nn.Conv2d(16, 32, 3, padding=1)
        self.fc = nn.Linear(32 * 7 * 7, FEATURES)

    def forward(self, images: Tensor) -> Tensor:
        """Features of ``images``."""
        x = F.relu(F.max_pool2d(self.conv1(2 * images - 1), 2))
        x = F.relu(F.max_pool2d(self.conv2(x), 2))
        return F.relu(self.fc(x.flatten(1)))


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
