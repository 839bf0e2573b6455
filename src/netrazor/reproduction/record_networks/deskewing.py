"""Deskewing: each image sheared until upright and moved to the centre, by its own moments, in integers."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

LARGEST_SHEAR = 384  # in 256ths of a column for each row


class Deskew(nn.Module):
    """From N x 1 x H x W images of whole numbers to their deskewed versions, of the same shape.

    The shear along the rows is the covariance of the two coordinates over the variance of the row coordinate,
    weighted by brightness, in 256ths; values between pixels are interpolated bilinearly. All arithmetic is on
    64-bit integers. The module has no parameters.
    """

    def forward(self, images: Tensor) -> Tensor:
        """Deskewed ``images``."""
        pixels = images[:, 0].long()
        n, height, width = pixels.shape
        rows = torch.arange(height, device=pixels.device)[None, :, None]
        columns = torch.arange(width, device=pixels.device)[None, None, :]
        mass = pixels.sum((1, 2)).clamp(min=1)
        sum_x, sum_y = (pixels * columns).sum((1, 2)), (pixels * rows).sum((1, 2))
        covariance = mass * (pixels * columns * rows).sum((1, 2)) - sum_x * sum_y
        variance = (mass * (pixels * rows * rows).sum((1, 2)) - sum_y * sum_y).clamp(min=1)
        shear = _in_256ths(covariance, variance).clamp(-LARGEST_SHEAR, LARGEST_SHEAR)
        from_y = 256 * rows - 128 * (height - 1)  # relative to the centre of mass
        from_x = 256 * columns - 128 * (width - 1) + _in_256ths(sum_x, mass) + (shear * from_y >> 8)
        y = (from_y + _in_256ths(sum_y, mass)).expand(n, height, width)
        return _interpolated(pixels, y, from_x)[:, None].to(images)


def _in_256ths(numerators: Tensor, denominators: Tensor) -> Tensor:
    """Quotients in 256ths, rounded down, with two axes of size one behind."""
    return torch.div(256 * numerators, denominators, rounding_mode="floor")[:, None, None]


def _interpolated(pixels: Tensor, y: Tensor, x: Tensor) -> Tensor:
    """Values of N x H x W ``pixels`` at coordinates given in 256ths; zero outside the image."""
    n, height, width = pixels.shape
    padded = F.pad(pixels, (1, 2, 1, 2)).flatten(1)
    stride = width + 3
    top, left = (y >> 8).clamp(-1, height) + 1, (x >> 8).clamp(-1, width) + 1
    below, right = y & 255, x & 255

    def at(down: int, across: int) -> Tensor:
        return padded.gather(1, ((top + down) * stride + left + across).flatten(1)).view(n, height, width)

    upper = at(0, 0) * (256 - right) + at(0, 1) * right
    lower = at(1, 0) * (256 - right) + at(1, 1) * right
    return upper * (256 - below) + lower * below >> 16
