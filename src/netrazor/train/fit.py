"""One training loop for every stage: they differ in the weights that the network computes with."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

import torch
from pydantic import Field
from pydantic.dataclasses import dataclass as config_dataclass
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.modules.batchnorm import _BatchNorm

from netrazor.errors import CheckpointMismatch, ConfigurationError
from netrazor.runtime import SILENT, Reporter, devices, processes
from netrazor.train.batches import Batches
from netrazor.train.finite_losses import FiniteLosses
from netrazor.train.optimizer import OptimizerConfig
from netrazor.train.trainable import Trainable

Loss = Callable[[Tensor, Tensor], Tensor]
TrainingStep = Callable[[nn.Module, Tensor, Tensor], Tensor]


@config_dataclass(frozen=True, config={"extra": "forbid"})
class FitConfig:
    """Length, batch and optimizer of one stage.

    Attributes:
        steps: number of batches.
        batch_size: examples in a batch.
        optimizer: and its rate.
        freeze_norms: batch norms compute with their statistics, as in evaluation, and leave them as they are.
        norm_momentum: of the batch norms' statistics in this stage, as PyTorch counts it (0.01 is TensorFlow's
            0.99), instead of the network's own.
        precision: "32-true", or "bf16-mixed": forward passes under torch's automatic mixed precision, in bfloat16
            where torch holds that to be safe. It pays on processors that multiply it natively. Errors are always
            counted in float32.
    """

    steps: int = Field(ge=0)
    batch_size: int = Field(default=128, ge=1)
    optimizer: OptimizerConfig = OptimizerConfig()
    freeze_norms: bool = False
    norm_momentum: float | None = Field(default=None, gt=0, le=1)
    precision: Literal["32-true", "bf16-mixed"] = "32-true"


@dataclass(frozen=True)
class FitProgress:
    """Where a fit begins, and who follows it.

    Attributes:
        name: of the stage, for messages and the reporter.
        resume: the state that a killed run saved, from which this one goes on.
        save: is offered, after each step, a function that gives the state.
        reporter: told of each step.
    """

    name: str = "train"
    resume: dict[str, Any] | None = None
    save: Callable[[Callable[[], dict[str, Any]]], None] | None = None
    reporter: Reporter = SILENT


def flush_denormals() -> None:
    """Let numbers below 1e-38 be zero: gradients of confident answers are full of them, at ten times the cost.

    Holds for this thread and those that it starts later, so a program calls it before its first computation.
    """
    torch.set_flush_denormal(True)


@contextmanager
def _denormals_flushed() -> Iterator[None]:
    """Flush them in here, and give them back to the caller."""
    flush_denormals()
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


@_denormals_flushed()
def fit(
    model: nn.Module,
    weights: Trainable,
    batches: Batches,
    config: FitConfig,
    *,
    loss: Loss = F.cross_entropy,
    training_step: TrainingStep | None = None,
    progress: FitProgress | None = None,
) -> None:
    """Train ``model`` in place, on the device where it is, for ``config.steps`` steps through ``weights``.

    After each step, ``progress.save`` is offered a function that gives the state; a run that gets such a state back
    as ``progress.resume`` goes on to the result that an uninterrupted run would have had. The state is on the CPU,
    and may be taken up on another device.

    What is minimized is ``loss(scores, labels)``, or ``training_step(model, inputs, labels)`` where that is given.
    Of several processes each computes it on its share of a batch; the gradients are averaged.

    Raises:
        NonFiniteWeights: the loss became NaN or infinite.
        ConfigurationError: the loss is not one number that depends on the weights.
    """
    progress = progress or FitProgress()
    name, resume, save = progress.name, progress.resume, progress.save
    optimizer = config.optimizer.build(_trainable(model, weights, name))
    objective = training_step or (lambda model, inputs, labels: loss(model(inputs), labels))
    device = devices.device_of(model)
    losses = FiniteLosses(name, device)
    done = start = 0 if resume is None else _restore(resume, model, weights, optimizer)
    _train_mode(model, config)
    with progress.reporter.stage(name, config.steps, done) as tick:
        for step, inputs, labels in batches.steps(done, config.steps):
            for group in optimizer.param_groups:
                group["lr"] = config.optimizer.rate_at(step, config.steps)
            optimizer.zero_grad(set_to_none=True)
            processes.part_randomness(batches.seed, step)
            with weights.applied():
                with _precision(config, device), devices.making_on(device):
                    value = objective(model, inputs.to(device), labels.to(device))
                _check_loss(value, name)
                torch.autograd.backward(value)
                value = _averaged(value.detach(), weights, len(labels) / batches.batch_size)
            losses.add(value, step)
            optimizer.step()
            weights.step()
            if step == start:
                processes.broadcast(weights.parameters())  # what a first batch decides, such as a scale
            tick()
            if save is not None:
                save(partial(_state, losses, step + 1, model, weights, optimizer))
        losses.check()
    model.eval()


def _averaged(value: Tensor, weights: Trainable, share: float) -> Tensor:
    """The loss of the entire batch, of which this process had a ``share``; the gradients become those of it too."""
    if processes.count() > 1:
        for parameter in weights.parameters():
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        processes.average([*(p.grad for p in weights.parameters() if p.grad is not None), value], share)
    return value


def _state(
    losses: FiniteLosses, done: int, model: nn.Module, weights: Trainable, optimizer: torch.optim.Optimizer
) -> dict[str, Any]:
    losses.check()
    device = devices.device_of(model)
    state = {
        "model": model.state_dict(),
        "weights": weights.state_dict(),
        "optimizer": optimizer.state_dict(),
    }
    return {
        "done": done,
        **devices.moved(state, device, devices.CPU),
        "random": torch.get_rng_state(),  # dropout goes on where it was
        "random_there": devices.random_state(device),
    }


def _restore(
    state: dict[str, Any], model: nn.Module, weights: Trainable, optimizer: torch.optim.Optimizer
) -> int:
    """Take up a saved state; the number of steps already done.

    Raises:
        CheckpointMismatch: the state is not one that was saved in this stage.
    """
    device = devices.device_of(model)
    try:
        model.load_state_dict(state["model"])
        weights.load_state_dict(devices.moved(state["weights"], devices.CPU, device))
        optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["random"])
        devices.go_on_drawing(state.get("random_there", {}), device)
        return int(state["done"])
    except Exception as error:  # an edited file raises anything
        raise CheckpointMismatch(
            f"checkpoint: its state does not fit this stage ({type(error).__name__}: {str(error)[:200]}); delete it "
            "to start again"
        ) from error


def _trainable(model: nn.Module, weights: Trainable, name: str) -> list[Tensor]:
    parameters = weights.parameters()
    if not parameters and not any(bool(p.any()) for p in model.parameters()):
        raise ConfigurationError(
            f"stage {name!r}: all weights are zero, so nothing is left to train; prune less before it (sparsity, "
            "nonzeros, per_example), or choose the recipe as-is"
        )
    if not parameters:
        raise ConfigurationError(
            f"stage {name!r}: the network has no parameters that require gradients; call requires_grad_() on those "
            "to be trained, or choose the recipe post-training or as-is"
        )
    return parameters


def _train_mode(model: nn.Module, config: FitConfig) -> None:
    model.train()
    for norm in (module for module in model.modules() if isinstance(module, _BatchNorm)):
        if config.freeze_norms:
            norm.eval()
        if config.norm_momentum is not None:
            norm.momentum = config.norm_momentum


def _precision(config: FitConfig, device: torch.device) -> AbstractContextManager[None]:
    """In it forward passes compute in the precision of the stage."""
    if config.precision == "32-true":
        return nullcontext()
    return torch.autocast(device.type, torch.bfloat16)


def _check_loss(value: object, name: str) -> None:
    if not isinstance(value, Tensor) or value.numel() != 1 or not value.requires_grad:
        got = f"shape {tuple(value.shape)}" if isinstance(value, Tensor) else type(value).__name__
        raise ConfigurationError(
            f"loss in stage {name!r}: must be one number that depends on the weights, got {got}; return the mean "
            "over the batch, and train a network whose parameters require gradients"
        )
