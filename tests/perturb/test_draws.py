"""Noise is drawn anew for each group of examples, on the non-zeros alone, and its risk is what theory says."""

import math

import numpy as np
import pytest
import torch
from scipy.stats import norm
from torch import Tensor, nn

import tiny
from netrazor import bounds
from netrazor.errors import InvalidArgument, UnsupportedModel
from netrazor.perturb import (
    DrawPlan,
    draw_error_rates,
    draw_seed,
    draws_needed,
    largest_divisor,
    mean_and_variance,
)
from netrazor.perturb.draws import _cut_dead_channels
from netrazor.simplify import expand_into


class Threshold(nn.Module):
    """Class 1 where w x > 0: with noise on w it errs on x = 1 with probability Phi(-w / sigma)."""

    def __init__(self, w: float) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.tensor([w]))

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([torch.zeros_like(x), x * self.weight], 1)


ONES = [(torch.ones(1), 1)] * 20


def test_the_mean_is_the_analytic_one() -> None:
    for sigma in (0.5, 1.0, 4.0):
        rates = draw_error_rates(Threshold(1.0), {"weight": sigma}, ONES, DrawPlan(1, passes=400))
        expected = norm.cdf(-1 / sigma)
        deviation = math.sqrt(expected * (1 - expected) / len(rates))
        assert abs(float(rates.mean()) - expected) < 4.5 * deviation


def test_examples_of_a_group_share_their_noise_and_groups_do_not() -> None:
    rates = draw_error_rates(Threshold(0.1), {"weight": 1.0}, ONES, DrawPlan(10, passes=200))
    assert set(rates.tolist()) == {0.0, 1.0}  # all examples are alike: right together or wrong together
    pairs = rates.reshape(200, 2).double()
    assert abs(float(torch.corrcoef(pairs.T)[0, 1])) < 0.3
    assert abs(float(torch.corrcoef(torch.stack([rates[:-1], rates[1:]]))[0, 1])) < 0.25


def test_noise_is_put_on_every_nonzero_and_on_nothing_else() -> None:
    class Revealing(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a = nn.Parameter(torch.tensor([[0.0, 1.0], [-2.0, 0.0]]))
            self.b = nn.Parameter(torch.tensor([3.0, 0.0]))
            self.seen: list[Tensor] = []

        def forward(self, x: Tensor) -> Tensor:
            if self.a[0, 1] > 1e9:  # a branch on values, which cannot be vectorized
                raise AssertionError
            seen.append(torch.cat([self.a.flatten(), self.b]).clone())
            return x

    seen: list[Tensor] = []
    items = [(torch.tensor([0.0, 1.0]), 1)] * 300
    draw_error_rates(Revealing(), {"a": 0.5, "b": 0.0}, items, DrawPlan(1, seed=1))
    drawn = torch.stack(seen[-300:])
    plain = torch.tensor([0.0, 1.0, -2.0, 0.0, 3.0, 0.0])
    assert (drawn[:, [0, 3, 4, 5]] == plain[[0, 3, 4, 5]]).all()
    for place in (1, 2):
        noise = drawn[:, place] - plain[place]
        assert abs(float(noise.mean())) < 4.5 * 0.5 / math.sqrt(300)
        assert float(noise.std()) == pytest.approx(0.5, rel=0.2)
    assert abs(float(torch.corrcoef(drawn[:, 1:3].T)[0, 1])) < 0.25


def test_vectorized_and_one_by_one_agree() -> None:
    class Branching(tiny.Small):
        def forward(self, x: Tensor) -> Tensor:
            return super().forward(x if x.sum() > -1e9 else -x)

    model, branching = tiny.small(), Branching()
    branching.load_state_dict(model.state_dict())
    sigma = {"fc1.weight": 0.3, "conv.weight": 0.2}
    rates = [draw_error_rates(m, sigma, tiny.images(60), DrawPlan(4, seed=2)) for m in (model, branching)]
    assert torch.equal(*rates)


def test_without_noise_it_is_the_plain_count() -> None:
    from netrazor.counting import count_errors

    model, dataset = tiny.small(), tiny.images(60)
    rates = draw_error_rates(model, {"fc1.weight": 0.0}, dataset, DrawPlan(5))
    assert len(rates) == 12
    assert round(float(rates.sum()) * 5) == count_errors(model, dataset).errors


def test_seeds_repeat_and_passes_do_not() -> None:
    def rates(seed: int, passes: int = 1) -> list[float]:
        model = tiny.small()
        plan = DrawPlan(3, passes, seed)
        return draw_error_rates(model, {"fc1.weight": 1.0}, tiny.images(60), plan).tolist()

    assert rates(1) == rates(1) != rates(2)
    both = rates(1, passes=2)
    assert both[:20] == rates(1)
    assert both[20:] != both[:20]


def test_the_network_is_left_as_it_was() -> None:
    model = tiny.small()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    draw_error_rates(model, {"fc1.weight": 1.0}, tiny.images(20), DrawPlan(2))
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())


