"""Fixed features for small images: brightness and oriented edges, through filters that a hash picked."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from netrazor.reproduction.record_networks.deskewing import Deskew
from netrazor.reproduction.record_networks.edge_maps import EdgeMaps, grey
from netrazor.reproduction.record_networks.hash_filters import WHITE, HashFilters


class EdgeFeatures(nn.Module):
    """From N x C x H x W images in [0, 1] to N x ``filters`` x H/4 x W/4 features in [0, 1], whole numbers over 255.

    Brightness (or the colours) and eight edge maps, at half the resolution; then `HashFilters`. The module has no
    parameters: nothing in it was learned.

    Args:
        deskew: shear and centre each image first, see `Deskew`.
        border: rows and columns that are cut off at each side of the maps, before the filters.
        filters: number of features.
    """

    def __init__(self, *, deskew: bool, border: int, filters: int) -> None:
        super().__init__()
        self.deskew: nn.Module = Deskew() if deskew else nn.Identity()
        self.edges = EdgeMaps("constant")
        self.border = border
        self.filters = HashFilters(filters)

    def forward(self, images: Tensor) -> Tensor:
        """Features of ``images``."""
        x = self.maps(self.deskew(torch.round(WHITE * images)))
        edge = self.border
        x = x[:, :, edge : x.shape[2] - edge, edge : x.shape[3] - edge]
        features: Tensor = self.filters(x) / WHITE
        return features

    def maps(self, images: Tensor) -> Tensor:
        """Brightness or colours, then edges, of images of whole numbers: scaled sums over 2 x 2 positions."""
        edges = self.edges(grey(images))
        sums = F.avg_pool2d(torch.cat([16 * images, 3 * edges], 1), 2, divisor_override=1)
        return torch.floor(sums / 64).clamp(max=WHITE)
