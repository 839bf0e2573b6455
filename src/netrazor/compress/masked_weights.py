"""Pruning with masks: the network computes with zero where a weight is pruned, and the weight itself is kept.

All pruning here has the same form (Guo et al. 2016): the optimizer updates the dense tensor with the gradient taken
at the masked one (a straight-through estimator), so that a pruned weight can grow back, and a schedule decides when
and where the masks change.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

import torch
from torch import Tensor, nn

SALIENCY_DECAY = 0.99  # of the running mean of squared gradients


class PruningSchedule(Protocol):
    """Changes the masks as training goes on."""

    def step(self, weights: "MaskedWeights") -> None:
        """Called once after each step of the optimizer."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """What it needs to go on after an interruption."""
        ...

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a saved state."""
        ...


class MaskedWeights:
    """The parameters of a network, some of them with masks that a schedule changes.

    Args:
        model: the network; trained in place.
        prunable: names (as in ``model.named_parameters()``) of the parameters that may be pruned.
        schedule: changes the masks; None leaves them as they are.
        saliency: keep a running mean of squared gradients, for schedules that rank weights by it.
    """

    def __init__(
        self,
        model: nn.Module,
        prunable: list[str],
        schedule: PruningSchedule | None = None,
        *,
        saliency: bool = False,
    ) -> None:
        self.named = {name: p for name, p in model.named_parameters() if p.requires_grad}
        self.weights: dict[str, nn.Parameter] = {name: self.named[name] for name in prunable}
        self.masks = {name: p.detach() != 0 for name, p in self.weights.items()}
        self.squared_gradients = (
            {name: torch.zeros_like(p) for name, p in self.weights.items()} if saliency else {}
        )
        self.schedule = schedule
        # A product in a new tensor has a memory layout of its own, in which convolutions run at half their speed.
        self._masked = {name: torch.empty_like(p) for name, p in self.weights.items()}

    def parameters(self) -> list[Tensor]:
        """All parameters, dense."""
        return list(self.named.values())

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Within it the pruned weights are zero; the gradients taken there go to the dense tensors."""
        dense = {name: p.data for name, p in self.weights.items()}
        for name, parameter in self.weights.items():
            parameter.data = torch.mul(dense[name], self.masks[name], out=self._masked[name])
        try:
            yield
        finally:
            for name, parameter in self.weights.items():
                parameter.data = dense[name]
                if self.squared_gradients and parameter.grad is not None:
                    mean = self.squared_gradients[name]
                    mean.mul_(SALIENCY_DECAY)
                    mean.addcmul_(parameter.grad, parameter.grad, value=1 - SALIENCY_DECAY)

    def step(self) -> None:
        """Let the schedule change the masks."""
        if self.schedule is not None:
            self.schedule.step(self)

    @torch.no_grad()
    def finish(self) -> None:
        """The network's parameters become the masked ones."""
        for name, parameter in self.weights.items():
            parameter.masked_fill_(~self.masks[name], 0.0)  # a product would leave minus zeros

    def count_nonzeros(self) -> int:
        """How many weights are not pruned."""
        return sum(int(mask.sum()) for mask in self.masks.values())

    def state_dict(self) -> dict[str, Any]:
        """Masks, squared gradients and the state of the schedule."""
        return {
            "masks": self.masks,
            "squared_gradients": self.squared_gradients,
            "schedule": self.schedule.state_dict() if self.schedule is not None else {},
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from a saved state."""
        self.masks = dict(state["masks"])
        self.squared_gradients = dict(state["squared_gradients"])
        if self.schedule is not None:
            self.schedule.load_state_dict(state["schedule"])
