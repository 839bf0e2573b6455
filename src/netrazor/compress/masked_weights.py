"""Weights under masks: the network computes with zero where a weight is pruned, and the weight itself lives on.

All pruning here has the same form (Guo et al. 2016): the optimizer moves the whole tensor with the gradient
taken at the masked one, so that a pruned weight can grow back, and a schedule decides when and where the masks
change.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

import torch
from torch import Tensor, nn

SALIENCY_MEMORY = 0.99  # of the running mean of squared gradients


class PruningSchedule(Protocol):
    """Changes the masks as training goes on."""

    def step(self, weights: "MaskedWeights") -> None:
        """Called once after each step of the optimizer."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """What it needs to go on after a restart."""
        ...

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a saved state."""
        ...


class MaskedWeights:
    """The parameters of a network, some of them under masks that a schedule moves.

    Args:
        model: the network; trained in place.
        prunable: names (as in ``model.named_parameters()``) of the parameters that may be pruned.
        schedule: moves the masks; None leaves them as they are.
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
        # A product would take a layout of its own, and the convolutions after it would follow, at half the speed.
        self._masked = {name: torch.empty_like(p) for name, p in self.weights.items()}

    def parameters(self) -> list[Tensor]:
        """All parameters, whole."""
        return list(self.named.values())

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Within it the pruned weights are zero; the gradients taken there go to the whole tensors."""
        whole = {name: p.data for name, p in self.weights.items()}
        for name, parameter in self.weights.items():
            parameter.data = torch.mul(whole[name], self.masks[name], out=self._masked[name])
        try:
            yield
        finally:
            for name, parameter in self.weights.items():
                parameter.data = whole[name]
                if self.squared_gradients and parameter.grad is not None:
                    mean = self.squared_gradients[name]
                    mean.mul_(SALIENCY_MEMORY)
                    mean.addcmul_(parameter.grad, parameter.grad, value=1 - SALIENCY_MEMORY)

    def step(self) -> None:
        """Let the schedule move the masks."""
        if self.schedule is not None:
            self.schedule.step(self)

    @torch.no_grad()
    def finish(self) -> None:
        """Make the zeros real: the network's parameters become the masked ones."""
        for name, parameter in self.weights.items():
            parameter.masked_fill_(~self.masks[name], 0.0)  # a product would leave minus zeros

    def nonzeros(self) -> int:
        """How many weights are not pruned."""
        return sum(int(mask.sum()) for mask in self.masks.values())

    def state_dict(self) -> dict[str, Any]:
        """Masks, saliencies and the schedule's state."""
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
