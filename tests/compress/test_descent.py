"""The descent on the certified risk, against a naive count of every move."""

import copy

import numpy as np
import pytest
import torch
from torch import nn

from netrazor import bounds, coding
from netrazor.compress.descent import compute_errors_per_bit, descend
from netrazor.compress.last_layer import read_last_layer
from netrazor.compress.last_layer_search import DescentConfig, LastLayerSearch
from netrazor.compress.order_zero import order_zero_bits
from netrazor.compress.search_objective import SearchContext
from netrazor.counting import count_errors
from netrazor.data import ImageDataset
from netrazor.errors import UnsupportedModel
from netrazor.networks import coded_state
from netrazor.networks.plain_call import plainly_called

VALUES = (-2.0, -1.0, 0.0, 1.0, 2.0)


class AllParameters(nn.Module):
    """Inputs as the whole numbers that they were, so that all scores are exact."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.round(255 * x.flatten(1))


def task(n: int = 300) -> ImageDataset:
    generator = torch.Generator().manual_seed(3)
    labels = torch.randint(0, 3, (n,), generator=generator)
    patterns = torch.randint(0, 200, (3, 1, 2, 3), generator=generator)
    images = patterns[labels] + torch.randint(0, 56, (n, 1, 2, 3), generator=generator)
    return ImageDataset(images.to(torch.uint8), labels, 3)


def network(seed: int = 0, *, bias: bool = True) -> nn.Module:
    torch.manual_seed(seed)
    layer = nn.Linear(6, 3, bias=bias)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.copy_(torch.tensor(VALUES)[torch.randint(0, 5, parameter.shape)])
    return nn.Sequential(AllParameters(), nn.ReLU(), layer)


def message_bits(model: nn.Module) -> float:
    return 8.0 * len(coding.encode(coded_state(model), architecture=1))


@pytest.mark.parametrize("bias", [True, False])
def test_errors_of_every_move_equal_a_naive_count(bias: bool) -> None:
    data, model = task(), network(bias=bias)
    search = LastLayerSearch(DescentConfig(), *read_last_layer(model, data))
    search._choose_hardest()
    for label in range(3):
        now = search.weights[label, search.live]
        found = search._count_errors_of_moves(label, now, torch.zeros_like(now))
        for row, value in enumerate(search.values.tolist()):
            for column in range(found.shape[1]):
                moved = copy.deepcopy(model)
                place = (label, column) if column < 6 else label
                with torch.no_grad():
                    (moved[2].weight if column < 6 else moved[2].bias)[place] = value
                assert int(found[row, column]) == count_errors(moved, data).errors


def test_bits_of_every_move_equal_a_naive_sum() -> None:
    search = LastLayerSearch(DescentConfig(), *read_last_layer(network(), task()))
    now = search.weights[1, search.live]
    found, before = search._estimate_bits_of_moves(1, now)
    rows = torch.bucketize(now, search.values)
    still = found[rows, torch.arange(len(now))]
    assert torch.equal(still, before.expand(len(now))), (
        "what changes nothing gains nothing, not by rounding either"
    )

    def bits(weights: torch.Tensor) -> float:
        return sum(
            order_zero_bits(np.array([(part == v).sum().item() for v in (0.0, -2.0, -1.0, 1.0, 2.0)]))
            for part in weights.split([6, 1], 1)
        )

    assert before == pytest.approx(bits(search.weights))
    for row, value in enumerate(search.values.tolist()):
        for column in range(6):
            moved = search.weights.clone()
            moved[1, column] = value
            assert float(found[row, column]) == pytest.approx(bits(moved), abs=1e-3)


@pytest.mark.parametrize("seed", range(4))
def test_the_bound_falls_and_the_values_stay(seed: int) -> None:
    data, model = task(), network(seed)
    before = {name: set(p.unique().tolist()) for name, p in model.named_parameters()}
    report = descend(model, lambda: message_bits(model), DescentConfig(), SearchContext(data))
    errors = count_errors(model, data).errors
    assert report.errors[1] == errors
    assert report.code_bits[1] == message_bits(model)
    assert report.bounds[1] == bounds.occam(errors, len(data), message_bits(model), 0.05)
    assert report.bounds[1] <= report.bounds[0]
    assert report.moves > 0
    for name, parameter in model.named_parameters():
        assert set(parameter.unique().tolist()) <= before[name] | {0.0}


def test_a_pass_that_does_not_pay_is_taken_back() -> None:
    data, model = task(), network()
    state = copy.deepcopy(model.state_dict())
    lengths = iter([100.0, 1e6, 1e6])  # after the first pass the message is much longer
    report = descend(model, lambda: next(lengths), DescentConfig(), SearchContext(data))
    assert report.moves == 0
    assert report.bounds[0] == report.bounds[1]
    assert all(torch.equal(state[name], value) for name, value in model.state_dict().items())


def test_hardest_examples_only_rank() -> None:
    data, model = task(), network(1)
    report = descend(model, lambda: message_bits(model), DescentConfig(hardest=20), SearchContext(data))
    assert report.errors[1] == count_errors(model, data).errors
    assert report.bounds[1] <= report.bounds[0]


def test_rate_of_exchange() -> None:
    rate = compute_errors_per_bit(1200, 60_000, 2500, 0.05)
    bound = bounds.occam(1200, 60_000, 2500)
    assert bounds.occam(1200 + round(100 * rate), 60_000, 2400) == pytest.approx(bound, abs=2e-4)


def test_scores_that_are_not_the_last_layer_are_refused() -> None:
    model = nn.Sequential(nn.Flatten(), nn.Linear(6, 3), nn.Tanh())
    with pytest.raises(UnsupportedModel, match="last layer"):
        descend(model, lambda: 100.0, DescentConfig(), SearchContext(task()))


def test_no_values_at_all_cost_no_bits() -> None:
    assert order_zero_bits(np.array([7])) == order_zero_bits(np.array([7, 0]))


@pytest.mark.parametrize("bias", [True, False])
def test_a_single_output_is_that_of_the_second_of_two_classes(bias: bool) -> None:
    data = task()
    data = ImageDataset(data.images, (data.labels > 0).long(), 2)
    model = network(bias=bias)
    model[2].weight = nn.Parameter(model[2].weight[:1].detach().clone())
    if bias:
        model[2].bias = nn.Parameter(model[2].bias[:1].detach().clone())
    model[2].out_features = 1
    with plainly_called(model, data):
        report = descend(model, lambda: message_bits(model), DescentConfig(), SearchContext(data))
        assert report.errors[1] == count_errors(model, data).errors
    assert report.bounds[1] < report.bounds[0]
    assert model[2].weight.shape == (1, 6)
