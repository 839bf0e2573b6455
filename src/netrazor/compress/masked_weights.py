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

from netrazor.compress.live_channels import FindsLive, Kept, LiveChannels, cut, spread

SALIENCY_DECAY = 0.99  # of the running mean of squared gradients
_MANY = 20_000  # weights, below which a step takes no time to speak of


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
        live: finds the network's channels, so that it computes with those in use only; called once most weights are
            masked, if there are so many that it pays. None: always with all.
    """

    def __init__(
        self,
        model: nn.Module,
        prunable: list[str],
        schedule: PruningSchedule | None = None,
        *,
        saliency: bool = False,
        live: FindsLive | None = None,
    ) -> None:
        self.named = {name: p for name, p in model.named_parameters() if p.requires_grad}
        self.weights: dict[str, nn.Parameter] = {name: self.named[name] for name in prunable}
        self.masks = {name: p.detach() != 0 for name, p in self.weights.items()}
        self.squared_gradients = (
            {name: torch.zeros_like(p) for name, p in self.weights.items()} if saliency else {}
        )
        self.schedule = schedule
        self._find_live = live
        self._live: LiveChannels | None = None
        self._seen: tuple[Tensor, ...] = ()
        self._kept: Kept = {}
        # A product in a new tensor has a memory layout of its own, in which convolutions run at half their speed.
        self._masked = {name: torch.empty_like(p) for name, p in self.weights.items()}

    def parameters(self) -> list[Tensor]:
        """All parameters, dense."""
        return list(self.named.values())

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Within it the pruned weights are zero; the gradients taken there go to the dense tensors."""
        dense, kept = {name: p.data for name, p in self.named.items()}, self._kept_channels()
        for name, parameter in self.weights.items():
            parameter.data = torch.mul(dense[name], self.masks[name], out=self._masked[name])
        before = {name: self.named[name].grad for name in kept}
        for name, axes in kept.items():
            self.named[name].grad = None
            self.named[name].data = cut(self.named[name].data, axes)
        try:
            yield
        finally:
            for name, parameter in self.named.items():
                gradient, parameter.grad = parameter.grad, None
                parameter.data = dense[name]
                if name in kept and gradient is not None:
                    gradient = spread(gradient, kept[name], parameter.shape)
                earlier = before.get(name)
                if earlier is not None:
                    gradient = earlier if gradient is None else earlier + gradient
                parameter.grad = gradient
            for name, mean in self.squared_gradients.items():
                gradient_at = self.weights[name].grad
                if gradient_at is not None:
                    mean.mul_(SALIENCY_DECAY)
                    mean.addcmul_(gradient_at, gradient_at, value=1 - SALIENCY_DECAY)

    def _kept_channels(self) -> Kept:
        """The channels in use, looked for when a mask has changed; a function of the masks alone."""
        masks = tuple(self.masks.values())
        if not self._seen or any(a is not b for a, b in zip(masks, self._seen, strict=True)):
            self._seen = masks
            elements = sum(mask.numel() for mask in masks)
            pays = elements >= _MANY and 2 * self.count_nonzeros() <= elements
            live = self._channels() if pays else None
            self._kept = {} if live is None else live.kept(self.masks)
        return self._kept

    def _channels(self) -> LiveChannels | None:
        """Those of the network, found once."""
        if self._find_live is not None:
            self._live, self._find_live = self._find_live(), None
        return self._live

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
