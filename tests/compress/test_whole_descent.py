"""Descent through all layers: what it finds, what it leaves alone, and that the bound never rises."""

import torch
from torch import nn

import tiny
from netrazor.compress import SearchContext, WholeDescentConfig, descend_everywhere
from netrazor.compress.whole_descent import propose
from netrazor.networks.network_message import encode


def whole(model: nn.Module) -> nn.Module:
    """``model`` with its weights rounded to a few values each."""
    with torch.no_grad():
        for parameter in model.parameters():
            step = parameter.abs().max() / 2
            parameter.copy_((parameter / step).round() * step)
    return model.eval()


def bits_of(model: nn.Module) -> float:
    return 8.0 * len(encode(model, "custom"))


def test_the_bound_falls_and_values_stay_among_those_held() -> None:
    model = whole(tiny.small())
    held = {name: set(p.unique().tolist()) | {0.0} for name, p in model.named_parameters()}
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    context = SearchContext(tiny.images())
    report = descend_everywhere(model, lambda: bits_of(model), WholeDescentConfig(3, 60, 200), context)
    assert report.bounds[1] < report.bounds[0]
    assert report.moves > 0
    assert report.code_bits[1] == bits_of(model)
    assert any(not torch.equal(before[name], p) for name, p in model.named_parameters() if "fc2" not in name)
    assert all(set(p.unique().tolist()) <= held[name] for name, p in model.named_parameters())
    assert all(p.requires_grad for p in model.parameters())


def test_units_that_are_empty_change_nothing_and_stay_so() -> None:
    """The search computes with a copy without them: its moves are those in a network that never had them."""

    def network(units: int) -> nn.Sequential:
        return nn.Sequential(nn.Flatten(), nn.Linear(64, units), nn.ReLU(), nn.Linear(units, 4))

    torch.manual_seed(0)
    narrow = whole(network(6))
    wide = network(9)
    with torch.no_grad():
        for name, parameter in wide.named_parameters():
            held = narrow.get_parameter(name)
            parameter.zero_()
            parameter[tuple(slice(size) for size in held.shape)] = held
    images, config = tiny.images(), WholeDescentConfig(2, 40, 200)
    reports = [
        descend_everywhere(model, lambda: bits_of(narrow), config, SearchContext(images))
        for model in (narrow, wide)
    ]
    assert reports[1].moves == reports[0].moves > 0
    for name, parameter in wide.named_parameters():
        held = narrow.get_parameter(name)
        assert torch.equal(parameter[tuple(slice(size) for size in held.shape)], held)
        assert parameter.count_nonzero() == held.count_nonzero()


def test_a_round_that_gains_nothing_is_undone() -> None:
    model = whole(tiny.small())
    before = {name: p.detach().clone() for name, p in model.named_parameters()}
    rising = iter(range(0, 10**6, 10**5))
    report = descend_everywhere(
        model, lambda: float(next(rising)), WholeDescentConfig(3, 20, 100), SearchContext(tiny.images())
    )
    assert report.bounds[0] == report.bounds[1]
    assert report.moves == 0
    assert all(torch.equal(before[name], p) for name, p in model.named_parameters())


def test_the_best_estimate_comes_first_and_unquantized_tensors_stay() -> None:
    few, many = torch.tensor([0.0, 1.0, 0.0, -1.0]), torch.linspace(-1, 1, 100)
    slopes = {"few": torch.tensor([0.1, 0.2, -5.0, 0.0]), "many": torch.ones(100)}
    proposals = propose({"few": few, "many": many}, slopes, 0.01, 10)
    assert proposals[0].tensor is few
    assert (proposals[0].place, proposals[0].value) == (2, 1.0)
    assert all(change.tensor is few for change in proposals)
    assert {change.place for change in proposals} == {0, 1, 2}  # none where nothing depends on it
