"""Estimators of scikit-learn that are networks: linear classifiers, and perceptrons with hidden layers."""

import itertools
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from netrazor.errors import UnsupportedModel

_ACTIVATIONS = {"identity": nn.Identity, "logistic": nn.Sigmoid, "tanh": nn.Tanh, "relu": nn.ReLU}


class EstimatorNetwork(nn.Module):
    """A linear classifier or a perceptron: rows of numbers to one score for each class, or one for two classes."""

    def __init__(self, sizes: list[int], activation: str) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for inputs, outputs in itertools.pairwise(sizes):
            layers += [nn.Linear(inputs, outputs), _ACTIVATIONS[activation]()]
        self.layers = nn.Sequential(*layers[:-1])

    def forward(self, inputs: Tensor) -> Tensor:
        """Scores, N x classes or N x 1."""
        scores: Tensor = self.layers(inputs.flatten(1).float())
        return scores


def as_network(model: Any) -> Any:
    """A fitted estimator of scikit-learn as the network that it is; a network is itself.

    Linear classifiers (LogisticRegression, LinearSVC, SGDClassifier, RidgeClassifier, Perceptron) and MLPClassifier,
    by what they hold: ``coef_`` and ``intercept_``, or ``coefs_`` and ``intercepts_``.

    Raises:
        UnsupportedModel: another estimator, one that is not fitted, or classes that are not 0, 1, 2, ...
    """
    if isinstance(model, nn.Module) or not hasattr(model, "fit"):
        return model
    kind = type(model).__name__
    if not hasattr(model, "classes_"):
        raise UnsupportedModel(
            f"model: a fitted estimator needed, got a {kind} that is not; call fit first, on these examples"
        )
    classes = np.asarray(model.classes_)
    if classes.dtype.kind not in "iub" or not np.array_equal(classes, np.arange(len(classes))):
        raise UnsupportedModel(
            f"model: classes 0, 1, 2, ... needed, got {classes.tolist()!r:.100}; number them so"
        )
    if hasattr(model, "coefs_"):
        layers, activation = list(zip(model.coefs_, model.intercepts_, strict=True)), str(model.activation)
    elif hasattr(model, "coef_") and not hasattr(
        model, "decision_function_shape"
    ):  # SVC compares pairs of classes
        layers, activation = [(np.atleast_2d(model.coef_).T, model.intercept_)], "identity"
    else:
        raise UnsupportedModel(
            f"model: a network, a linear classifier or an MLPClassifier can be sent as a message, got {kind}; "
            "netrazor.certify_picked certifies any estimator"
        )
    network = EstimatorNetwork(
        [len(layers[0][0]), *(np.shape(weights)[1] for weights, _ in layers)], activation
    )
    linears = [layer for layer in network.layers if isinstance(layer, nn.Linear)]
    with torch.no_grad():
        for layer, (weights, bias) in zip(linears, layers, strict=True):
            layer.weight.copy_(torch.from_numpy(np.array(weights, dtype=np.float32).T))
            layer.bias.copy_(torch.from_numpy(np.broadcast_to(np.float32(bias), len(layer.bias)).copy()))
    return network
