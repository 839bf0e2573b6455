"""How stages train: on a smaller copy of the network, behind what the stage lets the optimizer move."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import torch
from torch import nn

from netrazor.pipeline.stages.interface import RunContext, Turn
from netrazor.runtime import devices, processes
from netrazor.simplify import copy_for_training, expand_into
from netrazor.train import Batches, FitConfig, FitProgress, Loss, Trainable, fit
from netrazor.train.frozen_features import precompute_features

Weights = TypeVar("Weights", bound=Trainable)


def fit_in_place(
    behind: Callable[[nn.Module], tuple[Weights, Loss]], config: FitConfig, context: RunContext, turn: Turn
) -> Weights:
    """Train ``context.model`` in place; returns what the optimizer moved.

    A copy without the empty units is trained on ``context.device``, and put back at the end. A network with frozen
    features is trained on these, computed once.

    Args:
        behind: what the optimizer moves in a network that is given, and the loss that is minimized.
        config: steps, batch and optimizer.
        context: of the run.
        turn: the stage's seed and checkpoint.
    """
    working = copy_for_training(context.model, context.example())
    part, training = precompute_features(working, context.training)

    def save(fit_state: Callable[[], Mapping[str, Any]]) -> None:
        turn.save_if_due(fit_state)

    with devices.drawing_apart(context.device), devices.placed(part, context.device) as moving:
        torch.manual_seed(turn.seed)
        weights, loss = behind(moving)
        fit(
            moving,
            weights,
            Batches(training, config.batch_size, seed=turn.seed, device=context.device, soft=context.soft),
            config,
            loss=loss,
            training_step=context.training_step,
            progress=FitProgress(
                turn.name,
                resume=None if turn.resumed is None else dict(turn.resumed),
                save=save,
                reporter=context.reporter,
            ),
        )
        weights.finish()
    processes.broadcast(part.state_dict().values())  # the statistics of batch norms are each process's own
    expand_into(context.model, working)
    return weights
