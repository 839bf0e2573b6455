"""One training loop for every stage: dense, pruning, and quantizing differ in what the network computes with."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, Protocol

import torch
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor, nn
from torch.nn import functional as F

from netrazor.errors import NonFiniteWeights
from netrazor.train.batches import Batches
from netrazor.train.checkpoint import Checkpoint
from netrazor.train.optimizer import OptimizerConfig
from netrazor.train.reporting import Reporter, Silent

Loss = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True, config={"extra": "forbid"})
class FitConfig:
    """Length, batch and optimizer of one stage.

    Attributes:
        steps: number of batches.
        batch_size: examples in a batch.
        optimizer: and its rate.
    """

    steps: int = Field(ge=0)
    batch_size: int = Field(default=128, ge=1)
    optimizer: OptimizerConfig = OptimizerConfig()


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

    def state_dict(self) -> dict[str, Any]:
        """What `load_state_dict` needs to go on, beside the network's own state."""
        ...

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from a saved state."""
        ...


class Whole:
    """The network's own parameters, as they are."""

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

    def state_dict(self) -> dict[str, Any]:
        """Nothing beside the network."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Nothing beside the network."""


def fit(
    model: nn.Module,
    weights: Trainable,
    batches: Batches,
    config: FitConfig,
    *,
    name: str = "train",
    loss: Loss = F.cross_entropy,
    checkpoint: Checkpoint | None = None,
    reporter: Reporter | None = None,
) -> None:
    """Train ``model`` in place for ``config.steps`` steps through ``weights``.

    With a ``checkpoint``, the state is saved now and then, and a run with the same stage ``name`` that was killed
    or interrupted goes on from there to the result that an uninterrupted run would have had.

    Raises:
        NonFiniteWeights: the loss became NaN or infinite.
        CheckpointMismatch, OutputError: as for `Checkpoint`.
    """
    reporter = reporter or Silent()
    optimizer = config.optimizer.build(weights.parameters())
    done = _restore(checkpoint, name, model, weights, optimizer)
    model.train()
    with reporter.stage(name, config.steps, done) as tick:
        for step, inputs, labels in batches.steps(done, config.steps):
            for group in optimizer.param_groups:
                group["lr"] = config.optimizer.rate_at(step, config.steps)
            optimizer.zero_grad(set_to_none=True)
            with weights.applied():
                value = loss(model(inputs), labels)
                value.backward()
            _check_finite(value, name, step)
            optimizer.step()
            weights.step()
            tick()
            if checkpoint is not None and checkpoint.due():
                state = {"model": model.state_dict(), "weights": weights.state_dict()}
                checkpoint.save(
                    {"stage": name, "done": step + 1, "optimizer": optimizer.state_dict(), **state}
                )
    model.eval()


def _restore(
    checkpoint: Checkpoint | None,
    name: str,
    model: nn.Module,
    weights: Trainable,
    optimizer: torch.optim.Optimizer,
) -> int:
    """Take up the saved state of this stage, if there is one; the number of steps already done."""
    state = checkpoint.load() if checkpoint is not None else None
    if state is None or state["stage"] != name:
        return 0
    model.load_state_dict(state["model"])
    weights.load_state_dict(state["weights"])
    optimizer.load_state_dict(state["optimizer"])
    return int(state["done"])


def _check_finite(value: Tensor, name: str, step: int) -> None:
    if not torch.isfinite(value):
        raise NonFiniteWeights(
            f"loss in stage {name!r}, step {step}: must be finite, got {value.item()}; "
            "check the inputs for NaN, or lower the rate"
        )
