"""Fixed filters that no data chose: each adds up three inputs, at positions that SHA-256 picks."""

import hashlib

import torch
from torch import Tensor, nn
from torch.nn import functional as F

WHITE = 255  # the largest whole number of a feature
TAPS = 3  # inputs that each filter adds up


class HashFilters(nn.Module):
    """From N x C x H x W whole numbers up to 255 to N x ``filters`` x H/2 x W/2 such numbers.

    Each output is the sum of three inputs within 3 x 3 positions, its maximum over 2 x 2 positions, times about
    two thirds, clipped at 255. The module has no parameters.
    """

    def __init__(self, filters: int) -> None:
        super().__init__()
        self.filters = filters

    def forward(self, features: Tensor) -> Tensor:
        """Filtered ``features``."""
        weight = tap_filters(self.filters, features.shape[1]).to(features)
        sums = F.max_pool2d(F.conv2d(features, weight, padding=1), 2)
        return torch.floor(sums * 171 / 256).clamp(max=WHITE)


def tap_filters(filters: int, channels: int) -> Tensor:
    """``filters`` x ``channels`` x 3 x 3: zeros but for three ones in each filter, placed by a hash of its number."""
    weight = torch.zeros(filters, channels * 9)
    for row in range(filters):
        digest = hashlib.sha256(f"filter {row}".encode()).digest()
        free = list(range(channels * 9))
        for tap in range(TAPS):
            word = int.from_bytes(digest[4 * tap : 4 * tap + 4], "big")
            weight[row, free.pop(word % len(free))] = 1.0
    return weight.view(filters, channels, 3, 3)
