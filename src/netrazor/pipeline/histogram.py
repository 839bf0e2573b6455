"""How the weights of a layer are spread, in few numbers: for pictures of a network before it is cut."""

import torch
from torch import nn

from netrazor.certification.run_result import Histogram

BARS = 41  # odd, so that one of them is about zero


def histograms(model: nn.Module) -> dict[str, Histogram]:
    """One for each parameter of two and more dimensions, by name."""
    return {name: _histogram(p.detach()) for name, p in model.named_parameters() if p.ndim > 1}


def _histogram(weight: torch.Tensor) -> Histogram:
    reach = float(weight.abs().max()) or 1.0
    counts = torch.histc(weight.float(), BARS, -reach, reach)
    return Histogram(reach, tuple(int(count) for count in counts))
