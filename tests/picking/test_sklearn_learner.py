"""Estimators as learners: fitted anew, seeded, and with named errors."""

from typing import Any

import numpy as np
import pytest
from pickable import points
from sklearn.ensemble import GradientBoostingClassifier, RandomForestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC

from netrazor.errors import UnsupportedLearner
from netrazor.picking import Examples, PickingConfig, SklearnLearner, check_learner, pick

INPUTS, LABELS = points(200)
FIRST, OTHERS = Examples(INPUTS[:40], LABELS[:40]), Examples(INPUTS[40:], LABELS[40:])


@pytest.mark.parametrize(
    "estimator",
    [
        SVC(),
        make_pipeline(StandardScaler(), RandomForestClassifier(10)),
        GradientBoostingClassifier(n_estimators=10, subsample=0.5),
    ],
)
def test_estimators_with_a_random_state_left_open_follow_the_seed(estimator: Any) -> None:
    learner = SklearnLearner(estimator)
    check_learner(learner, FIRST, OTHERS)
    picked = pick(learner, (INPUTS, LABELS), PickingConfig(stops=(30,), first=15))
    assert picked.best.errors < 60


def test_fitting_leaves_the_given_estimator_as_it_was() -> None:
    estimator = SVC()
    learner = SklearnLearner(estimator)
    learner.start(0)
    learner.learn(FIRST, FIRST)
    assert not hasattr(estimator, "support_")
    assert np.array_equal(
        learner.predict(OTHERS.inputs), SVC().fit(INPUTS[:40], LABELS[:40]).predict(INPUTS[40:])
    )


def test_images_become_rows() -> None:
    learner = SklearnLearner(SVC())
    learner.start(0)
    square = Examples(INPUTS[:40].reshape(40, 1, 2), LABELS[:40])
    learner.learn(square, square)
    assert learner.predict(INPUTS.reshape(200, 1, 2)).shape == (200,)


class NoPredict:
    def fit(self, inputs: Any, labels: Any) -> None: ...


@pytest.mark.parametrize(("estimator", "words"), [(NoPredict(), "without predict"), (SVC, "the class SVC")])
def test_what_is_no_estimator(estimator: Any, words: str) -> None:
    with pytest.raises(UnsupportedLearner, match=words):
        SklearnLearner(estimator)


def test_examples_that_the_estimator_cannot_be_fitted_to() -> None:
    learner = SklearnLearner(SVC())
    learner.start(0)
    with pytest.raises(UnsupportedLearner, match="fit on 2 picked examples of 2 classes failed"):
        learner.learn(*[Examples(np.full((2, 2), np.nan), np.array([0, 1]))] * 2)
