"""Like `integer_stack` beside it, with units that say both yes and no, and maxima over overlapping places.

Each unit hands on half the maximum of its sum and of its negative (Shang et al. 2016), over 3 x 3 places, at every
second one: twice the features for the bits of one. All sums stay below 2^24, which float32 holds exactly in
any order.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from netrazor.reproduction.record_networks.integer_chain import BIAS_UNIT, WHITE
from netrazor.reproduction.record_networks.integer_stack import INNER, whole
from netrazor.reproduction.record_networks.opponent_front import OpponentFront


class IntegerOverlap(nn.Module):
    """Input: N x 3 x H x W float32 in [0, 1], whole numbers over 255. Output: N x ``classes`` whole scores.

    Args:
        image: C, H and W of the images; C is 1 or 3.
        filters: fixed random filters of the front.
        units: outputs of the learned convolution.
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
        self.front = OpponentFront(filters=filters)
        places = -(-image[1] // 8) * -(-image[2] // 8)
        self.learned = OverlappingLayers(filters, units, places, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Scores of ``images``."""
        scores: Tensor = self.learned(self.front(images))
        return scores


class OverlappingLayers(nn.Module):
    """What is learned: a convolution 3 x 3, overlapping maxima of it and of its negative, ReLU; linear without bias.

    What the convolution makes of an image and of its mirror image is added up.
    """

    def __init__(self, maps: int, units: int, places: int, classes: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(maps, units, 3, padding=1)
        self.linear = nn.Linear(2 * units * places, classes, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        """Scores of N x 2 maps x H x W features in [0, 1]: of the images, then of their mirror images."""
        assert self.conv.bias is not None
        x = torch.cat(torch.round(WHITE * features).chunk(2, 1))
        x = F.conv2d(x, self.conv.weight, BIAS_UNIT * self.conv.bias, padding=1)
        x = whole(F.max_pool2d(torch.cat([x, -x], 1), 3, stride=2, padding=1) / 2).clamp(0, INNER)
        seen, mirrored = torch.flatten(x, 1).chunk(2)
        return self.linear(seen + mirrored)
