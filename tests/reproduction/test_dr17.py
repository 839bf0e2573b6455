"""DR17: the noisy network against weights drawn one by one, its grid, and whole runs of seconds."""

import copy
import math
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import nn
from torch.distributions import Normal, kl_divergence
from torch.nn import functional as F

import tiny
from netrazor import bounds
from netrazor.baselines import DR17Config, coin_flips, optimize_posterior, two_classes
from netrazor.baselines.dr17 import network
from netrazor.baselines.dr17_bound import bound_of, least_on_grid
from netrazor.baselines.gaussian import GaussianNetwork, NoisyLinear, noisy_error_rate
from netrazor.bounds import Outcome
from netrazor.errors import BadDataset
from netrazor.runtime import Silent
from netrazor.train import FitConfig, OptimizerConfig

FAST = OptimizerConfig(rate=1e-2)
CONFIG = DR17Config(
    hidden=8,
    start=FitConfig(40, 50, OptimizerConfig(kind="sgd", rate=0.1)),
    optimize=FitConfig(40, 50, FAST),
    passes=2,
)


def pair(seed: int = 0) -> tuple[list[nn.Linear], list[nn.Linear]]:
    torch.manual_seed(seed)
    return [nn.Linear(6, 4), nn.Linear(4, 1)], [nn.Linear(6, 4), nn.Linear(4, 1)]


def test_kl_is_the_sum_over_weights() -> None:
    start, center = pair()
    noisy = GaussianNetwork(start, center, -2.0)
    with torch.no_grad():
        for layer in noisy.layers:
            layer.ratio += 0.01 * torch.randn(layer.ratio.shape)
    prior = math.exp(-1.2 / 2)
    expected = sum(
        kl_divergence(
            Normal(layer.mean, layer.variances(noisy.log_variance).sqrt()), Normal(layer.center, prior)
        ).sum()
        for layer in noisy.layers
    )
    assert noisy.kl_nats(torch.tensor(-1.2)).item() == pytest.approx(float(expected), rel=1e-5)


def test_kl_of_the_prior_itself_is_zero() -> None:
    _, center = pair()
    assert GaussianNetwork(center, center, -3.0).kl_nats(torch.tensor(-3.0)).item() == pytest.approx(
        0, abs=1e-4
    )


def test_outputs_have_the_moments_of_noisy_weights() -> None:
    torch.manual_seed(0)
    linear = nn.Linear(5, 3)
    noisy = NoisyLinear(linear, linear)
    x = torch.rand(1, 5)
    draws = noisy(x.expand(40_000, 5), torch.tensor(2 * math.log(0.3)))
    weights = linear.weight + 0.3 * torch.randn(40_000, 3, 5)
    explicit = torch.einsum("noi,i->no", weights, x[0]) + linear.bias + 0.3 * torch.randn(40_000, 3)
    assert torch.allclose(draws.mean(0), explicit.mean(0), atol=0.02)
    assert torch.allclose(draws.std(0), explicit.std(0), rtol=0.03)
    assert abs(torch.corrcoef(draws.T)[0, 1]) < 0.02  # independent across outputs


def test_error_rate_against_weights_drawn_one_by_one() -> None:
    data = two_classes(tiny.images(300))
    torch.manual_seed(1)
    built = network(64, 5)
    linears = [built[1], built[3]]
    posterior = GaussianNetwork(linears, linears, math.log(0.3**2))
    rate, answers = noisy_error_rate(posterior, data, passes=20, seed=3)
    inputs, labels = data.tensors()
    wrong = 0
    for _ in range(200):
        noisy = [(p + 0.3 * torch.randn_like(p)) for linear in linears for p in (linear.weight, linear.bias)]
        scores = F.linear(F.relu(F.linear(inputs.flatten(1), *noisy[:2])), *noisy[2:])[:, 0]
        wrong += int(((scores > 0) != (labels == 1)).sum())
    assert answers == 20 * 300
    assert rate == pytest.approx(wrong / (200 * 300), abs=0.03)
    assert rate == noisy_error_rate(posterior, data, passes=20, seed=3)[0]


def test_scores_that_are_no_numbers_are_wrong() -> None:
    linears = pair()[0]
    with torch.no_grad():
        linears[1].bias.fill_(math.nan)
    data = two_classes(tiny.images(20))
    data = replace(data, images=data.images[:, :, :2, :3].contiguous())
    assert noisy_error_rate(GaussianNetwork(linears, linears, -4.0), data, passes=1, seed=0)[0] == 1.0


