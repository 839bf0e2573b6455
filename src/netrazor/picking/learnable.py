"""What people have, as a learner: a network or what builds one, an estimator, or a learner already."""

from collections.abc import Callable
from typing import TypeAlias, cast

from torch import nn

from netrazor.errors import UnsupportedLearner
from netrazor.picking.learner import Learner, check_is_learner
from netrazor.picking.sklearn_learner import Estimator, SklearnLearner
from netrazor.picking.torch_learner import TorchLearner

Learnable: TypeAlias = Learner | Estimator | nn.Module | Callable[[], nn.Module]


def as_learner(given: Learnable) -> Learner:
    """``given`` itself if it is a learner, or else wrapped with the default settings.

    A network, or a class or function that builds one, becomes a `TorchLearner` with `TorchTraining()`: Adam at a
    constant rate, batches of 64, at least 100 steps a round and 10 for each newly picked example, exponentially
    averaged weights, no augmentation. An estimator with fit and predict becomes a `SklearnLearner`.

    Raises:
        UnsupportedLearner: it is none of these; an estimator without fit or predict.
    """
    if isinstance(given, nn.Module):
        return TorchLearner(given)
    if callable(getattr(given, "learn", None)) and not isinstance(given, type):
        check_is_learner(given)
        return cast(Learner, given)
    if hasattr(given, "fit") or (hasattr(given, "predict") and not callable(given)):
        return SklearnLearner(cast(Estimator, given))
    if callable(given):
        return TorchLearner(given)
    raise UnsupportedLearner(
        f"learner: a learner, an estimator with fit and predict, a network or a function that builds one needed, got "
        f"{type(given).__name__}; see netrazor.picking.Learner"
    )
