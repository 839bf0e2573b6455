"""Two small whole-number convolutions and a linear layer behind a fixed front, shown the mirror image too.

As in `integer_chain` beside it, every sum stays below 2^24, which float32 holds exactly in any order.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from netrazor.reproduction.record_networks.integer_chain import BIAS_UNIT, WHITE
from netrazor.reproduction.record_networks.opponent_front import OpponentFront

SHIFT = 8  # what the sums of all convolutions but the last are divided by
INNER, LAST = 2047, 4095  # largest values that these hand on, and that the last one does


class IntegerStack(nn.Module):
    """Input: N x C x H x W float32 in [0, 1], whole numbers over 255. Output: N x ``classes`` whole scores.

    Args:
        image: C, H and W of the images; C is 1 or 3.
        filters: fixed random filters of the front; 0: none.
        units: outputs of the learned convolutions.
        classes: number of scores.
    """

    def __init__(
        self,
        image: tuple[int, int, int] = (3, 32, 32),
        *,
        filters: int = 0,
        units: Sequence[int] = (24, 32),
        classes: int = 10,
    ) -> None:
        super().__init__()
        self.input_shape = image
        self.front = OpponentFront(filters=filters)
        maps = filters or (17 if image[0] == 1 else 29)
        halvings = 1 + (filters > 0) + len(units)
        places = (image[1] >> halvings) * (image[2] >> halvings)
        self.learned = MirroredLayers(maps, units, places, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Scores of ``images``."""
        scores: Tensor = self.learned(self.front(images))
        return scores


class MirroredLayers(nn.Module):
    """What is learned: convolutions 3 x 3, each with the maximum of 2 x 2 places and ReLU; linear without bias.

    What the last convolution makes of an image and of its mirror image is added up.
    """

    def __init__(self, maps: int, units: Sequence[int], places: int, classes: int) -> None:
        super().__init__()
        inputs = (maps, *units[:-1])
        self.convs = nn.ModuleList(
            nn.Conv2d(before, after, 3, padding=1) for before, after in zip(inputs, units, strict=True)
        )
        self.linear = nn.Linear(units[-1] * places, classes, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        """Scores of N x 2 maps x H x W features in [0, 1]: of the images, then of their mirror images."""
        x = torch.cat(torch.round(WHITE * features).chunk(2, 1))
        for conv in self.convs[:-1]:
            x = whole(self._summed(conv, x) / SHIFT).clamp(0, INNER)
        x = self._summed(self.convs[-1], x).clamp(0, LAST)
        seen, mirrored = torch.flatten(x, 1).chunk(2)
        return self.linear(seen + mirrored)

    @staticmethod
    def _summed(conv: nn.Conv2d, x: Tensor) -> Tensor:
        assert conv.bias is not None
        return F.max_pool2d(F.conv2d(x, conv.weight, BIAS_UNIT * conv.bias, padding=1), 2)


def whole(x: Tensor) -> Tensor:
    """``x`` rounded down; gradients pass as if it were not."""
    return x + (torch.floor(x) - x).detach()
