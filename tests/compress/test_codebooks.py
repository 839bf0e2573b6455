"""Codebooks: exact k-means, short grid values, assignments, gradients, and what they leave in the network."""

from itertools import combinations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from netrazor.compress import CodebookConfig, QuantizedWeights
from netrazor.compress.kmeans_codebook import Grid, find_kmeans_centers

VALUES = st.lists(st.floats(-4, 4).filter(lambda x: abs(x) > 1e-3), min_size=1, max_size=9)


def naive_kmeans_loss(values: list[float], k: int) -> float:
    """The least sum of squares over all ways to cut the sorted values into at most k runs."""
    ordered = np.sort(values)
    cuts = combinations(range(1, len(ordered)), min(k, len(ordered)) - 1)
    return min(
        sum(((run - run.mean()) ** 2).sum() for run in np.split(ordered, list(places))) for places in cuts
    )


@given(values=VALUES, k=st.integers(1, 4))
@settings(deadline=None, max_examples=60)
def test_kmeans_is_exact(values: list[float], k: int) -> None:
    centers = find_kmeans_centers(np.array(values), k)
    assert len(centers) <= k
    assert list(centers) == sorted(set(centers))
    loss = sum(min((v - c) ** 2 for c in centers) for v in values)
    assert loss <= naive_kmeans_loss(values, k) + 1e-9


@given(values=VALUES, bits=st.integers(2, 9))
@settings(deadline=None, max_examples=100)
def test_a_grid_rounds_to_its_nearest_value_which_is_never_zero(values: list[float], bits: int) -> None:
    grid = Grid.over(np.array(values), bits)
    most = 2 ** (bits - 1) - 1
    allowed = np.array([i * grid.step for i in range(-most, most + 1) if i])
    for value, rounded in zip(
        values, grid.round(torch.tensor(values, dtype=torch.float64)).tolist(), strict=True
    ):
        same_sign = allowed[np.sign(allowed) == np.sign(value)]
        assert rounded in same_sign
        assert abs(rounded - value) <= np.abs(same_sign - value).min() * (1 + 1e-9) + 1e-12
        assert float(np.float32(rounded)) == rounded  # exact in float32
    mantissa = np.frexp(grid.step)[0] * 256
    assert mantissa == int(mantissa)


def network(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    model = nn.Sequential(nn.Linear(6, 5), nn.ReLU(), nn.Linear(5, 3))
    model[0].weight.data[torch.rand(5, 6) < 0.5] = 0.0
    model[2].bias.data.zero_()
    return model


CONFIG = CodebookConfig(bits=3, vector_bits=2, center_bits=5)


def test_the_network_computes_with_few_values_and_zeros_stay() -> None:
    model = network()
    zeros = model[0].weight == 0
    whole = model[0].weight.detach().clone()
    weights = QuantizedWeights(model, CONFIG, steps=10)
    assert set(weights.named) == {"0.weight", "0.bias", "2.weight"}  # all-zero tensors have no codebook
    with weights.applied():
        assert len(model[0].weight.unique()) <= 8
        assert len(model[0].bias.unique()) <= 4
        assert torch.equal(model[0].weight == 0, zeros)
        model(torch.rand(4, 6)).square().sum().backward()
    assert torch.equal(model[0].weight, whole)
    assert (model[0].weight.grad[zeros] == 0).all()
    assert (model[0].weight.grad[~zeros] != 0).any()


def test_each_weight_takes_its_nearest_center() -> None:
    model = network()
    book = QuantizedWeights(model, CONFIG, steps=10).books["2.weight"]
    values = model[2].weight.flatten()
    nearest = (values[:, None] - book.centers[None]).abs().argmin(1)
    assert torch.equal(book.indices, nearest)


def test_a_center_moves_to_the_mean_of_its_weights_and_an_empty_one_stays() -> None:
    model = network()
    book = QuantizedWeights(model, CONFIG, steps=10).books["2.weight"]
    book.indices = torch.zeros_like(book.indices)
    before = book.centers.clone()
    book.recenter(model[2].weight)
    assert book.centers[0].item() == pytest.approx(model[2].weight.mean().item(), abs=1e-6)
    assert torch.equal(book.centers[1:], before[1:])


@pytest.mark.parametrize(
    ("every", "until", "expected"), [(0, 1.0, []), (2, 0.5, [2, 4]), (3, 1.0, [3, 6, 9])]
)
def test_when_assignments_are_chosen_again(every: int, until: float, expected: list[int]) -> None:
    model = network()
    config = CodebookConfig(bits=3, reassign_every=every, reassign_until=until)
    weights = QuantizedWeights(model, config, steps=10)
    chosen = []
    for book in weights.books.values():
        book.assign = lambda _: chosen.append(weights.done)  # type: ignore[method-assign]
    for _ in range(10):
        weights.step()
    assert sorted(set(chosen)) == expected


def test_finished_the_network_holds_multiples_of_one_step() -> None:
    model = network()
    weights = QuantizedWeights(model, CONFIG, steps=10)
    quantized = {name: weights.books[name].quantize(p) for name, p in weights.named.items()}
    weights.finish()
    for name, parameter in weights.named.items():
        assert torch.equal(parameter, quantized[name])
        multiples = parameter.double() / weights.books[name].grid.step
        assert torch.equal(multiples, multiples.round())
        assert multiples.abs().max() < 2 ** (CONFIG.center_bits - 1)


def test_bits_of_single_parameters() -> None:
    weights = QuantizedWeights(network(), CONFIG, 10, bits={"2.weight": 1})
    assert len(weights.books["2.weight"].centers) == 1
    assert len(weights.books["0.weight"].centers) == 7
