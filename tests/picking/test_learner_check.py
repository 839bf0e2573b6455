"""Learners whose state depends on more than the picks are found, and those that do not pass."""

from typing import Any

import numpy as np
import pytest
import torch
from pickable import NearestMean, images, points, torch_learner
from torch import nn

from netrazor.errors import UnsupportedLearner
from netrazor.picking import Examples, TorchLearner, check_learner


def halves(inputs: Any, labels: Any) -> tuple[Examples, Examples]:
    return Examples(inputs[:20], labels[:20]), Examples(inputs[20:], labels[20:])


POINTS = halves(*points(200))
IMAGES = halves(images(100).tensors()[0], images(100).labels.numpy())


class CountsStarts(NearestMean):
    """A hidden counter that start does not reset."""

    calls = 0

    def start(self, seed: int) -> None:
        super().start(seed)
        self.calls += 1

    def predict(self, inputs: Any) -> Any:
        return (super().predict(inputs) + self.calls) % 3


class CountsPredictions(NearestMean):
    """What it learns depends on how often it was asked before."""

    def start(self, seed: int) -> None:
        super().start(seed)
        self._asked = 0

    def learn(self, picked: Examples, newly: Examples) -> None:
        super().learn(picked, newly)
        self._shift = self._asked

    def predict(self, inputs: Any) -> Any:
        self._asked += 1
        return (super().predict(inputs) + self._shift) % 3


class Unseeded(NearestMean):
    """Noise from a generator that the seed does not reach."""

    def learn(self, picked: Examples, newly: Examples) -> None:
        noise = np.random.default_rng().normal(size=np.asarray(picked.inputs).shape)
        super().learn(Examples(np.asarray(picked.inputs) + 5 * noise, picked.labels), newly)


class Coin(NearestMean):
    """Answers that differ each time."""

    def predict(self, inputs: Any) -> Any:
        return np.random.default_rng().integers(0, 3, len(inputs))


class Relative(NearestMean):
    """Compares each input with the mean of its batch."""

    def predict(self, inputs: Any) -> Any:
        inputs = np.asarray(inputs)
        return super().predict(inputs - inputs[: max(1, len(inputs) // 2)].mean(axis=0))


@pytest.mark.parametrize(
    ("learner", "words"),
    [
        (CountsStarts(), "after it started again"),
        (CountsPredictions(), "after it started again"),
        (Unseeded(), "after it started again"),
        (Coin(), "asked a second time"),
        (Relative(), "use no statistics of the batch"),
    ],
)
def test_states_that_depend_on_more_than_the_picks(learner: Any, words: str) -> None:
    with pytest.raises(UnsupportedLearner, match=words):
        check_learner(learner, *POINTS)


class BatchStatistics(nn.Module):
    """Normalises by the batch even in evaluation mode."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Flatten(), nn.Linear(64, 3))

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        scores = self.layers(images)
        return (scores - scores[: max(1, len(scores) // 2)].mean(0)) / (scores.std(0) + 1e-6)


def test_a_network_that_normalises_by_the_batch() -> None:
    with pytest.raises(UnsupportedLearner, match="answers differ"):
        check_learner(TorchLearner(BatchStatistics, torch_learner().training), *IMAGES)


def test_learners_that_depend_on_the_picks_alone() -> None:
    check_learner(NearestMean(), *POINTS)
    check_learner(torch_learner(), *IMAGES)
