"""Pruning by what a bit buys: keep the weights whose loss is largest for their code length, across all layers.

A weight's removal costs about w^2 sqrt(F) in loss (F the mean squared gradient) and saves its bits: its place,
which is cheaper in a row, column or kernel position that is in use anyway, and its value. Ranking by the ratio
makes whole units die out, where ranking by magnitude leaves them with a weight or two each.
"""

from typing import Any

import torch
from torch import Tensor

from netrazor.compress.masked_weights import MaskedWeights

VALUE_BITS = 3.0  # about what one quantized value takes
VECTOR_BITS = 6.0  # about what one entry of a bias takes
SMOOTHING = 0.3  # added to counts, so that an empty row has a finite price


def place_bits(mask: Tensor) -> Tensor:
    """Bits for the place of a non-zero at each position, if rows, columns and kernel places were independent.

    ``mask`` has shape rows x columns x ...; all further axes are kernel places. The result has its shape.
    """
    if mask.ndim < 2:
        return torch.full(mask.shape, VECTOR_BITS, device=mask.device)
    counts = mask.reshape(*mask.shape[:2], -1).float()
    total = counts.sum() + 1
    row = counts.sum((1, 2)) + SMOOTHING
    column = counts.sum((0, 2)) + SMOOTHING
    share = row[:, None, None] * column[None, :, None] / total
    if counts.shape[2] > 1:
        place = counts.sum((0, 1)) + SMOOTHING
        share = share * place[None, None, :] / total
    return -torch.log2(share.clamp(1e-6, 0.5)).reshape(mask.shape)


class RatePruning:
    """Keep the ``target`` weights of the whole network with the largest saliency per bit.

    The number kept falls geometrically in sqrt(step), from all there are to ``target`` at step ``end``. Needs
    ``MaskedWeights(..., saliency=True)``.

    Args:
        target: weights kept in the end.
        end: step from which the target holds; masks go on moving until step ``stop``.
        every: steps between renewals of the masks.
        stop: the masks stay from here on.
    """

    def __init__(self, target: int, *, end: int, stop: int, every: int = 15) -> None:
        self.target, self.end, self.stop, self.every = target, end, stop, every
        self.done = 0
        self.initial = 0

    @torch.no_grad()
    def step(self, weights: MaskedWeights) -> None:
        """Renew the masks every ``every`` steps."""
        if self.done == 0:
            self.initial = max(1, weights.nonzeros())
        self.done += 1
        if self.done > self.stop or self.done % self.every:
            return
        progress = min(1.0, self.done / max(1, self.end))
        kept = round(self.initial * (self.target / self.initial) ** progress**0.5)
        scores = {name: self._score(name, weights) for name in weights.weights}
        ranked = torch.cat([score.flatten() for score in scores.values()])
        if kept < ranked.numel():
            least = ranked.kthvalue(ranked.numel() - kept).values
            weights.masks = {name: score > least for name, score in scores.items()}

    @staticmethod
    def _score(name: str, weights: MaskedWeights) -> Tensor:
        weight = weights.weights[name]
        saliency = weight**2 * weights.squared_gradients[name].sqrt()
        return saliency / (place_bits(weights.masks[name]) + VALUE_BITS)

    def state_dict(self) -> dict[str, Any]:
        """Steps done and weights at the start."""
        return {"done": self.done, "initial": self.initial}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a saved state."""
        self.done, self.initial = state["done"], state["initial"]
