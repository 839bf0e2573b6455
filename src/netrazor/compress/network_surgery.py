"""Dynamic Network Surgery (Guo, Yao and Chen 2016): prune below a threshold, restore what grows again."""

from dataclasses import dataclass
from typing import Any

import torch

from netrazor.compress.masked_weights import MaskedWeights

HYSTERESIS = 1.1  # a pruned weight returns above this multiple of the threshold (the upper one of the paper)


@dataclass(frozen=True)
class PiecewiseConstant:
    """A piecewise constant function of the step: ``values[i]`` from ``starts[i]`` on."""

    starts: tuple[int, ...]
    values: tuple[float, ...]

    def value_at(self, step: int) -> float:
        """The value at ``step``; before the first start, the first one."""
        reached = [value for start, value in zip(self.starts, self.values, strict=True) if start <= step]
        return reached[-1] if reached else self.values[0]

    @classmethod
    def spaced_evenly(cls, values: tuple[float, ...], steps: int) -> "PiecewiseConstant":
        """Each value holds for an equal share of ``steps``."""
        return cls(tuple(i * steps // len(values) for i in range(len(values))), values)


class DynamicNetworkSurgery:
    """Masks from a threshold for each tensor: mean(|w|) + c * std(|w|), over all of its weights, pruned or not.

    At each step, with a probability that changes over time, every mask is renewed: weights below the threshold are
    pruned, weights above ``HYSTERESIS`` times the threshold are restored, those between stay as they are.

    Args:
        offsets: c by step.
        probability: of a renewal, by step.
        seed: decides, together with the number of the step, whether masks are renewed.
    """

    def __init__(self, offsets: PiecewiseConstant, probability: PiecewiseConstant, seed: int) -> None:
        self.offsets = offsets
        self.probability = probability
        self.seed = seed
        self.done = 0

    @torch.no_grad()
    def step(self, weights: MaskedWeights) -> None:
        """Renew all masks, with the probability of this step."""
        step, self.done = self.done, self.done + 1
        draw = torch.rand((), generator=torch.Generator().manual_seed(self.seed * 1_000_003 + step))
        if draw.item() >= self.probability.value_at(step):
            return
        offset = self.offsets.value_at(step)
        for name, weight in weights.weights.items():
            magnitude = weight.abs()
            threshold = magnitude.mean() + offset * magnitude.std(correction=0)
            mask = weights.masks[name]
            weights.masks[name] = (mask & (magnitude >= threshold)) | (magnitude >= HYSTERESIS * threshold)

    def state_dict(self) -> dict[str, Any]:
        """The number of steps done."""
        return {"done": self.done}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a saved state."""
        self.done = state["done"]
