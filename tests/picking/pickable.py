"""Learners and data that picking is tried on."""

from typing import Any

import numpy as np
import torch
from torch import nn

from netrazor.data import ImageDataset
from netrazor.picking import (
    ExactAugmentation,
    ExactLearner,
    ExactTraining,
    Examples,
    TorchLearner,
    TorchTraining,
)
from netrazor.picking.learner import Inputs, Labels


def points(n: int = 300, classes: int = 3, seed: int = 0) -> tuple[Any, Any]:
    """Points in the plane around a centre for each class, a few of them on the wrong side."""
    generator = np.random.default_rng(seed)
    labels = generator.integers(0, classes, n)
    centres = 3 * np.stack([np.cos(np.arange(classes)), np.sin(np.arange(classes))], axis=1)
    return centres[labels] + generator.normal(size=(n, 2)), labels


def images(n: int = 120, classes: int = 3, seed: int = 0) -> ImageDataset:
    """Noise with a bright bar whose place is the class."""
    generator = torch.Generator().manual_seed(seed)
    labels = torch.randint(0, classes, (n,), generator=generator)
    pixels = torch.randint(0, 150, (n, 1, 8, 8), generator=generator, dtype=torch.uint8)
    pixels[torch.arange(n), 0, 2 * labels] += 100
    return ImageDataset(pixels, labels, classes)


class NearestMean:
    """The class whose picked examples have the nearest mean: simple, and a function of the picks alone."""

    def __init__(self, power: float = 2.0) -> None:
        self.power = power
        self.scored = 0  # a public counter would be a setting; tests read this one

    def start(self, seed: int) -> None:
        self._means: dict[int, Any] = {}

    def learn(self, picked: Examples, newly: Examples) -> None:
        inputs = np.asarray(picked.inputs)
        self._means = {int(c): inputs[picked.labels == c].mean(axis=0) for c in np.unique(picked.labels)}

    def predict(self, inputs: Inputs) -> Labels:
        self.scored += len(inputs)
        classes = np.array(sorted(self._means))
        means = np.stack([self._means[int(c)] for c in classes])
        distance = (np.abs(np.asarray(inputs)[:, None] - means) ** self.power).sum(axis=-1)
        return np.asarray(classes[distance.argmin(axis=1)])


def network() -> nn.Module:
    """A small one, with a batch norm and dropout."""
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1),
        nn.BatchNorm2d(4),
        nn.ReLU(),
        nn.Flatten(),
        nn.Dropout(0.1),
        nn.Linear(256, 3),
    )


def torch_learner(**training: Any) -> TorchLearner:
    """A quick one."""
    settings = {"batch_size": 16, "steps": 8, "steps_per_pick": 1, "averaging": 0.9, **training}
    return TorchLearner(network, TorchTraining(**settings))


def exact_layers() -> nn.Sequential:
    """Layers that can be computed exactly."""
    return nn.Sequential(
        nn.Conv2d(1, 4, 3, padding=1),
        nn.ReLU(),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.Linear(64, 16),
        nn.ReLU(),
        nn.Linear(16, 3),
    )


def exact_learner() -> ExactLearner:
    """A quick one."""
    training = ExactTraining(steps=10, steps_per_pick=1, batch=4, rate=4, averaging=4)
    return ExactLearner(exact_layers, training, augmentation=ExactAugmentation(linear=10, shift=8, elastic=8))
