"""What picking needs of a learner: to start, to learn picked examples, and to predict."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from netrazor.errors import UnsupportedLearner

Labels: TypeAlias = NDArray[np.int64]
Inputs: TypeAlias = Tensor | NDArray[Any]

NO_ANSWER = -1  # a predicted label that is always wrong


@dataclass(frozen=True)
class Examples:
    """Inputs and their labels, in the order in which they were picked.

    Attributes:
        inputs: N x ..., a tensor where the data set gives tensors, or else an array.
        labels: N.
    """

    inputs: Inputs
    labels: Labels

    def __len__(self) -> int:
        return len(self.labels)


class Predictor(Protocol):
    """Answers for inputs, one at a time as well as in any batch."""

    def predict(self, inputs: Inputs) -> Labels:
        """The label of each input, whole numbers; `NO_ANSWER` where there is none."""
        ...


@runtime_checkable
class Learner(Protocol):
    """A rule that learns from picked examples, whose state is a function of them and their order alone.

    The same calls of ``start`` and ``learn`` lead to the same state whenever they are made: random numbers come from
    ``seed`` and from how many examples were picked, never from a counter or from what was predicted meanwhile, and
    the answer for one input does not depend on the others. `check_learner` tries this. Attributes without a leading
    underscore are settings, and are part of the digest in a certificate; state belongs in the others. A copy by
    ``copy.deepcopy`` is a predictor that learns nothing more.

    An interrupted run of a `ResumableLearner` goes on from its state; of another, what was picked is learned again.
    """

    def start(self, seed: int) -> None:
        """Forget everything; what is random from here on follows ``seed``."""
        ...

    def learn(self, picked: Examples, newly: Examples) -> None:
        """Go on from the state before with all that was ``picked`` so far; the last of it is ``newly`` picked."""
        ...

    def predict(self, inputs: Inputs) -> Labels:
        """As `Predictor.predict`."""
        ...


@runtime_checkable
class ResumableLearner(Learner, Protocol):
    """A learner whose state can be saved."""

    def state(self) -> dict[str, Any]:
        """Tensors and plain values, from which `load_state` goes on."""
        ...

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Go on from a saved state, with the same results, bit for bit."""
        ...


def predicted(predictor: Predictor, inputs: Inputs) -> Labels:
    """The labels that ``predictor`` gives for ``inputs``.

    Raises:
        UnsupportedLearner: it fails, or gives something other than one whole number for each input.
    """
    try:
        answers = predictor.predict(inputs)
        labels = answers.cpu().numpy() if isinstance(answers, Tensor) else np.asarray(answers)
    except Exception as error:
        raise UnsupportedLearner(
            f"predict on inputs of shape {tuple(inputs.shape)} failed: {type(error).__name__}: {error}; give a data "
            "set whose inputs fit the learner"
        ) from error
    if labels.shape != (len(inputs),) or not _whole(labels):
        raise UnsupportedLearner(
            f"predict: must give one whole number for each of {len(inputs)} inputs, got {labels.dtype} of shape "
            f"{labels.shape}; return labels, not scores"
        )
    return labels.astype(np.int64)


def as_tensor(inputs: Inputs) -> Tensor:
    """Inputs for a network: float32 where they are fractions of other width."""
    tensor = torch.as_tensor(inputs)
    return tensor.float() if tensor.dtype == torch.float64 else tensor


def check_is_learner(learner: object) -> None:
    """Refuse what lacks one of the three methods.

    Raises:
        UnsupportedLearner: it does.
    """
    missing = [name for name in ("start", "learn", "predict") if not callable(getattr(learner, name, None))]
    if missing:
        raise UnsupportedLearner(
            f"learner: must have start(seed), learn(picked, newly) and predict(inputs), {type(learner).__name__} has "
            f"no {' and no '.join(missing)}; wrap a network in TorchLearner, an estimator in SklearnLearner"
        )


def concatenated(parts: Sequence[Examples]) -> Examples:
    """The examples of all ``parts``, at least one, in their order."""
    labels = np.concatenate([part.labels for part in parts])
    inputs = [part.inputs for part in parts]
    if isinstance(inputs[0], Tensor):
        return Examples(torch.cat([torch.as_tensor(each) for each in inputs]), labels)
    return Examples(np.concatenate([np.asarray(each) for each in inputs]), labels)


def _whole(labels: NDArray[Any]) -> bool:
    if labels.dtype.kind in "iu":
        return True
    return labels.dtype.kind == "f" and bool(np.all(np.isfinite(labels) & (labels == np.floor(labels))))
