"""Estimators of scikit-learn that are networks answer as they do."""

import numpy as np
import pytest
import torch
from torch import nn

from netrazor.errors import UnsupportedModel
from netrazor.networks import as_network
from netrazor.networks.plain_call import scores_in

linear_model = pytest.importorskip("sklearn.linear_model")
neural_network = pytest.importorskip("sklearn.neural_network")
svm = pytest.importorskip("sklearn.svm")
tree = pytest.importorskip("sklearn.tree")

RANDOM = np.random.default_rng(0)
ROWS = RANDOM.normal(size=(60, 4))
CLASSES = {2: (ROWS[:, 0] > 0).astype(int), 3: np.digitize(ROWS[:, 0], (-0.5, 0.5))}


@pytest.mark.parametrize("classes", [2, 3])
@pytest.mark.parametrize(
    "make",
    [
        lambda: linear_model.LogisticRegression(),
        lambda: svm.LinearSVC(),
        lambda: linear_model.SGDClassifier(random_state=0),
        lambda: linear_model.RidgeClassifier(fit_intercept=False),
        lambda: neural_network.MLPClassifier((5,), max_iter=30, random_state=0),
        lambda: neural_network.MLPClassifier((5, 3), activation="tanh", max_iter=30, random_state=0),
        lambda: neural_network.MLPClassifier((5,), activation="logistic", max_iter=30, random_state=0),
    ],
)
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_the_network_answers_as_the_estimator(make: object, classes: int) -> None:
    estimator = make().fit(ROWS, CLASSES[classes])
    network = as_network(estimator)
    with torch.no_grad():
        scores = scores_in(network(torch.from_numpy(ROWS)))
    assert scores.shape == (60, classes)
    assert np.array_equal(scores.argmax(1).numpy(), estimator.predict(ROWS))


def test_networks_and_what_is_no_estimator_stay() -> None:
    for model in (nn.Linear(1, 2), None, "file.py:build"):
        assert as_network(model) is model


def test_other_estimators_are_sent_to_picks() -> None:
    with pytest.raises(UnsupportedModel, match=r"got DecisionTreeClassifier; netrazor\.certify_picked"):
        as_network(tree.DecisionTreeClassifier().fit(ROWS, CLASSES[2]))
    pairs = svm.SVC(kernel="linear").fit(ROWS, CLASSES[3])
    with pytest.raises(UnsupportedModel, match=r"got SVC; netrazor\.certify_picked"):
        as_network(pairs)
    with pytest.raises(
        UnsupportedModel, match="a fitted estimator needed, got a LogisticRegression that is not"
    ):
        as_network(linear_model.LogisticRegression())
    words = np.array(["no", "yes"])[CLASSES[2]]
    with pytest.raises(UnsupportedModel, match=r"classes 0, 1, 2, ... needed, got \['no', 'yes'\]"):
        as_network(linear_model.LogisticRegression().fit(ROWS, words))
