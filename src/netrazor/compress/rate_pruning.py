"""Pruning by saliency per bit: keep the weights whose removal costs most for their code length, in all tensors.

The saliency of a weight is w^2 sqrt(F), F the mean squared gradient. Its removal saves the bits of its position,
which is cheaper in a row, column or kernel position that has other weights, and of its value. Ranking by the ratio
removes entire channels, where ranking by magnitude leaves them with a weight or two each.
"""

from typing import Any

import torch
from torch import Tensor

from netrazor.compress.masked_weights import MaskedWeights

VALUE_BITS = 3.0  # about what one quantized value takes
VECTOR_BITS = 6.0  # about what one entry of a bias takes
SMOOTHING = 0.3  # added to counts, so that an element of an empty row has a finite cost


def estimate_position_bits(mask: Tensor) -> Tensor:
    """Bits that say that an element is not zero, for each, as if rows, columns and kernel positions were independent.

    ``mask`` has shape rows x columns x ...; all further axes are kernel positions. The result has its shape.
    """
    if mask.ndim < 2:
        return torch.full(mask.shape, VECTOR_BITS, device=mask.device)
    counts = mask.reshape(*mask.shape[:2], -1).float()
    total = counts.sum() + 1
    row = counts.sum((1, 2)) + SMOOTHING
    column = counts.sum((0, 2)) + SMOOTHING
    share = row[:, None, None] * column[None, :, None] / total
    if counts.shape[2] > 1:
        kernel = counts.sum((0, 1)) + SMOOTHING
        share = share * kernel[None, None, :] / total
    return -torch.log2(share.clamp(1e-6, 0.5)).reshape(mask.shape)


class RatePruning:
    """Keep the ``target`` weights of the entire network with the largest saliency per bit.

    At step t, initial * (target / initial)^sqrt(t / end) weights are kept, ``initial`` being those not zero at first.
    Needs ``MaskedWeights(..., saliency=True)``.

    Args:
        target: weights kept in the end.
        end: step from which the target holds; masks are renewed until step ``stop``.
        every: steps between renewals of the masks.
        stop: last step at which masks may be renewed.
    """

    def __init__(self, target: int, *, end: int, stop: int, every: int = 15) -> None:
        self.target, self.end, self.stop, self.every = target, end, stop, every
        self.done = 0
        self.initial = 0

    @torch.no_grad()
    def step(self, weights: MaskedWeights) -> None:
        """Renew the masks every ``every`` steps, until ``stop``."""
        if self.done == 0:
            self.initial = max(1, weights.count_nonzeros())
        self.done += 1
        if self.done > self.stop or self.done % self.every:
            return
        progress = min(1.0, self.done / max(1, self.end))
        kept = round(self.initial * (self.target / self.initial) ** progress**0.5)
        scores = {name: self._compute_saliency_per_bit(name, weights) for name in weights.weights}
        ranked = torch.cat([score.flatten() for score in scores.values()])
        if kept < ranked.numel():
            least = ranked.kthvalue(ranked.numel() - kept).values
            weights.masks = {name: score > least for name, score in scores.items()}

    @staticmethod
    def _compute_saliency_per_bit(name: str, weights: MaskedWeights) -> Tensor:
        """For each weight of the tensor of that name."""
        weight = weights.weights[name]
        saliency = weight**2 * weights.squared_gradients[name].sqrt()
        return saliency / (estimate_position_bits(weights.masks[name]) + VALUE_BITS)

    def state_dict(self) -> dict[str, Any]:
        """Steps done and number of weights at the start."""
        return {"done": self.done, "initial": self.initial}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a saved state."""
        self.done, self.initial = state["done"], state["initial"]
