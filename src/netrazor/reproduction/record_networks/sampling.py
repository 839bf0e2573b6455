"""Images of whole numbers, read between their pixels."""

import torch
from torch import Tensor
from torch.nn import functional as F


def interpolated(pixels: Tensor, y: Tensor, x: Tensor) -> Tensor:
    """Values of N x H x W ``pixels`` at N x H x W coordinates in 256ths, bilinearly; zero outside the image.

    All three are 64-bit integers, and so is the result: rounded down once, at the end.
    """
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


def offsets_from_middle(height: int, width: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """How far each row (1 x H x 1) and each column (1 x 1 x W) is from the middle of an image, in 256ths."""
    rows = 256 * torch.arange(height, device=device) - 128 * (height - 1)
    columns = 256 * torch.arange(width, device=device) - 128 * (width - 1)
    return rows[None, :, None], columns[None, None, :]
