"""A certificate of a learner names the libraries whose code runs, with their versions."""

import platform
from functools import partial

import numpy as np
import sklearn
import torch
from pickable import NearestMean
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC
from torch import nn

from netrazor.picking import SklearnLearner, TorchLearner, declared_learner
from netrazor.picking.learner_libraries import learner_libraries, learner_runtime


class OwnSteps(NearestMean):
    """A user's learner that holds an estimator, two levels down."""

    def __init__(self) -> None:
        super().__init__()
        self.parts = {"steps": [partial(SVC, C=2)]}


def test_libraries_of_estimators_are_named_and_modules_without_a_version_are_not() -> None:
    expected = {"numpy": np.__version__, "sklearn": sklearn.__version__}
    assert learner_libraries(SklearnLearner(make_pipeline(StandardScaler(), SVC()))) == expected
    assert learner_libraries(declared_learner("log-standardised-naive-bayes")) == expected
    assert learner_libraries(OwnSteps()) == expected
    assert learner_libraries(NearestMean()) == {"numpy": np.__version__}


def test_libraries_of_networks_are_named() -> None:
    expected = {"numpy": np.__version__, "torch": str(torch.__version__)}
    assert learner_libraries(TorchLearner(partial(nn.Linear, 2, 2))) == expected
    assert learner_libraries(TorchLearner(nn.Sequential(nn.Linear(2, 2)))) == expected


def test_the_runtime_is_one_line() -> None:
    assert learner_runtime(declared_learner("support-vectors")) == (
        f"torch {torch.__version__} on {platform.machine()}, python {platform.python_version()}, "
        f"numpy {np.__version__}, sklearn {sklearn.__version__}"
    )
