"""Training with whole numbers: what the network computes with, what bits cost, and how training goes on."""

import copy
import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import nn

from netrazor.compress.integer_weights import IntegerConfig, IntegerWeights
from netrazor.data import ImageDataset
from netrazor.train import Batches, FitConfig, FitProgress, OptimizerConfig, fit

STEPS = 120
CONFIG = IntegerConfig(target_bits=40.0, every=2, price=3e-3)


def task(n: int = 256) -> ImageDataset:
    generator = torch.Generator().manual_seed(5)
    labels = torch.randint(0, 3, (n,), generator=generator)
    patterns = torch.randint(0, 200, (3, 1, 4, 4), generator=generator)
    images = patterns[labels] + torch.randint(0, 56, (n, 1, 4, 4), generator=generator)
    return ImageDataset(images.to(torch.uint8), labels, 3)


def weights(seed: int = 0) -> tuple[nn.Module, IntegerWeights]:
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Flatten(), nn.Linear(16, 6), nn.ReLU(), nn.Linear(6, 3))
    return model, IntegerWeights(model, CONFIG, STEPS)


def train(model: nn.Module, behind: IntegerWeights, progress: FitProgress | None = None) -> None:
    config = FitConfig(STEPS, 64, OptimizerConfig(rate=0.03))
    fit(model, behind, Batches(task(), 64, seed=1), config, loss=behind.loss, progress=progress)


def test_the_network_computes_with_whole_numbers_and_keeps_them() -> None:
    model, behind = weights()
    with behind.applied():
        inside = copy.deepcopy(model.state_dict())
    assert all(torch.equal(value, value.round()) for value in inside.values())
    train(model, behind)
    expected = {name: behind.round(name, p.detach()) for name, p in behind.named.items()}
    behind.finish()
    for name, parameter in model.named_parameters():
        assert torch.equal(parameter, expected[name])
        assert parameter.abs().max() <= behind.get_limit(name)


def test_given_weights_start_as_the_multiples_of_a_unit_nearest_to_them() -> None:
    torch.manual_seed(3)
    model = nn.Sequential(nn.Linear(16, 6), nn.ReLU(), nn.Linear(6, 3))
    given = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    behind = IntegerWeights(model, IntegerConfig(start="given"), STEPS)
    behind.finish()
    for name, parameter in model.named_parameters():
        unit = behind.step_sizes[name]
        assert math.log2(unit).is_integer()
        reach = behind.get_limit(name) * unit
        assert torch.equal(parameter, unit * (given[name].clamp(-reach, reach) / unit).round())
        assert len(parameter.unique()) > 1
    whole = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    IntegerWeights(model, IntegerConfig(start="given"), STEPS).finish()  # and stay, given again
    assert all(torch.equal(parameter, whole[name]) for name, parameter in model.named_parameters())


def test_bits_come_down_to_the_target() -> None:
    model, behind = weights()
    before = behind.estimate_bits()
    train(model, behind)
    assert behind.estimate_bits() < 0.5 * before


def test_frozen_zeros_stay() -> None:
    model, behind = weights()
    frozen = {}

    def watch(_: object) -> None:
        if behind.support and not frozen:
            frozen.update({name: mask.clone() for name, mask in behind.support.items()})

    train(model, behind, FitProgress(save=watch))
    behind.finish()
    assert frozen
    assert all(not parameter[~frozen[name]].any() for name, parameter in model.named_parameters())


def test_every_step_towards_zero_saves_something() -> None:
    model, behind = weights()
    with torch.no_grad():  # nearly all weights are two: one is rare, and would be a hill
        model[1].weight.fill_(2.0)
    behind._update_slopes()
    for slope in behind.slopes.values():
        half = len(slope) // 2
        assert bool((slope[half:] > 0).all())
        assert torch.equal(slope[:half], -slope[half:].flip(0))


def test_the_price_enters_the_gradient_by_its_slope() -> None:
    model, behind = weights()
    behind.done = STEPS // 2
    inputs, labels = task().batch(torch.arange(32))
    gradients = []
    for price in (0.0, 1e-2):
        behind.price = price
        model.zero_grad()
        with behind.applied():
            behind.loss(model(inputs), labels).backward()
        gradients.append(model[1].weight.grad.clone())
    slope = behind._compute_bit_slopes("1.weight", model[1].weight.detach())
    assert torch.allclose(gradients[1] - gradients[0], 1e-2 * slope, atol=1e-6)


