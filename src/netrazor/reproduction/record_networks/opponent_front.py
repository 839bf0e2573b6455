"""A fixed front for natural images: brightness, opponent colours and edges at two scales, in whole numbers.

Nothing in it was learned: colours against each other and oriented edges, divided by the contrast around them, are
what the first stages of vision measure (Hurvich and Jameson 1957; Hubel and Wiesel 1962; Heeger 1992).
"""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from netrazor.reproduction.record_networks.integer_chain import WHITE, tap_filters

CONTRAST = 6  # added to the contrast around a place before dividing by it
AROUND = 2  # places to each side that count as around


class OpponentFront(nn.Module):
    """From N x C x H x W images in [0, 1] to N x maps x H/2 x W/2 whole numbers over 255; C is 1 or 3.

    The maps: brightness; of coloured images four opponent colours and four directions of edges between red and
    green, and between blue and yellow; eight directions of edges in brightness; the same eight at half the scale.
    With ``filters``, so many sums of three maps around a place, picked by a hash, take their place, each as its
    maximum over 2 x 2 places. The maps of the mirror image follow those of the image.
    """

    def __init__(self, *, filters: int = 0) -> None:
        super().__init__()
        self.filters = filters

    def forward(self, images: Tensor) -> Tensor:
        """Maps of ``images`` and of their mirror images."""
        x = torch.round(WHITE * images)
        return torch.cat([self._seen(x), self._seen(x.flip(3))], 1) / WHITE

    def _seen(self, x: Tensor) -> Tensor:
        found = maps(x)
        if self.filters == 0:
            return found
        taps = tap_filters(self.filters, found.shape[1]).to(found)
        total = F.max_pool2d(F.conv2d(found, taps, padding=1), 2)
        return torch.floor(total * 171 / 256).clamp(max=WHITE)


def maps(x: Tensor) -> Tensor:
    """The maps of whole-numbered images, each from 0 to 255."""
    grey = x if x.shape[1] == 1 else torch.floor(x.sum(1, keepdim=True) * 85 / 256)
    half = torch.floor(sums(grey) / 4)
    fine = contrasted(torch.floor(sums(edges(grey)) / 16))
    coarse = contrasted(torch.floor(edges(half) / 8))
    return torch.cat([half, *([] if x.shape[1] == 1 else [opponent(x)]), fine, coarse], 1)


def opponent(x: Tensor) -> Tensor:
    """Red against green and blue against yellow, both ways, and the edges between them in four directions."""
    red, green, blue = x.split(1, 1)
    first, second = sums(red - green), sums(torch.floor((2 * blue - red - green) / 2))
    colours = F.relu(torch.cat([first, -first, second, -second], 1))
    between = torch.cat([unsigned_edges(torch.floor(pair / 4)) for pair in (first, second)], 1)
    return torch.floor(torch.cat([colours, between], 1) / 2).clamp(max=WHITE)


def edges(x: Tensor) -> Tensor:
    """Eight half-wave edge maps of N x 1 x H x W; only those above half of the strongest at a place remain."""
    four = directions(x)
    both = torch.cat([four, -four], 1)
    return F.relu(2 * both - both.amax(1, keepdim=True))


def unsigned_edges(x: Tensor) -> Tensor:
    """Four edge maps, whichever side is the brighter; only those above half of the strongest remain."""
    four = directions(x).abs()
    return F.relu(2 * four - four.amax(1, keepdim=True))


def directions(x: Tensor) -> Tensor:
    """Differences across N x 1 x H x W images in the directions 0, 45, 90 and 135 degrees (Sobel)."""
    sobel = torch.tensor([[-1.0, 0.0, 1.0], [-2.0, 0.0, 2.0], [-1.0, 0.0, 1.0]])
    kernels = torch.stack([sobel, sobel.T])[:, None].to(x)
    across, down = F.conv2d(F.pad(x, (1, 1, 1, 1), mode="replicate"), kernels).split(1, 1)
    falling = torch.floor((across + down) * 181 / 256)
    rising = torch.floor((across - down) * 181 / 256)
    return torch.cat([across, falling, down, -rising], 1)


def contrasted(x: Tensor) -> Tensor:
    """Maps of whole numbers up to 255 over the mean of their sum around each place, in 128ths, up to 255.

    Numerators stay below 2^15, so that the rounded quotient never reaches the next whole number.
    """
    width = 2 * AROUND + 1
    total = F.pad(x.sum(1, keepdim=True), (AROUND,) * 4, mode="replicate")
    around = torch.floor(F.avg_pool2d(total, width, 1, divisor_override=1) / width**2)
    return torch.floor(128 * x.clamp(max=WHITE) / (CONTRAST + around)).clamp(max=WHITE)


def sums(x: Tensor) -> Tensor:
    """Sums over 2 x 2 places."""
    return F.avg_pool2d(x, 2, divisor_override=1)
