"""Fully connected networks; the default is LeNet-300-100, 266,610 parameters."""

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn


class MLP(nn.Module):
    """``widths[0]`` inputs (any shape, flattened, in [0, 1]) to ``widths[-1]`` logits, ReLU between."""

    def __init__(self, widths: Sequence[int] = (784, 300, 100, 10)) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Flatten()]
        for inputs, outputs in pairwise(widths):
            layers += [nn.Linear(inputs, outputs), nn.ReLU()]
        self.layers = nn.Sequential(*layers[:-1])

    def forward(self, x: Tensor) -> Tensor:
        """Logits of ``x``, which is scaled to [-1, 1] by constants first."""
        logits: Tensor = self.layers(2.0 * (x - 0.5))
        return logits
