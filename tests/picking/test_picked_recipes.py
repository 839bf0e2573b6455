"""The declared recipes: each makes its learner, which learns images of the right shape."""

import numpy as np
import pytest
import torch
from torch import nn

from netrazor.certification import LearnerRecord
from netrazor.errors import CheckpointMismatch, ConfigurationError
from netrazor.picking import OWN, Examples, TorchLearner, declared_learner, learner_digest, rebuild_learner
from netrazor.picking.declared_estimators import estimator_learners, logarithms
from netrazor.picking.declared_networks import DropoutCnn, Ensemble, PickedCnn, ShiftedViews, ensemble_loss
from netrazor.picking.stops import check_stops
from netrazor.reproduction.picked_recipes import PICKED_RECIPES, picked_recipe

SHAPES = {"mnist": (1, 28, 28), "fashion-mnist": (1, 28, 28), "cifar10-jpeg": (3, 32, 32)}
SIZES = {
    "mnist": 60_000,
    "fashion-mnist": 60_000,
    "cifar10-jpeg": 50_000,
    "mails": 5915,
    "breast-cancer": 569,
    "digits": 1797,
    "wine": 178,
}


@pytest.mark.parametrize("name", PICKED_RECIPES)
def test_stops_fit_and_learners_have_digests_of_their_own(name: str) -> None:
    recipe = picked_recipe(name)
    check_stops(recipe.config.stops, SIZES[name])
    assert len({learner_digest(declared_learner(each)) for each in recipe.learners}) == len(recipe.learners)


@pytest.mark.parametrize("name", SHAPES)
def test_networks_take_the_images_of_their_data_set(name: str) -> None:
    learner = declared_learner(picked_recipe(name).learners[0])
    assert isinstance(learner, TorchLearner)
    learner.start(0)
    assert learner.predict(torch.rand(3, *SHAPES[name])).shape == (3,)


def test_an_ensemble_learns_as_its_members_and_answers_by_their_mean() -> None:
    ensemble = Ensemble(lambda: PickedCnn(2), members=2, mirrored=True)
    images, labels = torch.rand(4, 1, 28, 28), torch.arange(4)
    scores = ensemble.train()(images)
    members = [member(images) for member in ensemble.members]
    apart = sum(torch.nn.functional.cross_entropy(each, labels) for each in members) / 2
    torch.testing.assert_close(ensemble_loss(scores, labels), torch.as_tensor(apart))
    ensemble.eval()
    torch.testing.assert_close(ensemble(images), ensemble(images.flip(-1)))
    assert ensemble(images).shape == (4, 10)
    examples = Examples(images, labels.numpy())
    learner = TorchLearner(lambda: ensemble, loss=ensemble_loss)
    learner.start(0)
    learner.learn(examples, examples)
    assert np.array_equal(learner.predict(images), labels.numpy())


def test_shifted_views_answer_by_the_mean_over_one_pixel_around() -> None:
    views = ShiftedViews(lambda: DropoutCnn(2)).eval()
    images = torch.rand(3, 1, 28, 28)
    around = [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1)]
    scores = [views.network(torch.roll(images, by, (2, 3))) for by in around]
    torch.testing.assert_close(views(images), sum(scores) / 5)
    single = ShiftedViews(lambda: nn.Flatten()).train()
    assert torch.equal(single(images), images.flatten(1))


def test_dropout_acts_in_training_alone() -> None:
    images = torch.rand(3, 1, 28, 28)
    for dropout, same in ((0.5, False), (0.0, True)):
        network = DropoutCnn(2, dropout=dropout).train()
        assert torch.equal(network(images), network(images)) is same
        network.eval()
        assert torch.equal(network(images), network(images))


@pytest.mark.parametrize("name", dict(estimator_learners()))
def test_declared_estimators_learn_rows(name: str) -> None:
    generator = np.random.default_rng(0)
    labels = np.arange(40) % 2
    rows = generator.random((40, 3)) + 3 * labels[:, None]
    learner = declared_learner(name)
    learner.start(0)
    learner.learn(Examples(rows, labels), Examples(rows, labels))
    assert np.mean(learner.predict(rows) == labels) > 0.9


def test_logarithms_are_finite_where_a_feature_is_none() -> None:
    assert np.allclose(logarithms(np.array([0.0, -1.0, 1.0])), [np.log(1e-3), np.log(1e-3), np.log(1.001)])


def test_what_was_tried_on_breast_cancer_before_is_among_its_candidates() -> None:
    recipe = picked_recipe("breast-cancer")
    first_run = {
        f"standardised-{name}" for name in ("support-vectors", "logistic-regression", "nearest-neighbour")
    }
    assert first_run < set(recipe.learners)
    assert recipe.config.stops == (6, 9, 13, 19, 27, 40)


def test_no_recipe_of_that_name() -> None:
    with pytest.raises(ConfigurationError, match="mnist, fashion-mnist"):
        picked_recipe("imagenet")


def record(name: str, sha256: str) -> LearnerRecord:
    return LearnerRecord(name=name, sha256=sha256, exact=False, stops=(5,), configuration={})


def test_a_learner_is_rebuilt_by_its_name_and_known_by_its_digest() -> None:
    digest = learner_digest(declared_learner("support-vectors"))
    rebuilt = rebuild_learner(record("support-vectors", digest), None)
    assert learner_digest(rebuilt) == digest
    assert rebuild_learner(record(OWN, digest), rebuilt) is rebuilt
    with pytest.raises(CheckpointMismatch, match="the source and the settings that were certified"):
        rebuild_learner(record(OWN, digest), declared_learner("nearest-neighbour"))
    with pytest.raises(CheckpointMismatch):
        rebuild_learner(record("support-vectors", "0" * 64), None)


def test_a_learner_that_is_not_declared_must_be_given() -> None:
    with pytest.raises(ConfigurationError, match="none was given"):
        rebuild_learner(record(OWN, "0" * 64), None)
    with pytest.raises(ConfigurationError, match="small-cnn, two-cnns"):
        declared_learner("large-cnn")
