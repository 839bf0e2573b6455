"""Dynamic Network Surgery (Guo, Yao and Chen 2016): prune by thresholds, splice back what grows again."""

from dataclasses import dataclass
from typing import Any

import torch

from netrazor.compress.masked_weights import MaskedWeights

HYSTERESIS = 1.1  # a pruned weight returns above this multiple of the threshold (the upper one of the paper)


@dataclass(frozen=True)
class Pieces:
    """A piecewise constant function of the step: ``values[i]`` from ``starts[i]`` on."""

    starts: tuple[int, ...]
    values: tuple[float, ...]

    def at(self, step: int) -> float:
        """Its value at ``step``."""
        reached = [value for start, value in zip(self.starts, self.values, strict=True) if start <= step]
        return reached[-1] if reached else self.values[0]

    @classmethod
    def even(cls, values: tuple[float, ...], steps: int) -> "Pieces":
        """Each value for an equal share of ``steps``."""
        return cls(tuple(i * steps // len(values) for i in range(len(values))), values)


class DynamicNetworkSurgery:
    """Masks from a threshold for each layer: mean(|w|) + c * std(|w|), over the layer's whole tensor.

    At each step, with a probability that falls over time, every mask is renewed: weights below the threshold
    are pruned, weights above ``HYSTERESIS`` times the threshold are spliced back, those between stay as they
    are.

    Args:
        offsets: c by step.
        probability: of a renewal, by step.
        seed: of the renewals' draws; together with the step it determines each.
    """

    def __init__(self, offsets: Pieces, probability: Pieces, seed: int) -> None:
        self.offsets = offsets
        self.probability = probability
        self.seed = seed
        self.done = 0

    @torch.no_grad()
    def step(self, weights: MaskedWeights) -> None:
        """Perhaps renew all masks."""
        step, self.done = self.done, self.done + 1
        draw = torch.rand((), generator=torch.Generator().manual_seed(self.seed * 1_000_003 + step))
        if draw.item() >= self.probability.at(step):
            return
        offset = self.offsets.at(step)
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