@pytest.mark.parametrize("name", ["nothing", "bn.running_mean"])
def test_noise_on_what_is_no_parameter_is_refused(name: str) -> None:
    """It would be paid for as noise and counted without."""
    model = nn.Sequential(tiny.small())
    model.register_buffer("bn", torch.ones(1))
    with pytest.raises(UnsupportedModel, match="noise: on parameters allowed"):
        draw_error_rates(model, {name: 0.5}, tiny.images(20), DrawPlan(2))


@pytest.mark.parametrize(("n", "group"), [(20, 3), (20, 40), (20, 19), (20, 0), (20, -4), (0, 1), (7, 2)])
def test_groups_of_other_sizes_are_refused(n: int, group: int) -> None:
    with pytest.raises(InvalidArgument, match="examples_per_draw: a divisor"):
        draw_error_rates(tiny.small(), {}, tiny.images(n), DrawPlan(group))


@pytest.mark.parametrize(("n", "group"), [(1020, 6), (1020, 4), (60, 60), (60, 1)])
def test_every_example_counts_once_in_each_pass(n: int, group: int) -> None:
    """Also where the last batch of draws is smaller than the others."""
    model, dataset = tiny.small(), tiny.images(n)
    inputs, labels = dataset.batch(torch.arange(n))
    errors = (model.eval()(inputs).argmax(1) != labels).double()
    rates = draw_error_rates(model, {}, dataset, DrawPlan(group, passes=2))
    assert torch.equal(rates.view(2, -1), errors.view(-1, group).mean(1).expand(2, -1))


def test_largest_divisor() -> None:
    for n in range(1, 60):
        for most in (1, 7, 20, 100):
            found = largest_divisor(n, most)
            assert found == max(d for d in range(1, n + 1) if n % d == 0 and d <= most)


@pytest.mark.parametrize("variance", [0.0, 1e-4, 0.01, 0.2])
@pytest.mark.parametrize("slack", [0.1, 0.003])
def test_the_draws_suffice_and_hardly_more(variance: float, slack: float) -> None:
    def spent(draws: int) -> float:
        return float(bounds.empirical_bernstein(0.0, 1.2 * variance, draws, 0.005))

    needed = draws_needed(variance, slack, 0.005)
    assert spent(needed) <= slack
    assert spent(int(0.98 * needed) - 2) > slack


def test_mean_and_variance_are_exact() -> None:
    rng = np.random.default_rng(0)
    errors = rng.integers(0, 21, 3000)
    mean, variance = mean_and_variance(torch.tensor(errors / 20), 20)
    assert mean == int(errors.sum()) / (20 * 3000)
    naive = float(np.var(errors / 20, ddof=1))
    assert variance == pytest.approx(naive, rel=1e-12)
    assert mean_and_variance(torch.zeros(5), 20) == (0.0, 0.0)


def test_each_purpose_has_a_seed_of_its_own() -> None:
    seeds = {
        draw_seed(seed, purpose) for seed in range(50) for purpose in ("pilot", "certificate", "search a 0")
    }
    assert len(seeds) == 150
    assert all(0 <= seed < 2**48 for seed in seeds)


def test_empty_units_change_no_draw() -> None:
    torch.manual_seed(0)
    small = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    large = nn.Sequential(nn.Linear(3, 9), nn.ReLU(), nn.Linear(9, 2))
    expand_into(large, small)
    items = [(torch.randn(3), label % 2) for label in range(40)]
    sigma = {"0.weight": 0.5, "2.weight": 0.5}
    few, many = (draw_error_rates(model, sigma, items, DrawPlan(4, seed=7)) for model in (small, large))
    assert torch.equal(few, many)
    assert len(set(few.tolist())) > 2


def test_units_that_only_seem_empty_stay() -> None:
    """All units are silent on the examples as they are, and the places of the columns do not follow the units."""

    class Turned(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.first = nn.Conv1d(1, 3, 1)
            self.last = nn.Linear(6, 2)

        def forward(self, x: Tensor) -> Tensor:
            return self.last(self.first(x).relu().mT.flatten(1))

    model = Turned()
    with torch.no_grad():
        model.first.weight.copy_(torch.tensor([-1.0, -1.0, 0.0]).view(3, 1, 1))
        model.first.bias.zero_()
        model.last.weight.copy_(
            torch.tensor([[1.0, 2.0, 3.0, 4.0, 0.0, 0.0]] * 2) * torch.tensor([[1.0], [-1.0]])
        )
    examples = torch.rand(8, 1, 2)
    assert _cut_dead_channels(model, examples) is model