def test_the_prior_is_the_better_neighbour_on_the_grid() -> None:
    start, center = pair()
    noisy = GaussianNetwork(start, center, -3.0)
    config = DR17Config(precision=3.0)
    place, kl_nats = least_on_grid(noisy, config)

    def price(j: int) -> float:
        log_variance = torch.tensor(math.log(config.base) - j / config.precision, dtype=torch.double)
        return copy.deepcopy(noisy).double().kl_nats(log_variance).item() + 2 * math.log(j)

    wanted = config.precision * (math.log(config.base) + 3.0)
    assert place in (math.floor(wanted), math.ceil(wanted))
    assert price(place) == min(price(math.floor(wanted)), price(math.ceil(wanted)))
    assert kl_nats >= price(place) - 2 * math.log(place)


def test_the_bound_follows_from_its_figures() -> None:
    data = two_classes(tiny.images(2000))
    found = optimize_posterior(data, CONFIG).estimate
    figures = {key: float(value) for key, value in found.figures.items()}
    risk = bounds.kl_inverse(figures["noisy train error"], math.log(2 / 0.01) / figures["draws"])
    j = figures["place of the prior in its grid"]
    b = (figures["kl_nats"] + math.log(math.pi**2 * 2000 / (6 * 0.025)) + 2 * math.log(j)) / 1999
    assert figures["noisy train error, upper"] == pytest.approx(risk, abs=1e-9)
    assert figures["kl inverse"] == pytest.approx(bounds.kl_inverse(risk, b), abs=1e-9)
    assert figures["sqrt(B / 2)"] == pytest.approx(math.sqrt(b / 2))
    assert found.delta == pytest.approx(0.035)
    expected = figures["kl inverse"] if risk + figures["sqrt(B / 2)"] <= 1 else risk + figures["sqrt(B / 2)"]
    assert found.value == pytest.approx(expected)


def test_labels_that_mean_something_are_told_from_coins() -> None:
    data = two_classes(tiny.images(2000))
    true = optimize_posterior(data, CONFIG).estimate
    coins = optimize_posterior(coin_flips(data, 0), CONFIG).estimate
    assert true.outcome is Outcome.INFORMATIVE
    assert coins.outcome is not Outcome.INFORMATIVE


def test_optimizing_helps() -> None:
    data = two_classes(tiny.images(2000))
    before = optimize_posterior(data, replace(CONFIG, optimize=FitConfig(0, 50, FAST)))
    after = optimize_posterior(data, CONFIG)
    assert after.estimate.value < before.estimate.value
    again = bound_of(after.posterior, data, CONFIG, seed=2)
    assert again == after.estimate


class Interrupted(Exception):
    pass


class Stops(Silent):
    """A reporter that ends the run when a stage begins."""

    def __init__(self, stage: str) -> None:
        self.name = stage

    def stage(self, name: str, steps: int, done: int = 0):  # type: ignore[no-untyped-def]
        if name == self.name:
            raise Interrupted
        return super().stage(name, steps, done)


@pytest.mark.parametrize("stage", ["DR17 optimize", "DR17 risk"])
def test_a_killed_run_goes_on(stage: str, tmp_path: Path) -> None:
    data, file = two_classes(tiny.images()), tmp_path / "dr17.pt"
    short = replace(CONFIG, start=FitConfig(10, 50, FAST), optimize=FitConfig(10, 50, FAST))
    with pytest.raises(Interrupted):
        optimize_posterior(data, short, checkpoint=file, reporter=Stops(stage))
    resumed = optimize_posterior(data, short, checkpoint=file)
    whole = optimize_posterior(data, short)
    assert all(
        torch.equal(a, b)
        for a, b in zip(resumed.network.parameters(), whole.network.parameters(), strict=True)
    )
    assert resumed.estimate.value == pytest.approx(whole.estimate.value, abs=0.1)


def test_more_than_two_classes_are_refused() -> None:
    with pytest.raises(BadDataset, match="two classes"):
        optimize_posterior(tiny.images(), CONFIG)


def test_two_classes_and_coins() -> None:
    data = tiny.images()
    assert torch.equal(two_classes(data).labels, (data.labels >= 2).long())
    coins = coin_flips(data, 1)
    assert coins.classes == 2
    assert 120 < int(coins.labels.sum()) < 280
    assert not torch.equal(coins.labels, coin_flips(data, 2).labels)
