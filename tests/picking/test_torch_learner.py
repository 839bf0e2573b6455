"""A network as a learner: seeded, warm, averaged, and saved to the bit."""

import copy

import numpy as np
import pytest
import torch
from pickable import images, network, torch_learner
from torch import nn

from netrazor.errors import NonFiniteWeights, UnsupportedLearner
from netrazor.picking import NO_ANSWER, Augmentation, Examples, TorchLearner, TorchTraining
from netrazor.picking.torch_learner import answers

INPUTS, LABELS = images(80).tensors()
FIRST, ALL = (Examples(INPUTS[:k], LABELS[:k].numpy()) for k in (20, 40))
MORE = Examples(INPUTS[20:40], LABELS[20:40].numpy())
AUGMENTATION = Augmentation(rotation=5, shift=1, elastic=0.3)


def learned(learner: TorchLearner, seed: int = 0) -> TorchLearner:
    learner.start(seed)
    learner.learn(FIRST, FIRST)
    learner.learn(ALL, MORE)
    return learner


def values(learner: TorchLearner) -> list[torch.Tensor]:
    return [tensor.detach().clone() for tensor in learner.module().state_dict().values()]


def equal(one: TorchLearner, other: TorchLearner) -> bool:
    return all(torch.equal(a, b) for a, b in zip(values(one), values(other), strict=True))


def test_the_same_picks_and_seed_give_the_same_weights_whatever_was_drawn_elsewhere() -> None:
    one = learned(TorchLearner(network, torch_learner().training, augmentation=AUGMENTATION))
    torch.manual_seed(99)
    before = torch.get_rng_state()
    other = learned(TorchLearner(network, torch_learner().training, augmentation=AUGMENTATION))
    assert equal(one, other)
    assert torch.equal(torch.get_rng_state(), before), "nothing is taken from the stream of others"
    assert not equal(one, learned(torch_learner(), seed=1))


def test_it_learns() -> None:
    learner = torch_learner(steps=150)
    learner.start(0)
    learner.learn(ALL, ALL)
    assert np.mean(learner.predict(INPUTS[40:]) == LABELS[40:].numpy()) > 0.8


def test_given_weights_are_the_start_and_stay_as_they_are() -> None:
    given = network()
    before = copy.deepcopy(given.state_dict())
    learner = TorchLearner(given, TorchTraining(steps=1, steps_per_pick=0))
    learner.start(0)
    assert all(torch.equal(a, b) for a, b in zip(values(learner), before.values(), strict=True))
    learner.learn(FIRST, FIRST)
    assert all(torch.equal(a, b) for a, b in zip(given.state_dict().values(), before.values(), strict=True))


def test_saved_and_loaded_it_goes_on_to_the_same_weights() -> None:
    straight = learned(torch_learner())
    first, second = torch_learner(), torch_learner()
    first.start(0)
    first.learn(FIRST, FIRST)
    second.load_state(first.state())
    second.learn(ALL, MORE)
    assert equal(straight, second)


def test_the_mean_of_weights() -> None:
    one, other = learned(torch_learner()), learned(torch_learner(), seed=1)
    mean = one.averaged([other])
    for each, a, b in zip(values(mean), values(one), values(other), strict=True):
        if each.is_floating_point():
            torch.testing.assert_close(each, (a + b) / 2)
    assert not equal(mean, one)


def test_ties_and_what_is_not_a_number_are_no_answer() -> None:
    scores = torch.tensor([[1.0, 2, 0], [2, 2, 0], [float("nan"), 2, 0], [0, 0, 1]])
    assert answers(scores).tolist() == [1, NO_ANSWER, NO_ANSWER, 2]


def test_no_parameters_to_learn() -> None:
    for wrong in (nn.Flatten, nn.Identity()):
        with pytest.raises(UnsupportedLearner, match="parameters that require gradients"):
            TorchLearner(wrong).start(0)


def test_a_loss_that_is_not_finite() -> None:
    learner = TorchLearner(network, torch_learner().training, loss=lambda scores, labels: scores.sum() / 0)
    learner.start(0)
    with pytest.raises(NonFiniteWeights, match="lower the rate"):
        learner.learn(FIRST, FIRST)
