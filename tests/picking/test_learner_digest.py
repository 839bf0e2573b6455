"""The digest of a learner changes with each setting, with given weights, and with nothing else."""

from functools import partial
from typing import Any

import pytest
import torch
from pickable import NearestMean, images, network, points
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from torch import nn

from netrazor.picking import (
    Augmentation,
    PickingConfig,
    SklearnLearner,
    TorchLearner,
    TorchTraining,
    learner_digest,
    pick,
)
from netrazor.train import OptimizerConfig


def given(value: float) -> nn.Module:
    model = nn.Linear(2, 2)
    nn.init.constant_(model.weight, value)
    nn.init.zeros_(model.bias)
    return model


def loss(scores: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    return (scores.sum(1) - labels).square().mean()


VARIANTS: list[Any] = [
    NearestMean(),
    NearestMean(1.0),
    SklearnLearner(SVC()),
    SklearnLearner(SVC(C=2)),
    SklearnLearner(make_pipeline(StandardScaler(), SVC())),
    SklearnLearner(make_pipeline(StandardScaler(), SVC(gamma=2))),
    TorchLearner(network),
    TorchLearner(partial(nn.Linear, 2, 2)),
    TorchLearner(partial(nn.Linear, 2, 3)),
    TorchLearner(given(0.0)),
    TorchLearner(given(1.0)),
    TorchLearner(network, loss=loss),
    TorchLearner(network, augmentation=Augmentation(flip=True)),
    TorchLearner(network, TorchTraining(steps=3)),
    TorchLearner(network, TorchTraining(optimizer=OptimizerConfig(rate=0.1, decay="constant"))),
]


def test_every_setting_counts() -> None:
    assert len({learner_digest(learner) for learner in VARIANTS}) == len(VARIANTS)


@pytest.mark.parametrize(
    "make", [lambda: SklearnLearner(SVC()), lambda: TorchLearner(network, TorchTraining(steps=2))]
)
def test_what_was_learned_does_not(make: Any) -> None:
    learner = make()
    before = learner_digest(learner)
    dataset = images() if isinstance(learner, TorchLearner) else points()
    pick(learner, dataset, PickingConfig(stops=(12,), first=10))
    assert learner_digest(learner) == before == learner_digest(make())
