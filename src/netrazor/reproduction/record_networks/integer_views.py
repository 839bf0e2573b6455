"""The record networks that see each image in several fixed views.

As in `integer_chain` and `integer_overlap`: fixed features that no data chose, then one convolution and one linear
layer of whole numbers, and no sum of 2^24 or more. Here the features are computed of each view, and the linear layer
sees the sum of what the convolution makes of all of them.
"""

import torch
from torch import Tensor, nn

from netrazor.reproduction.record_networks.edge_features import EdgeFeatures
from netrazor.reproduction.record_networks.hash_filters import WHITE
from netrazor.reproduction.record_networks.integer_chain import IntegerLayers
from netrazor.reproduction.record_networks.integer_overlap import OverlappingLayers
from netrazor.reproduction.record_networks.opponent_features import OpponentFeatures
from netrazor.reproduction.record_networks.views import PlainViews, UprightViews, View

TURNED = (View(scale=252, turn=-44), View(scale=252, turn=44))  # by 10 degrees
LARGER_AND_SMALLER = (View(scale=274), View(scale=238))  # to 0.93 and 1.08 times the size
WHOLE_AND_MIDDLE = (View(), View(scale=213))  # the entire image, and 1.2 times as large


class ViewFeatures(nn.Module):
    """From N x C x H x W images in [0, 1] to the features of their views, one view after another.

    Args:
        views: from images of whole numbers to N x V x C x H x W.
        features: of images in [0, 1]; whole numbers over 255.
    """

    def __init__(self, views: nn.Module, features: nn.Module) -> None:
        super().__init__()
        self.views, self.of_one = views, features

    def forward(self, images: Tensor) -> Tensor:
        """Features of ``images``."""
        views: Tensor = self.views(torch.round(WHITE * images))
        return torch.cat([self.of_one(view / WHITE) for view in views.unbind(1)], 1)


class IntegerViews(nn.Module):
    """Input: N x C x H x W float32 in [0, 1], whole numbers over 255. Output: N x classes whole scores."""

    def __init__(self, features: ViewFeatures, learned: nn.Module) -> None:
        super().__init__()
        self.features, self.learned = features, learned

    def forward(self, images: Tensor) -> Tensor:
        """Scores of ``images``."""
        scores: Tensor = self.learned(self.features(images))
        return scores


def digit_views(side: int = 28, *, filters: int = 32, units: int = 12, classes: int = 10) -> IntegerViews:
    """For digits, light on dark: normed in slant and size, then turned by 10 degrees both ways."""
    features = EdgeFeatures(deskew=False, border=1, filters=filters)
    positions = ((side // 2 - 2) // 4) ** 2
    learned = IntegerLayers(filters, units, positions, classes, views=len(TURNED))
    return IntegerViews(ViewFeatures(UprightViews(TURNED), features), learned)


def garment_views(side: int = 28, *, filters: int = 32, units: int = 16, classes: int = 10) -> IntegerViews:
    """For grey images: somewhat smaller, somewhat larger, and both mirrored."""
    features = OpponentFeatures(filters=filters)
    learned = IntegerLayers(filters, units, (side // 8) ** 2, classes, views=2 * len(LARGER_AND_SMALLER))
    return IntegerViews(ViewFeatures(PlainViews(LARGER_AND_SMALLER), features), learned)


def photo_views(side: int = 32, *, filters: int = 64, units: int = 32, classes: int = 10) -> IntegerViews:
    """For images in colour: as they are, their middle 1.2 times as large, and both mirrored."""
    features = OpponentFeatures(filters=filters)
    learned = OverlappingLayers(
        filters, units, (-(-side // 8)) ** 2, classes, views=2 * len(WHOLE_AND_MIDDLE)
    )
    return IntegerViews(ViewFeatures(PlainViews(WHOLE_AND_MIDDLE), features), learned)
