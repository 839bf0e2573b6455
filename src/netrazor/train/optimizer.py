"""Which optimizer, and how its rate falls."""

from collections.abc import Iterable
from typing import Literal

import torch
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor


@dataclass(frozen=True, config={"extra": "forbid"})
class OptimizerConfig:
    """An optimizer and the schedule of its rate.

    Attributes:
        kind: "sgd" (with momentum) or "adam".
        rate: the rate at the first step.
        decay: "constant"; "inverse": rate / (1 + decay_rate * floor(step / decay_every)); "cosine": half a
            cosine down to ``floor`` times the rate at the last step.
        decay_rate: of "inverse".
        decay_every: steps between the falls of "inverse".
        floor: of "cosine", a share of ``rate``.
        momentum: of "sgd"; the first beta of "adam".
        l2: weight of the penalty 1/2 |w|^2 added to the loss.
    """

    kind: Literal["sgd", "adam"] = "adam"
    rate: float = Field(default=1e-3, gt=0)
    decay: Literal["constant", "inverse", "cosine"] = "cosine"
    decay_rate: float = Field(default=0.0, ge=0)
    decay_every: int = Field(default=1, ge=1)
    floor: float = Field(default=0.01, ge=0, le=1)
    momentum: float = Field(default=0.9, ge=0, lt=1)
    l2: float = Field(default=0.0, ge=0)

    def build(self, parameters: Iterable[Tensor]) -> torch.optim.Optimizer:
        """The optimizer of ``parameters`` at its first rate."""
        if self.kind == "sgd":
            return torch.optim.SGD(parameters, self.rate, momentum=self.momentum, weight_decay=self.l2)
        return torch.optim.Adam(parameters, self.rate, betas=(self.momentum, 0.99), weight_decay=self.l2)

    def rate_at(self, step: int, steps: int) -> float:
        """The rate of step ``step`` of ``steps``, counted from 0."""
        if self.decay == "inverse":
            return self.rate / (1 + self.decay_rate * (step // self.decay_every))
        if self.decay == "cosine":
            wave = (1 + torch.cos(torch.tensor(torch.pi * step / max(1, steps))).item()) / 2
            return self.rate * (self.floor + (1 - self.floor) * wave)
        return self.rate
