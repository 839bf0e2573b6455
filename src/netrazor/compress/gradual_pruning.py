"""Gradual magnitude pruning (Zhu and Gupta 2017): sparsity rises along a cubic to a target for each tensor."""

from collections.abc import Mapping
from typing import Any

import torch

from netrazor.compress.masked_weights import MaskedWeights


def compute_cubic_sparsity(step: int, start: int, end: int, initial: float, final: float) -> float:
    """s_f + (s_i - s_f) (1 - (t - t_0) / (t_1 - t_0))^3 (their equation 1), constant before t_0 and after t_1."""
    progress = min(max((step - start) / max(1, end - start), 0.0), 1.0)
    return final + (initial - final) * (1 - progress) ** 3


class GradualPruning:
    """The smallest magnitudes of each tensor are masked, in a share that grows to the target of the tensor.

    Masked weights go on being trained, and the share is one of all magnitudes: a weight that grows again is restored,
    as in Dynamic Network Surgery.

    Args:
        targets: final sparsity by parameter name.
        start: step at which the sparsity begins to rise.
        end: step from which the targets hold.
        stop: last step at which masks are renewed; None: ``end``.
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
        """Renew the masks every ``every`` steps from ``start`` to ``stop``, and at ``end``."""
        self.done += 1
        if (
            self.done < self.start
            or self.done > self.stop
            or (self.done % self.every and self.done != self.end)
        ):
            return
        for name, weight in weights.weights.items():
            target = self.targets.get(name, 0.0)
            sparsity = compute_cubic_sparsity(self.done, self.start, self.end, self.initial, target)
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
