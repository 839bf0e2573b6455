"""Compression without training: the best of all that was tried is what stays in the network."""

import pytest
import torch
from torch import nn

import tiny
from netrazor.compress import PostTrainingConfig, SearchContext, compress_without_training
from netrazor.compress.grids import estimate_entropy_bits, find_unquantized_arrays
from netrazor.compress.post_training import _minimize
from netrazor.compress.search_objective import approximate_bound
from netrazor.counting import count_errors, part_of

CONFIG = PostTrainingConfig(search_examples=200, gradient_batches=3, batch_size=16)


def trained() -> nn.Module:
    """The least squares fit of the classes: a linear classifier that makes few errors."""
    data = tiny.images(1000)
    inputs, labels = data.batch(torch.arange(1000))
    targets = nn.functional.one_hot(labels, tiny.CLASSES).float()
    flat = torch.cat([inputs.flatten(1), torch.ones(len(inputs), 1)], 1)
    solution = torch.linalg.lstsq(flat, targets).solution
    model = tiny.linear()
    with torch.no_grad():
        model[1].weight.copy_(solution[:-1].T)
        model[1].bias.copy_(solution[-1])
    return model


def test_the_bound_returned_is_that_of_the_network_left() -> None:
    model, data = trained(), tiny.images(1000)
    names = find_unquantized_arrays(model)
    found = compress_without_training(model, CONFIG, SearchContext(data, 0.05, seed=3))
    state = dict(model.named_parameters())
    bits = estimate_entropy_bits({name: state[name].detach() for name in names})
    risk = count_errors(model, part_of(data, 200)).risk
    assert found == approximate_bound(risk, bits, 1000, 0.05) < 1
    assert find_unquantized_arrays(model) == {}


def test_the_seed_decides_the_labels_of_the_gradients(monkeypatch: pytest.MonkeyPatch) -> None:
    seeds = []

    def watch(
        model: nn.Module, names: list[str], batches: list, seed: int, *, of_classes: bool
    ) -> dict[str, float]:
        seeds.append(seed)
        assert of_classes
        return dict.fromkeys(names, 1.0)

    monkeypatch.setattr("netrazor.compress.post_training.estimate_mean_squared_gradients", watch)
    compress_without_training(trained(), CONFIG, SearchContext(tiny.images(), seed=11))
    assert seeds == [11]


def test_rules_for_single_arrays_hold() -> None:
    model = trained()
    zeros = {name: p == 0 for name, p in model.named_parameters()}
    compress_without_training(
        model,
        CONFIG,
        SearchContext(tiny.images(400)),
        bits={"1.weight": 2},
        unprunable=["1.weight", "1.bias"],
    )
    assert len(model[1].weight.unique()) <= 3
    assert all(torch.equal(p == 0, zeros[name]) for name, p in model.named_parameters())


def test_a_network_that_is_quantized_stays() -> None:
    model = tiny.linear()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(parameter.sign())
    before = [p.clone() for p in model.parameters()]
    assert compress_without_training(model, CONFIG, SearchContext(tiny.images())) == 1.0
    assert all(torch.equal(a, b) for a, b in zip(before, model.parameters(), strict=True))


def test_the_search_finds_the_least_of_a_bowl_and_refines_single_arrays() -> None:
    best = {"a": -4.25, "b": -3.75}
    found, exponents = _minimize(
        ["a", "b"], lambda tried: sum((tried[name] - best[name]) ** 2 for name in best), rounds=2
    )
    assert found == pytest.approx(sum((exponents[name] - best[name]) ** 2 for name in best))
    assert all(abs(exponents[name] - best[name]) <= 0.25 for name in best)
    with_one_for_all, _ = _minimize(
        ["a", "b"], lambda tried: abs(tried["a"] + 4.25) + abs(tried["b"] + 4.25), 0
    )
    assert with_one_for_all == 0
