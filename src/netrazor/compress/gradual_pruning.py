"""Gradual magnitude pruning (Zhu and Gupta 2017): sparsity rises along a cubic to a target for each layer."""

from collections.abc import Mapping
from typing import Any

import torch

from netrazor.compress.masked_weights import MaskedWeights


def cubic_sparsity(step: int, start: int, end: int, initial: float, final: float) -> float:
    """s_f + (s_i - s_f) (1 - (t - t_0) / (t_1 - t_0))^3, their equation 1, held at both ends."""
    progress = min(max((step - start) / max(1, end - start), 0.0), 1.0)
    return final + (initial - final) * (1 - progress) ** 3


class GradualPruning:
    """The smallest magnitudes of each layer are zero, in a share that grows to the layer's target.

    Behind masks pruned weights live on, and a quantile of all magnitudes is the threshold: a weight that grows
    again comes back, as in Dynamic Network Surgery.

    Args:
        targets: final sparsity by parameter name.
        start: first step of the rise.
        end: step from which the targets hold.
        stop: step from which the masks stay; until then weights are still exchanged. None: from ``end`` on.
        every: steps between renewals of the masks.
        initial: sparsity at ``start``.
    """

    def __init__(
        self,
        targets: Mapping[str, float],
        *,
        start: int,
        end: int,
        stop: int | None = None,
        every: int = 100,
        initial: float = 0.0,
    ) -> None:
        self.targets = dict(targets)
        self.start, self.end, self.every, self.initial = start, end, every, initial
        self.stop = end if stop is None else stop
        self.done = 0

    @torch.no_grad()
    def step(self, weights: MaskedWeights) -> None:
        """Renew the masks every ``every`` steps while the sparsity rises."""
        self.done += 1
        if (
            self.done < self.start
            or self.done > self.stop
            or (self.done % self.every and self.done != self.end)
        ):
            return
        for name, weight in weights.weights.items():
            target = self.targets.get(name, 0.0)
            sparsity = cubic_sparsity(self.done, self.start, self.end, self.initial, target)
            pruned = round(sparsity * weight.numel())
            mask = torch.ones(weight.numel(), dtype=torch.bool, device=weight.device)
            mask[weight.abs().flatten().topk(pruned, largest=False).indices] = False
            weights.masks[name] = mask.view_as(weight)

    def state_dict(self) -> dict[str, Any]:
        """The number of steps done."""
        return {"done": self.done}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a saved state."""
        self.done = state["done"]
