"""The estimators of scikit-learn that declared learners fit, with all their settings."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from netrazor.picking.sklearn_learner import SklearnLearner

MakeEstimator: TypeAlias = Callable[[], Any]
LEAST = 1e-3  # added before the logarithm, as features may be 0


def support_vectors(c: float = 10.0, **settings: Any) -> Any:
    """A support vector classifier; the kernel is Gaussian unless ``settings`` say otherwise."""
    from sklearn.svm import SVC

    return SVC(C=c, **settings)


def logistic_regression(c: float = 1.0) -> Any:
    """Logistic regression; a larger ``c`` holds its weights back less."""
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=c, max_iter=1000)


def nearest_neighbour() -> Any:
    """The label of the nearest picked example."""
    from sklearn.neighbors import KNeighborsClassifier

    return KNeighborsClassifier(1)


def shrunken_discriminant() -> Any:
    """Linear discriminant analysis with a covariance half way to a multiple of the identity."""
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    return LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.5)


def naive_bayes() -> Any:
    """A normal distribution for each feature in each class."""
    from sklearn.naive_bayes import GaussianNB

    return GaussianNB()


def logarithms(rows: NDArray[Any]) -> NDArray[Any]:
    """log(x + 0.001) of features that are not negative; negative ones count as 0."""
    return np.asarray(np.log(np.maximum(rows, 0) + LEAST))


def fitted_plain(make: MakeEstimator) -> SklearnLearner:
    """The estimator on the features as they are."""
    return SklearnLearner(make())


def fitted_standardised(make: MakeEstimator) -> SklearnLearner:
    """The estimator on features shifted and scaled to mean 0 and variance 1 on the picks."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return SklearnLearner(make_pipeline(StandardScaler(), make()))


def fitted_on_logarithms(make: MakeEstimator) -> SklearnLearner:
    """As `fitted_standardised`, on logarithms."""
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import FunctionTransformer, StandardScaler

    return SklearnLearner(make_pipeline(FunctionTransformer(logarithms), StandardScaler(), make()))


def estimator_learners() -> Iterator[tuple[str, Callable[[], SklearnLearner]]]:
    """Name and learner, for each declared one."""
    for prefix, fitted in _FEATURES.items():
        for name in (*_ON_ALL, *_ON_FEATURES[prefix]):
            yield f"{prefix}{name}", partial(fitted, _ESTIMATORS[name])


_ESTIMATORS: dict[str, MakeEstimator] = {
    "support-vectors": support_vectors,
    "logistic-regression": logistic_regression,
    "nearest-neighbour": nearest_neighbour,
    "shrunken-discriminant": shrunken_discriminant,
    "naive-bayes": naive_bayes,
    "logistic-regression-c0.1": partial(logistic_regression, 0.1),
    "quadratic-support-vectors-c10": partial(support_vectors, 10.0, kernel="poly", degree=2, coef0=1.0),
    **{f"support-vectors-c{c}": partial(support_vectors, float(c)) for c in (1, 100)},
    **{
        f"linear-support-vectors-c{c}": partial(support_vectors, float(c), kernel="linear")
        for c in (1, 10, 100)
    },
    **{f"logistic-regression-c{c}": partial(logistic_regression, float(c)) for c in (10, 100)},
}
_FEATURES: dict[str, Callable[[MakeEstimator], SklearnLearner]] = {
    "": fitted_plain,
    "standardised-": fitted_standardised,
    "log-standardised-": fitted_on_logarithms,
}
_ON_ALL = ("support-vectors", "logistic-regression", "nearest-neighbour")
_ON_TABLES = (
    "logistic-regression-c0.1",
    "logistic-regression-c10",
    "linear-support-vectors-c1",
    "shrunken-discriminant",
    "naive-bayes",
)
_ON_FEATURES = {
    "": (
        "support-vectors-c1",
        "support-vectors-c100",
        "quadratic-support-vectors-c10",
        "linear-support-vectors-c1",
        "linear-support-vectors-c10",
        "linear-support-vectors-c100",
        "logistic-regression-c10",
        "logistic-regression-c100",
    ),
    "standardised-": ("support-vectors-c1", *_ON_TABLES),
    "log-standardised-": _ON_TABLES,
}
