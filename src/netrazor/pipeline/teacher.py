"""A teacher: a trained network of any size whose answers to the training inputs are trained towards.

Training may use anything whatever of the training set, since what it leads to is coded, and a message is charged by
its length alone. So the teacher may have been trained on the same examples. Nothing of the prior depends on it,
errors are counted against the true labels, and verification does not need it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from netrazor.counting.cached_features import cached_features
from netrazor.counting.scoring import scores_of
from netrazor.errors import ConfigurationError, UnsupportedModel
from netrazor.networks.estimators import as_network
from netrazor.runtime import Reporter, devices
from netrazor.train import DistillConfig, SoftTargets


def as_teacher(given: Any) -> Any:
    """``given`` itself, or the network that a fitted estimator of scikit-learn is, in evaluation mode."""
    network = as_network(given)
    return given if network is given else network.eval()


def check_teacher(teacher: object) -> None:
    """Refuse what is no trained network.

    Raises:
        ConfigurationError: no module, or one in training mode, as a network is that has just been made.
    """
    if not isinstance(teacher, nn.Module):
        raise ConfigurationError(
            f"teacher: a torch.nn.Module with trained weights needed, got {type(teacher).__name__}; load one"
        )
    if any(module.training for module in teacher.modules()):
        raise ConfigurationError(
            f"teacher: a network in evaluation mode needed, got {type(teacher).__name__} in training mode, as one is "
            "that has just been made; load its trained weights (teacher_weights=), and call teacher.eval()"
        )


@contextmanager
def taught(
    teacher: nn.Module | None, config: DistillConfig | None, training: Any, classes: int, reporter: Reporter
) -> Iterator[SoftTargets | None]:
    """What ``teacher`` says of each example of ``training``, computed once; None without a teacher.

    The scores are in memory or in a temporary file, as features of a given part are.

    Args:
        teacher: inputs to N x classes scores, in evaluation mode, wherever it is.
        config: how its answers are mixed with the labels.
        training: what is trained on. Of examples that are drawn anew each time (an augmentation by chance), the
            answers are those to one draw.
        classes: of the labels.
        reporter: told of the progress.

    Raises:
        UnsupportedModel: a forward pass that fails, scores of other classes, not finite, or the same for all inputs.
    """
    if teacher is None or config is None:
        yield None
        return

    def answer(inputs: Tensor) -> Tensor:
        try:
            return _checked(scores_of(teacher, inputs), classes)
        except UnsupportedModel as error:
            raise UnsupportedModel(f"teacher: {str(error).removeprefix('teacher: ')}") from error

    named = "answers of the teacher"
    with cached_features(answer, training, devices.device_of(teacher), reporter, named=named) as answers:
        scores = answers.features
        if len(scores) > 1 and bool((scores == scores[:1]).all()):
            raise UnsupportedModel(
                "teacher: scores that depend on the input needed, got the same for all examples; load its trained "
                "weights"
            )
        yield SoftTargets(scores, config)


def _checked(scores: Tensor, classes: int) -> Tensor:
    if scores.shape[1] != classes:
        raise UnsupportedModel(
            f"teacher: scores of {classes} classes needed, as the training set has, got {scores.shape[1]}; give a "
            "network for these classes, or wrap it in a module that returns their scores"
        )
    finite = torch.isfinite(scores).all(1)
    if not bool(finite.all()):
        raise UnsupportedModel(
            f"teacher: finite scores needed, got others for {int((~finite).sum())} of {len(scores)} examples of a "
            "batch; check its weights, and that its inputs are scaled as in its training"
        )
    return scores.float()
