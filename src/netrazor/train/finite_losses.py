"""Refusing losses that are NaN or infinite."""

import torch
from torch import Tensor

from netrazor.errors import NonFiniteWeights
from netrazor.runtime import devices

_TOGETHER = 50  # steps, on devices that would have to wait for each look


class FiniteLosses:
    """Refuses losses that are not finite: at once on the CPU, elsewhere some steps later, as to look is to wait."""

    def __init__(self, stage: str, device: torch.device) -> None:
        self.stage, self.every = stage, 1 if device == devices.CPU else _TOGETHER
        self.sum = torch.zeros((), device=device)
        self.step = self.unseen = 0

    def add(self, value: Tensor, step: int) -> None:
        """Look at every so many losses together: what is not finite stays so in a sum."""
        self.sum = self.sum + value
        self.step, self.unseen = step, self.unseen + 1
        if self.unseen >= self.every:
            self.check()

    def check(self) -> None:
        """Look at all that were added since.

        Raises:
            NonFiniteWeights: one of them is not finite.
        """
        if not torch.isfinite(self.sum):
            within = f"step {self.step}" if self.every == 1 else f"the {self.unseen} steps up to {self.step}"
            raise NonFiniteWeights(
                f"loss in stage {self.stage!r}, {within}: must be finite, got {self.sum.item()}; "
                "check the inputs for NaN, lower the rate, or call model.float() where weights are float16"
            )
        self.sum, self.unseen = torch.zeros_like(self.sum), 0
