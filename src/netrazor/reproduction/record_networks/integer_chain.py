"""The small networks of the records: a fixed front that no data chose, then a convolution and a linear layer.

All arithmetic is on whole numbers below 2^24, which float32 holds exactly in any order of summation, so every
machine computes the same scores. Nothing in the front is learned: it is part of the declared architecture, and
free. Learned are whole numbers, one small convolution and one matrix.
"""

import hashlib

import torch
from torch import Tensor, nn
from torch.nn import functional as F

WHITE = 255
BIAS_UNIT = 64  # what a bias of one adds to a sum of products
TAPS = 3  # inputs that each fixed filter adds up


class IntegerChain(nn.Module):
    """Input: N x C x H x W float32 in [0, 1], whole numbers over 255. Output: N x ``classes`` whole scores.

    Args:
        image: C, H and W of the images; C is 1 or 3.
        deskew: first shear and shift each image by its own moments.
        border: outer places of the oriented maps (at half the resolution) that are cut off.
        filters: fixed random filters.
        units: outputs of the learned convolution.
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
        self.front = FixedFront(deskew=deskew, border=border, filters=filters)
        places = ((image[1] // 2 - 2 * border) // 4) * ((image[2] // 2 - 2 * border) // 4)
        self.learned = IntegerLayers(filters, units, places, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Scores of ``images``."""
        return self.learned(self.front(images))


class IntegerLayers(nn.Module):
    """What is learned: convolution 3 x 3, maximum of 2 x 2 places, ReLU, linear without bias."""

    def __init__(self, inputs: int, units: int, places: int, classes: int) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, units, 3, padding=1)
        self.linear = nn.Linear(units * places, classes, bias=False)

    def forward(self, features: Tensor) -> Tensor:
        """Scores of features in [0, 1]."""
        x = torch.round(WHITE * features)
        x = F.conv2d(x, self.conv.weight, BIAS_UNIT * self.conv.bias, padding=1)
        return self.linear(torch.flatten(F.relu(F.max_pool2d(x, 2)), 1))


class FixedFront(nn.Module):
    """From images to features in [0, 1], whole numbers over 255, by constants alone.

    Eight oriented edge maps and the brightness (or colours), at half the resolution; then filters that each add
    up three of these around a place, picked by a hash, and the maximum of 2 x 2 places.
    """

    def __init__(self, *, deskew: bool, border: int, filters: int) -> None:
        super().__init__()
        self.deskew = deskew
        self.border = border
        self.filters = filters

    def forward(self, images: Tensor) -> Tensor:
        """Features of ``images``."""
        x = torch.round(WHITE * images)
        x = oriented(deskewed(x) if self.deskew else x)
        edge = self.border
        x = x[:, :, edge : x.shape[2] - edge, edge : x.shape[3] - edge]
        x = F.max_pool2d(F.conv2d(x, tap_filters(self.filters, x.shape[1]).to(x), padding=1), 2)
        return torch.floor(x * 171 / 256).clamp(max=WHITE) / WHITE


def oriented(x: Tensor) -> Tensor:
    """Brightness or colours and eight half-wave edge maps of whole-numbered images, mean over 2 x 2 places.

    Of the eight directions only those above half of the strongest one at a place remain.
    """
    grey = x if x.shape[1] == 1 else torch.floor(x.sum(1, keepdim=True) * 85 / 256)
    sobel = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
    kernels = torch.stack([sobel, sobel.T])[:, None].to(x)
    across, down = F.conv2d(F.pad(grey, (1, 1, 1, 1)), kernels).split(1, 1)
    falling = torch.floor((across + down) * 181 / 256)
    rising = torch.floor((across - down) * 181 / 256)
    maps = torch.cat([across, falling, down, -rising, -across, -falling, -down, rising], 1)
    clear = F.relu(2 * maps - maps.amax(1, keepdim=True))
    total = F.avg_pool2d(torch.cat([16 * x, 3 * clear], 1), 2, divisor_override=1)
    return torch.floor(total / 64).clamp(max=WHITE)


def tap_filters(filters: int, channels: int) -> Tensor:
    """``filters`` x ``channels`` x 3 x 3: zeros but for three ones each, at places that SHA-256 picks."""
    weight = torch.zeros(filters, channels * 9)
    for row in range(filters):
        digest = hashlib.sha256(f"filter {row}".encode()).digest()
        free = list(range(channels * 9))
        for tap in range(TAPS):
            word = int.from_bytes(digest[4 * tap : 4 * tap + 4], "big")
            weight[row, free.pop(word % len(free))] = 1.0
    return weight.view(filters, channels, 3, 3)


def deskewed(x: Tensor) -> Tensor:
    """Each N x 1 x H x W image of whole numbers sheared along its rows until upright, and centred.

    The shear is the covariance of its coordinates over the variance along the rows' axis, in 256ths; grey values
    between pixels are interpolated, all in 64-bit integers.
    """
    pixels = x[:, 0].long()
    n, height, width = pixels.shape
    rows = torch.arange(height)[None, :, None]
    columns = torch.arange(width)[None, None, :]
    mass = pixels.sum((1, 2)).clamp(min=1)
    sum_x, sum_y = (pixels * columns).sum((1, 2)), (pixels * rows).sum((1, 2))
    covariance = mass * (pixels * columns * rows).sum((1, 2)) - sum_x * sum_y
    variance = (mass * (pixels * rows * rows).sum((1, 2)) - sum_y * sum_y).clamp(min=1)
    shear = _floor_divided(256 * covariance, variance).clamp(-384, 384)[:, None, None]
    centre_x = _floor_divided(256 * sum_x, mass)[:, None, None]
    centre_y = _floor_divided(256 * sum_y, mass)[:, None, None]
    from_y = 256 * rows - 128 * (height - 1)  # relative to the centre of mass
    from_x = 256 * columns - 128 * (width - 1) + centre_x + (shear * from_y >> 8)
    return _interpolated(pixels, (from_y + centre_y).expand(n, height, width), from_x)[:, None].to(x)


def _floor_divided(a: Tensor, b: Tensor) -> Tensor:
    return torch.div(a, b, rounding_mode="floor")


def _interpolated(pixels: Tensor, y: Tensor, x: Tensor) -> Tensor:
    """Values at coordinates given in 256ths, zero outside."""
    n, height, width = pixels.shape
    padded = F.pad(pixels, (1, 2, 1, 2)).flatten(1)
    span = width + 3
    top, left = (y >> 8).clamp(-1, height) + 1, (x >> 8).clamp(-1, width) + 1
    below, right = y & 255, x & 255

    def at(down: int, across: int) -> Tensor:
        return padded.gather(1, ((top + down) * span + left + across).flatten(1)).view(n, height, width)

    upper = at(0, 0) * (256 - right) + at(0, 1) * right
    lower = at(1, 0) * (256 - right) + at(1, 1) * right
    return upper * (256 - below) + lower * below >> 16
