"""The record network of CIFAR-10: fixed features, a convolution with overlapping maxima, and a linear layer.

Each channel of the convolution is used with both signs (Shang et al. 2016): twice the features for the bits of one.
The features of an image and of its mirror image are added up, so both have the same scores. As in `integer_chain`,
every sum stays below 2^24, which float32 holds exactly in any order of summation.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from netrazor.reproduction.record_networks.hash_filters import WHITE
from netrazor.reproduction.record_networks.integer_chain import BIAS_UNIT
from netrazor.reproduction.record_networks.opponent_features import OpponentFeatures

LARGEST_SUM = 4095  # of the outputs of the convolution in all views; larger ones are clipped


class IntegerOverlap(nn.Module):
    """Input: N x C x H x W float32 in [0, 1], whole numbers over 255. Output: N x ``classes`` whole scores.

    Args:
        image: C, H and W of the images; C is 1 or 3.
        filters: number of fixed filters.
        units: output channels of the learned convolution.
        classes: number of scores.
    """

    def __init__(
        self,
        image: tuple[int, int, int] = (3, 32, 32),
        *,
        filters: int = 64,
        units: int = 32,
        classes: int = 10,
    ) -> None:
        super().__init__()
        self.input_shape = image
        self.features = OpponentFeatures(filters=filters)
        positions = -(-image[1] // 8) * -(-image[2] // 8)
        self.learned = OverlappingLayers(filters, units, positions, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Scores of ``images``."""
        scores: Tensor = self.learned(self.features(images))
        return scores


class OverlappingLayers(nn.Module):
    """The learned part: a 3 x 3 convolution, and a linear layer without bias.

    Between them: the maximum of each channel, and of its negative, over 3 x 3 positions at every second position, and
    ReLU; divided by the number of views, and added up over these.
    """

    def __init__(self, inputs: int, units: int, positions: int, classes: int, *, views: int = 2) -> None:
        super().__init__()
        self.views = views
        self.conv = nn.Conv2d(inputs, units, 3, padding=1)
        self.linear = nn.Linear(2 * units * positions, classes, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        """Scores of N x (``views`` x ``inputs``) x H x W features in [0, 1], of one view after another."""
        assert self.conv.bias is not None
        x = torch.cat(torch.round(WHITE * features).chunk(self.views, 1))
        x = F.conv2d(x, self.conv.weight, BIAS_UNIT * self.conv.bias, padding=1)
        x = F.max_pool2d(torch.cat([x, -x], 1), 3, stride=2, padding=1)
        hidden = floor_straight_through(x / self.views).clamp(0, LARGEST_SUM // self.views)
        scores: Tensor = self.linear(torch.stack(torch.flatten(hidden, 1).chunk(self.views)).sum(0))
        return scores


def floor_straight_through(x: Tensor) -> Tensor:
    """``x`` rounded down; gradients pass as if it were not (straight-through)."""
    return x + (torch.floor(x) - x).detach()
