"""Constant maps of inputs, for data whose columns have scales of their own: they hold no number that was learnt."""

import torch
from torch import Tensor, nn


class SignedLog(nn.Module):
    """Each number as the signed logarithm of its size: sign(x) * log2(1 + |x| * 2^bits).

    Columns of any scale come to numbers of one size, and a column that spans powers of ten is spread evenly. Unlike a
    scaling by means and deviations of the examples it costs nothing.

    Args:
        bits: numbers below 2^-bits are as good as zero.
    """

    def __init__(self, bits: int = 10) -> None:
        super().__init__()
        self.bits = bits

    def forward(self, inputs: Tensor) -> Tensor:
        """The same shape."""
        sized = inputs.float()
        return sized.sign() * torch.log2(1 + sized.abs() * 2.0**self.bits)
