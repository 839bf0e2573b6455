"""Declared recipes of picked examples: learners and a configuration for each data set, fixed before its run.

Where they come from: the networks, changes of images and numbers of steps were tried on the published *test* images
of MNIST and Fashion-MNIST (10,000 each), which no certificate here counts; those of the tables were not tried on
these tables at all: they are usual first choices, and the best of the three is paid for. So nothing about the counted
examples was known when they were declared, and each costs delta for its learners and its stops alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from netrazor.errors import ConfigurationError
from netrazor.picking import (
    Augmentation,
    Learner,
    PickingConfig,
    SklearnLearner,
    TorchLearner,
    TorchTraining,
    geometric_stops,
)
from netrazor.reproduction.picked_networks import Ensemble, PickedCnn, PickedResNet, ensemble_loss
from netrazor.train import Loss


@dataclass(frozen=True)
class PickedRecipe:
    """What is declared for one data set.

    Attributes:
        learners: each makes a learner; the best of all, at its best stop, is certified.
        config: of the engine.
        description: for people.
    """

    learners: Mapping[str, Callable[[], Learner]]
    config: PickingConfig
    description: str


def picked_recipe(name: str) -> PickedRecipe:
    """The recipe declared for a data set.

    Raises:
        ConfigurationError: there is none.
    """
    if name not in PICKED_RECIPES:
        raise ConfigurationError(f"recipe: one of {', '.join(PICKED_RECIPES)} allowed, got {name!r}")
    return PICKED_RECIPES[name]


def _network(
    build: Callable[[], Any], augmentation: Augmentation, loss: Loss | None = None, **training: Any
) -> dict[str, Callable[[], Learner]]:
    settings = TorchTraining(**training)
    return {"network": lambda: TorchLearner(build, settings, loss=loss, augmentation=augmentation)}


def _estimators(standardise: bool) -> dict[str, Callable[[], Learner]]:
    """Support vectors, and two that need fewer examples; of scikit-learn, which only development needs."""

    def learner(estimator: Any) -> Learner:
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        return SklearnLearner(make_pipeline(StandardScaler(), estimator) if standardise else estimator)

    def support_vectors() -> Learner:
        from sklearn.svm import SVC

        return learner(SVC(C=10.0))

    def logistic_regression() -> Learner:
        from sklearn.linear_model import LogisticRegression

        return learner(LogisticRegression(max_iter=1000))

    def nearest_neighbour() -> Learner:
        from sklearn.neighbors import KNeighborsClassifier

        return learner(KNeighborsClassifier(1))

    return {
        "support vectors": support_vectors,
        "logistic regression": logistic_regression,
        "nearest neighbour": nearest_neighbour,
    }


PICKED_RECIPES = {
    "mnist": PickedRecipe(
        _network(
            partial(PickedCnn, 16),
            Augmentation(rotation=12, scale=0.12, shear=0.15, shift=1.5, elastic=1.0),
            steps=200,
            steps_per_pick=20,
            averaging=0.998,
        ),
        PickingConfig(stops=geometric_stops(200, 800, 8), first=20, batch=10, scoring_batch=500),
        "small convolutional network; affine and elastic changes",
    ),
    "fashion-mnist": PickedRecipe(
        _network(
            partial(Ensemble, partial(PickedCnn, 24), members=2, mirrored=True),
            Augmentation(rotation=5, scale=0.1, shift=1.5, shear=0.05, flip=True, erase=7),
            ensemble_loss,
            steps=100,
            steps_per_pick=5,
            averaging=0.998,
        ),
        PickingConfig(
            stops=geometric_stops(1000, 3000, 6), first=100, batch=10, growth_percent=20, scoring_batch=500
        ),
        "two small convolutional networks; flips, small affine changes, erased squares",
    ),
    "cifar10-jpeg": PickedRecipe(
        _network(
            partial(PickedResNet, 32),
            Augmentation(flip=True, crop=4, erase=8),
            steps=400,
            steps_per_pick=1.0,
            averaging=0.998,
        ),
        PickingConfig(
            stops=geometric_stops(3000, 12000, 8), first=2000, batch=100, growth_percent=25, scoring_batch=500
        ),
        "small residual network; flips, crops, erased squares",
    ),
    "breast-cancer": PickedRecipe(
        _estimators(standardise=True),
        PickingConfig(stops=geometric_stops(6, 40, 6), first=6, growth_percent=0),
        "standardised columns; support vectors, logistic regression or the nearest neighbour",
    ),
    "digits": PickedRecipe(
        _estimators(standardise=False),
        PickingConfig(stops=geometric_stops(60, 160, 5), first=20, growth_percent=5),
        "support vectors, logistic regression or the nearest neighbour",
    ),
    "wine": PickedRecipe(
        _estimators(standardise=True),
        PickingConfig(stops=geometric_stops(6, 16, 4), first=6, growth_percent=0),
        "standardised columns; support vectors, logistic regression or the nearest neighbour",
    ),
}
