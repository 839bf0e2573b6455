"""Which whole numbers are worth their bits: those whose removal costs the loss most for each bit that it saves.

A price on bits pulls at all weights alike, and a deep network can lose its signal before the pull has found out which
of them carry it. Here nothing is pulled. Every so often the numbers are ranked, all tensors together, by

    (number x step)^2 sqrt(mean squared gradient) / bits(place and value)

and the first of them that fit into as many bits as are allowed by then are what the network computes with. The
others are only hidden: their latent weights go on training (straight-through), and come back where they are worth it.
A place in a row, column or kernel position that is in use anyway is cheaper, so that whole units go before single
weights.
"""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from netrazor.compress.masked_weights import SALIENCY_DECAY
from netrazor.compress.rate_pruning import SMOOTHING, estimate_position_bits


class BitRemoval:
    """Masks over tensors of whole numbers.

    Args:
        steps: what a whole number of one stands for, by tensor.
    """

    def __init__(self, steps: Mapping[str, float]) -> None:
        self.steps = steps
        self.masks: dict[str, Tensor] = {}
        self.squared_gradients: dict[str, Tensor] = {}

    @torch.no_grad()
    def watch(self, name: str, gradient: Tensor) -> None:
        """Take the gradient of a batch's loss by the weights of a tensor into the running mean of its square."""
        mean = self.squared_gradients.setdefault(name, torch.zeros_like(gradient))
        mean.mul_(SALIENCY_DECAY).addcmul_(gradient, gradient, value=1 - SALIENCY_DECAY)

    @torch.no_grad()
    def keep(self, numbers: Mapping[str, Tensor], bits: float) -> None:
        """Keep of ``numbers``, none of them hidden, what is worth most for its bits, up to so many bits in all."""
        worth, cost = {}, {}
        for name, whole in numbers.items():
            kept = self.masks.get(name, torch.ones_like(whole, dtype=torch.bool)) & (whole != 0)
            cost[name] = estimate_position_bits(kept) + _estimate_value_bits(whole, kept)
            gradient = self.squared_gradients.get(name, torch.zeros_like(whole))
            worth[name] = (whole * self.steps[name]) ** 2 * gradient.sqrt() / cost[name]
        ranked, order = torch.cat([one.flatten() for one in worth.values()]).sort(
            descending=True, stable=True
        )
        spent = torch.cat([one.flatten() for one in cost.values()])[order].double().cumsum(0)
        fits = int(((spent <= bits) & (ranked > 0)).sum())
        chosen = torch.zeros(len(order), dtype=torch.bool, device=order.device)
        chosen[order[:fits]] = True
        pieces = torch.split(chosen, [whole.numel() for whole in numbers.values()])
        self.masks = {name: piece.view_as(numbers[name]) for name, piece in zip(numbers, pieces, strict=True)}

    def estimate_bits(self, numbers: Mapping[str, Tensor]) -> float:
        """Bits of what is kept, as `keep` counts them."""
        total = 0.0
        for name, whole in numbers.items():
            kept = self.masks.get(name, torch.ones_like(whole, dtype=torch.bool)) & (whole != 0)
            cost = estimate_position_bits(kept) + _estimate_value_bits(whole, kept)
            total += float(cost[kept].double().sum())
        return total

    def state_dict(self) -> dict[str, Any]:
        """Masks and squared gradients."""
        return {"masks": self.masks, "squared_gradients": self.squared_gradients}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a saved state."""
        self.masks, self.squared_gradients = dict(state["masks"]), dict(state["squared_gradients"])


def _estimate_value_bits(whole: Tensor, kept: Tensor) -> Tensor:
    """Bits that say which number each element is, by how often the numbers of the kept elements occur."""
    symbols = (whole - whole.amin() if whole.numel() else whole).long()
    counts = torch.bincount(symbols[kept].flatten(), minlength=int(symbols.max()) + 1 if whole.numel() else 1)
    shares = (counts + SMOOTHING) / (counts.sum() + SMOOTHING * max(1, int((counts > 0).sum())))
    return -torch.log2(shares.clamp(max=1.0))[symbols]
