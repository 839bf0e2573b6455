"""What an optimizer moves: the network's own parameters, or what they are computed from."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

from torch import Tensor, nn


class Trainable(Protocol):
    """What an optimizer moves, and what the network computes with meanwhile."""

    def parameters(self) -> list[Tensor]:
        """The tensors that the optimizer moves."""
        ...

    def applied(self) -> AbstractContextManager[None]:
        """Within it the network holds the weights it computes with; leaving it hands their gradients over."""
        ...

    def step(self) -> None:
        """Called after each step of the optimizer."""
        ...

    def finish(self) -> None:
        """Called once at the end: the network's parameters become what it computed with."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """What `load_state_dict` needs to go on, beside the network's own state."""
        ...

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a saved state."""
        ...


class AllParameters:
    """All of the network's own parameters, as they are."""

    def __init__(self, model: nn.Module) -> None:
        self._parameters: list[Tensor] = [p for p in model.parameters() if p.requires_grad]

    def parameters(self) -> list[Tensor]:
        """All that require a gradient."""
        return self._parameters

    @contextmanager
    def applied(self) -> Iterator[None]:
        """Nothing to exchange."""
        yield

    def step(self) -> None:
        """Nothing to do."""

    def finish(self) -> None:
        """They are already."""

    def state_dict(self) -> dict[str, Any]:
        """Nothing beside the network."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Nothing beside the network."""
