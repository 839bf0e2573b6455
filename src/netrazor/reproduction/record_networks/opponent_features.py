"""Fixed features for colour images: brightness, opponent colours and edges at two scales, in whole numbers.

Nothing in them was learned: colours against each other and oriented edges, divided by the local contrast, are what
the first stages of vision measure (Hurvich and Jameson 1957; Hubel and Wiesel 1962; Heeger 1992).
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from netrazor.reproduction.record_networks.edge_maps import EdgeMaps, directions, grey, strong
from netrazor.reproduction.record_networks.hash_filters import WHITE, HashFilters

CONTRAST_FLOOR = 6  # added to the local contrast before dividing by it
RADIUS = 2  # positions to each side over which the local contrast is taken
PADDING = "replicate"


class OpponentFeatures(nn.Module):
    """From N x C x H x W images in [0, 1] to N x 2 ``filters`` x H/4 x W/4 whole numbers over 255; C is 1 or 3.

    The feature maps, at half the resolution: brightness; of colour images four opponent colours, and four
    directions of edges between red and green and between blue and yellow; eight directions of edges in
    brightness; the same eight at half the scale. Then `HashFilters`. The features of the mirror image follow those
    of the image. The module has no parameters.
    """

    def __init__(self, *, filters: int) -> None:
        super().__init__()
        self.edges = EdgeMaps(PADDING)
        self.filters = HashFilters(filters)

    def forward(self, images: Tensor) -> Tensor:
        """Features of ``images``, then of their mirror images."""
        x = torch.round(WHITE * images)
        both = [self.filters(self.maps(x)), self.filters(self.maps(x.flip(3)))]
        return torch.cat(both, 1) / WHITE

    def maps(self, images: Tensor) -> Tensor:
        """The feature maps of images of whole numbers, each from 0 to 255."""
        brightness = grey(images)
        half = torch.floor(pooled_sums(brightness) / 4)
        fine = contrast_normalized(torch.floor(pooled_sums(self.edges(brightness)) / 16))
        coarse = contrast_normalized(torch.floor(self.edges(half) / 8))
        colours = [] if images.shape[1] == 1 else [opponent_colours(images)]
        return torch.cat([half, *colours, fine, coarse], 1)


def opponent_colours(images: Tensor) -> Tensor:
    """Red against green and blue against yellow, both ways, and the edges between them in four directions."""
    red, green, blue = images.chunk(3, 1)
    first, second = pooled_sums(red - green), pooled_sums(torch.floor((2 * blue - red - green) / 2))
    colours = F.relu(torch.cat([first, -first, second, -second], 1))
    edges = [strong(directions(torch.floor(pair / 4), PADDING).abs()) for pair in (first, second)]
    return torch.floor(torch.cat([colours, *edges], 1) / 2).clamp(max=WHITE)


def contrast_normalized(maps: Tensor) -> Tensor:
    """``maps`` of whole numbers over the mean of their sum in the neighbourhood, in 128ths, up to 255.

    Numerators stay below 2^15, so that the rounded quotient never reaches the next whole number.
    """
    width = 2 * RADIUS + 1
    total = F.pad(maps.sum(1, keepdim=True), (RADIUS,) * 4, mode=PADDING)
    contrast = torch.floor(F.avg_pool2d(total, width, 1, divisor_override=1) / width**2)
    return torch.floor(128 * maps.clamp(max=WHITE) / (CONTRAST_FLOOR + contrast)).clamp(max=WHITE)


def pooled_sums(maps: Tensor) -> Tensor:
    """Sums over 2 x 2 positions."""
    return F.avg_pool2d(maps, 2, divisor_override=1)