def test_resumed_training_gives_the_same_numbers() -> None:
    model, behind = weights()
    states: list[dict[str, Any]] = []

    def save(state: Callable[[], dict[str, Any]]) -> None:
        if behind.done == 70:
            states.append(copy.deepcopy(state()))

    train(model, behind, FitProgress(save=save))
    resumed_model, resumed = weights(seed=9)
    train(resumed_model, resumed, FitProgress(resume=states[0]))
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), resumed_model.parameters(), strict=True))


def test_no_minus_zeros() -> None:
    _, behind = weights()
    rounded = behind.round("1.weight", torch.tensor([-0.3, 0.3]))
    assert not torch.signbit(rounded).any()


@pytest.mark.parametrize("share", [0.0, 0.99])
def test_the_loss_turns_to_errors_at_the_end(share: float) -> None:
    _, behind = weights()
    behind.done = round(share * STEPS)
    scores = torch.randn(8, 3)
    value = behind.loss(scores, torch.zeros(8, dtype=torch.long)).item()
    wrong = 1 - torch.softmax(scores * behind.scale.exp(), 1)[:, 0]
    expected = 4 * wrong.mean() if share > 0.8 else -torch.log(1 - wrong).mean()
    assert value == pytest.approx(expected.item(), rel=1e-5)


def normed(scale: float = 1.0) -> nn.Module:
    torch.manual_seed(3)
    model = nn.Sequential(nn.Flatten(), nn.Linear(16, 6), nn.LayerNorm(6), nn.ReLU(), nn.Linear(6, 3))
    with torch.no_grad():
        model[2].weight.mul_(scale).add_(0.05 * torch.randn(6))
    return model


@pytest.mark.parametrize(("scale", "center"), [(1.0, 1.0), (-0.5, -0.5), (0.01, 0.0)])
def test_vectors_of_like_values_are_steps_away_from_one_of_them(scale: float, center: float) -> None:
    model = normed(scale)
    given = model[2].weight.detach().clone()
    behind = IntegerWeights(model, IntegerConfig(start="network", bias_limit=15), STEPS)
    assert behind.centers["2.weight"] == center
    assert behind.centers["1.weight"] == 0.0
    with behind.applied():
        unit = behind.step_sizes["2.weight"]
        assert (model[2].weight - given).abs().max() <= unit / 2 + 1e-6
    behind.finish()
    assert torch.equal((model[2].weight / unit).round() * unit, model[2].weight)
    assert (model[2].weight - given).abs().max() <= unit / 2 + 1e-6


REMOVAL = IntegerConfig(start="network", control="removal", target_bits=60.0, every=2, rise=(0.0, 0.5))


def test_removal_comes_down_to_the_target_and_leaves_values_alone() -> None:
    model = normed()
    behind = IntegerWeights(model, REMOVAL, STEPS)
    before = behind.estimate_bits()
    train(model, behind)
    assert behind.removal is not None
    whole = {name: behind.round(name, p.detach()) for name, p in behind.named.items()}
    assert behind.removal.estimate_bits(whole) < 1.3 * REMOVAL.target_bits < before
    behind.finish()
    assert bool((model[2].weight != 0).all())  # a scale that costs nothing is one
    with torch.no_grad():
        wrong = (model(task().batch(torch.arange(256))[0]).argmax(1) != task().labels).float().mean()
    assert wrong < 0.5  # guessing: 0.67


def test_resumed_removal_gives_the_same_numbers() -> None:
    model = normed()
    behind = IntegerWeights(model, REMOVAL, STEPS)
    states: list[dict[str, Any]] = []

    def save(state: Callable[[], dict[str, Any]]) -> None:
        if behind.done == 50:
            states.append(copy.deepcopy(state()))

    train(model, behind, FitProgress(save=save))
    again = normed()
    train(again, IntegerWeights(again, REMOVAL, STEPS), FitProgress(resume=states[0]))
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), again.parameters(), strict=True))


def test_tensors_that_are_zero_stay_so_in_a_network() -> None:
    model = normed()
    with torch.no_grad():
        model[1].bias.zero_()
    behind = IntegerWeights(model, REMOVAL, STEPS)
    assert "1.bias" not in behind.named
    train(model, behind)
    behind.finish()
    assert not model[1].bias.any()
    assert model[1].weight.any()
