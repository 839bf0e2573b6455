"""The estimator: scikit-learn's own checks, and what its certificate says of its answers."""

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.model_selection import cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.estimator_checks import parametrize_with_checks
from torch import nn

import netrazor
from netrazor import claims
from netrazor.compress import CodebookConfig
from netrazor.integrations.sklearn_classifier import NetrazorClassifier
from netrazor.pipeline import Recipe
from netrazor.pipeline.stages import QuantizeStage
from netrazor.train import FitConfig, OptimizerConfig

RATE = OptimizerConfig(rate=5e-2)
FAST = Recipe(
    name="fast",
    train=FitConfig(60, 100, RATE),
    quantize=QuantizeStage(FitConfig(5, 100, RATE), CodebookConfig(bits=4, center_bits=8)),
    noise=None,
    simplify=False,
)


@pytest.fixture(autouse=True)
def _no_long_search_for_the_shortest_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netrazor.coding.message_writer._SMALL", 0)
    monkeypatch.setattr("netrazor.coding.message_writer._LARGE_BUDGET", 2**10)


def rows(n: int = 300, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Two classes with names, told apart by a line."""
    inputs = np.random.default_rng(seed).normal(size=(n, 4))
    return inputs, np.where(inputs[:, 0] + 0.5 * inputs[:, 1] > 0, "yes", "no")


@parametrize_with_checks([NetrazorClassifier(recipe=FAST)])
def test_it_is_an_estimator(estimator, check) -> None:
    check(estimator)


def test_what_it_claims_is_what_it_does(tmp_path: Path) -> None:
    inputs, labels = rows()
    asked = [claims.Error(), claims.ClassErrors()]
    model = NetrazorClassifier(recipe=FAST, random_state=3, claims=asked, out=tmp_path / "run")
    answers = model.fit(inputs, labels).predict(inputs)
    assert model.classes_.tolist() == ["no", "yes"]
    wrong = answers != labels
    assert model.certificate_.errors == int(wrong.sum())
    assert [cell.count for cell in model.certificate_.claims[1].cells] == [
        int(wrong[labels == name].sum()) for name in ("no", "yes")
    ]
    shares = model.predict_proba(inputs)
    assert np.allclose(shares.sum(axis=1), 1)
    assert (model.classes_[shares.argmax(axis=1)] == answers).all()
    table = inputs.astype(np.float32), (labels == "yes").astype(np.int64)
    assert netrazor.verify(tmp_path / "run", table).status == "VALID"
    fresh, truth = rows(5000, seed=1)
    assert (model.predict(fresh) != truth).mean() <= model.certificate_.risk_bound


def test_in_a_pipeline_and_with_a_network_of_ones_own() -> None:
    inputs, labels = rows(200)

    def build(features: int, classes: int) -> nn.Module:
        return nn.Sequential(nn.Linear(features, 5), nn.Tanh(), nn.Linear(5, classes))

    for model in (
        NetrazorClassifier(network=(6,), recipe=FAST),
        NetrazorClassifier(network=build, recipe=FAST),
    ):
        chain = make_pipeline(FunctionTransformer(np.tanh), model.set_params(random_state=0))
        assert cross_val_score(chain, inputs, labels, cv=2).min() > 0.7
    assert isinstance(chain.fit(inputs, labels)[-1].network_[0], nn.Linear)


def test_one_class_is_refused() -> None:
    with pytest.raises(ValueError, match="at least two classes"):
        NetrazorClassifier(recipe=FAST).fit(rows()[0], np.zeros(300))


def test_the_same_state_gives_the_same_network() -> None:
    inputs, labels = rows()
    found = [NetrazorClassifier(recipe=FAST, random_state=5).fit(inputs, labels) for _ in range(2)]
    assert found[0].certificate_ == found[1].certificate_
    assert all(torch.equal(a, b) for a, b in zip(*(m.network_.parameters() for m in found), strict=True))
