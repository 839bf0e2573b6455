"""Constant maps of inputs, for data whose columns have scales of their own: they hold no number that was learnt."""

import torch
from torch import Tensor, nn


class LogScale(nn.Module):
    """The logarithm of each number's size: log2(abs(x) + least).

    For columns of positive measurements, each of a scale of its own: a factor between two scales becomes a constant
    that weights of opposite signs cancel, so that few small whole numbers tell what a scaling by means and deviations
    would have told. Unlike that one it was not computed from the examples, and costs nothing.

    Args:
        least: numbers far below it are as good as zero. A power of ten costs nothing; any other number would be part
            of the network's graph and paid for.
    """

    def __init__(self, least: float = 1e-3) -> None:
        super().__init__()
        self.least = least

    def forward(self, inputs: Tensor) -> Tensor:
        """The same shape, in float32."""
        return torch.log2(inputs.float().abs() + self.least)
