"""What is certified at a stop: a fixed function of the last rounds of learning."""

from collections.abc import Sequence
from typing import Literal

import numpy as np
from pydantic import Field
from pydantic.dataclasses import dataclass

from netrazor.errors import ConfigurationError
from netrazor.picking.learner import NO_ANSWER, Inputs, Labels, Learner, Predictor, predicted


@dataclass(frozen=True, config={"extra": "forbid"})
class FinalRule:
    """How the final predictor follows from the learner as it was after each of the last rounds.

    Attributes:
        kind: "last": the learner as it is; "mean": the mean of the weights, of a learner that has
            ``averaged(others)``; "vote": the label that most give.
        rounds: how many of the last rounds "mean" and "vote" take, or all where there are fewer.
    """

    kind: Literal["last", "mean", "vote"] = "last"
    rounds: int = Field(default=1, ge=1)

    def predictor(self, recent: Sequence[Learner]) -> Predictor:
        """The final predictor from the learners of the last rounds, the latest last.

        Raises:
            ConfigurationError: "mean" of learners that cannot be averaged.
        """
        if self.kind == "last" or len(recent) == 1:
            return recent[-1]
        if self.kind == "vote":
            return Vote(recent)
        averaged = getattr(recent[-1], "averaged", None)
        if averaged is None:
            raise ConfigurationError(
                f"final: the mean of weights needs a learner with averaged(others), got "
                f"{type(recent[-1]).__name__}; choose last or vote"
            )
        return averaged(recent[:-1])  # type: ignore[no-any-return]


class Vote:
    """The label that most of several predictors give; of equals, the one that the later ones give."""

    def __init__(self, voters: Sequence[Predictor]) -> None:
        self.voters = tuple(voters)

    def predict(self, inputs: Inputs) -> Labels:
        """See `Predictor`."""
        votes = np.stack([predicted(voter, inputs) for voter in self.voters])
        labels, which = np.unique(votes, return_inverse=True)
        number = len(self.voters)
        weights = number**2 + np.arange(number)  # what is later only parts equals
        tally = np.zeros((votes.shape[1], len(labels)), dtype=np.int64)
        columns = np.broadcast_to(np.arange(votes.shape[1]), votes.shape)
        np.add.at(tally, (columns, which.reshape(votes.shape)), weights[:, None])
        tally[:, labels == NO_ANSWER] = 0
        return np.asarray(labels[tally.argmax(axis=1)], dtype=np.int64)
