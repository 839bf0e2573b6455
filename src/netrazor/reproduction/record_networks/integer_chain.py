"""The record network of MNIST and Fashion-MNIST: fixed features, then one convolution and one linear layer.

All arithmetic is on whole numbers below 2^24, which float32 holds exactly in any order of summation, so every
machine computes the same scores. The features are part of the declared architecture: no data chose them, and no
message carries them. Learned are whole numbers: one small convolution and one matrix.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from netrazor.reproduction.record_networks.edge_features import EdgeFeatures
from netrazor.reproduction.record_networks.hash_filters import WHITE

BIAS_UNIT = 64  # what a bias of one adds to a sum of products


class IntegerChain(nn.Module):
    """Input: N x C x H x W float32 in [0, 1], whole numbers over 255. Output: N x ``classes`` whole scores.

    Args:
        image: C, H and W of the images; C is 1 or 3.
        deskew: shear and centre each image first.
        border: rows and columns of the feature maps (at half the resolution) that are cut off at each side.
        filters: number of fixed filters.
        units: output channels of the learned convolution.
        classes: number of scores.
    """

    def __init__(
        self,
        image: tuple[int, int, int] = (1, 28, 28),
        *,
        deskew: bool = False,
        border: int = 0,
        filters: int = 32,
        units: int = 12,
        classes: int = 10,
    ) -> None:
        super().__init__()
        self.features = EdgeFeatures(deskew=deskew, border=border, filters=filters)
        positions = ((image[1] // 2 - 2 * border) // 4) * ((image[2] // 2 - 2 * border) // 4)
        self.learned = IntegerLayers(filters, units, positions, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Scores of ``images``."""
        scores: Tensor = self.learned(self.features(images))
        return scores


class IntegerLayers(nn.Module):
    """The learned part: a 3 x 3 convolution, maximum over 2 x 2 positions, ReLU, and a linear layer without bias."""

    def __init__(self, inputs: int, units: int, positions: int, classes: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, units, 3, padding=1)
        self.linear = nn.Linear(units * positions, classes, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        """Scores of N x ``inputs`` x H x W features in [0, 1], whole numbers over 255."""
        assert self.conv.bias is not None
        x = torch.round(WHITE * features)
        x = F.conv2d(x, self.conv.weight, BIAS_UNIT * self.conv.bias, padding=1)
        scores: Tensor = self.linear(torch.flatten(F.relu(F.max_pool2d(x, 2)), 1))
        return scores
