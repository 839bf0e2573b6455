"""Oriented edges of images of whole numbers: Sobel differences in eight directions, the strong ones only."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class EdgeMaps(nn.Module):
    """From N x 1 x H x W images of whole numbers to N x 8 x H x W half-wave rectified edge maps.

    A map for each direction in steps of 45 degrees. At each position only the directions with more than half of
    the strongest difference remain. The module has no parameters.

    Args:
        padding: how the image goes on beyond its border: "constant" (zeros) or "replicate".
    """

    def __init__(self, padding: str) -> None:
        super().__init__()
        self.padding = padding

    def forward(self, images: Tensor) -> Tensor:
        """Edge maps of ``images``."""
        four = directions(images, self.padding)
        return strong(torch.cat([four, -four], 1))


def directions(images: Tensor, padding: str) -> Tensor:
    """Differences across N x 1 x H x W ``images`` in the directions 0, 45, 90 and 135 degrees, N x 4 x H x W."""
    sobel = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
    kernels = torch.stack([sobel, sobel.T])[:, None].to(images)
    across, down = F.conv2d(F.pad(images, (1, 1, 1, 1), mode=padding), kernels).chunk(2, 1)
    falling = torch.floor((across + down) * 181 / 256)  # 181 / 256 is nearly the square root of 1/2
    rising = torch.floor((across - down) * 181 / 256)
    return torch.cat([across, falling, down, -rising], 1)


def strong(maps: Tensor) -> Tensor:
    """``2 maps - m`` where it is above 0, else 0; m is the largest map's value at the position."""
    return F.relu(2 * maps - maps.amax(1, keepdim=True))


def grey(images: Tensor) -> Tensor:
    """Mean brightness of N x C x H x W images of whole numbers, rounded down; C is 1 or 3."""
    if images.shape[1] == 1:
        return images
    return torch.floor(images.sum(1, keepdim=True) * 85 / 256)
