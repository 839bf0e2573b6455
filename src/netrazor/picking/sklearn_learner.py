"""An estimator with fit and predict, as in scikit-learn, as a learner: fitted anew on all that was picked."""

import copy
from typing import Any, Protocol, TypeAlias, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from netrazor.errors import UnsupportedLearner
from netrazor.picking.learner import NO_ANSWER, Examples, Inputs, Labels

Table: TypeAlias = NDArray[Any]


@runtime_checkable
class Estimator(Protocol):
    """What scikit-learn calls a classifier."""

    def fit(self, inputs: Table, labels: Labels) -> Any:
        """Learn from N x features inputs."""
        ...

    def predict(self, inputs: Table) -> Any:
        """A label for each input."""
        ...


class SklearnLearner:
    """Any estimator with fit and predict: pipelines, support vectors, forests, gradient boosting.

    Each round fits a fresh copy to all picked examples in their order, inputs flattened to rows. Where the estimator
    has a parameter ``random_state`` that is None, or a step of a pipeline has, it is set to the seed. As long as all
    picked examples have one label, that label is the answer; a label that was never picked is never an answer, so
    its examples count as wrong.
    """

    def __init__(self, estimator: Estimator) -> None:
        missing = [name for name in ("fit", "predict") if not callable(getattr(estimator, name, None))]
        if missing or isinstance(estimator, type):
            got = (
                f"the class {estimator.__name__}" if isinstance(estimator, type) else type(estimator).__name__
            )
            raise UnsupportedLearner(
                f"estimator: must be an object with fit(inputs, labels) and predict(inputs), got {got}"
                f"{' without ' + ' and '.join(missing) if missing else ''}; give an estimator that was made but not "
                "fitted"
            )
        self.estimator = estimator
        self._fitted: Estimator | None = None
        self._only = NO_ANSWER
        self._seed = 0

    def start(self, seed: int) -> None:
        """See `Learner`."""
        self._seed = seed
        self._fitted, self._only = None, NO_ANSWER

    def learn(self, picked: Examples, newly: Examples) -> None:
        """See `Learner`.

        Raises:
            UnsupportedLearner: the estimator cannot be fitted to these examples.
        """
        labels = np.unique(picked.labels)
        if len(labels) == 1:
            self._fitted, self._only = None, int(labels[0])
            return
        estimator = _seeded(copy.deepcopy(self.estimator), self._seed)
        try:
            estimator.fit(_rows(picked.inputs), picked.labels)
        except Exception as error:
            raise UnsupportedLearner(
                f"estimator: fit on {len(picked)} picked examples of {len(labels)} classes failed: "
                f"{type(error).__name__}: {error}; pick more at first, or choose another estimator"
            ) from error
        self._fitted = estimator

    def predict(self, inputs: Inputs) -> Labels:
        """See `Learner`."""
        if self._fitted is None:
            return np.full(len(inputs), self._only, dtype=np.int64)
        return np.asarray(self._fitted.predict(_rows(inputs)))


def _rows(inputs: Inputs) -> Table:
    table = np.asarray(inputs)
    return table.reshape(len(table), -1)


def _seeded(estimator: Estimator, seed: int) -> Estimator:
    """The estimator with every ``random_state`` that was left open set to ``seed``."""
    if hasattr(estimator, "get_params") and hasattr(estimator, "set_params"):
        settings = estimator.get_params(deep=True)
        left_open = [
            name
            for name, value in settings.items()
            if name.split("__")[-1] == "random_state" and value is None
        ]
        estimator.set_params(**dict.fromkeys(left_open, seed))
    return estimator
