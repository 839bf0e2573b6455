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
LARGEST_OF_A_VIEW = 8191  # larger outputs of the convolution are clipped where several views are added up


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
    """The learned part: a 3 x 3 convolution, maximum over 2 x 2 positions, ReLU, and a linear layer without bias.

    Of several views of an image the linear layer sees the sum, each of them clipped at `LARGEST_OF_A_VIEW`.
    """

    def __init__(self, inputs: int, units: int, positions: int, classes: int, *, views: int = 1) -> None:
        super().__init__()
        self.views = views
        self.conv = nn.Conv2d(inputs, units, 3, padding=1)
        self.linear = nn.Linear(units * positions, classes, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        """Scores of N x (``views`` x ``inputs``) x H x W features in [0, 1], whole numbers over 255."""
        assert self.conv.bias is not None
        x = torch.cat(torch.round(WHITE * features).chunk(self.views, 1))
        x = F.conv2d(x, self.conv.weight, BIAS_UNIT * self.conv.bias, padding=1)
        hidden = torch.flatten(F.relu(F.max_pool2d(x, 2)), 1)
        if self.views > 1:
            hidden = torch.stack(hidden.clamp(max=LARGEST_OF_A_VIEW).chunk(self.views)).sum(0)
        scores: Tensor = self.linear(hidden)
        return scores
