"""How the weights of a layer are spread, in few numbers: for pictures of a network before it is cut."""

from dataclasses import dataclass

import torch
from torch import nn

BARS = 41  # odd, so that one of them is about zero


@dataclass(frozen=True)
class Histogram:
    """Counts of a layer's weights in intervals of one width.

    Attributes:
        reach: the intervals cover -reach to reach.
        counts: in each, from the lowest on.
    """

    reach: float
    counts: tuple[int, ...]


def histograms(model: nn.Module) -> dict[str, Histogram]:
    """One for each parameter of two and more dimensions, by name."""
    return {name: _histogram(p.detach()) for name, p in model.named_parameters() if p.ndim > 1}


def _histogram(weight: torch.Tensor) -> Histogram:
    reach = float(weight.abs().max()) or 1.0
    counts = torch.histc(weight.float(), BARS, -reach, reach)
    return Histogram(reach, tuple(int(count) for count in counts))
