"""Quantization without training: grids, sensitivities whose labels are drawn from a seed, arrays that are done."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from netrazor.compress.grids import (
    DEAD_ZONE,
    MAX_INDEX,
    estimate_entropy_bits,
    estimate_mean_squared_gradients,
    find_unquantized_arrays,
    quantize_remaining,
    round_to_grid,
)
from netrazor.compress.kmeans_codebook import round_up_to_eight_bits


def classifier(seed: int = 0) -> nn.Module:
    torch.manual_seed(seed)
    return nn.Sequential(nn.Linear(5, 7), nn.ReLU(), nn.Linear(7, 4))


BATCHES = [torch.randn(6, 5, generator=torch.Generator().manual_seed(number)) for number in range(3)]
NAMES = ["0.weight", "0.bias", "2.weight"]


def naive_gradients(model: nn.Module, seed: int) -> dict[str, float]:
    """The definition, batch by batch, with plain backward passes and labels drawn from the seed."""
    generator = torch.Generator().manual_seed(seed)
    total = dict.fromkeys(NAMES, 0.0)
    for batch in BATCHES:
        model.zero_grad()
        scores = model(batch)
        labels = torch.multinomial(scores.detach().softmax(1), 1, generator=generator)[:, 0]
        nn.functional.cross_entropy(scores, labels).backward()
        for name in NAMES:
            total[name] += float(model.get_parameter(name).grad.square().mean())
    return total


@pytest.mark.parametrize("seed", [0, 1, 17])
def test_the_labels_of_the_gradients_are_drawn_from_the_seed(seed: int) -> None:
    model = classifier()
    found = estimate_mean_squared_gradients(model, NAMES, BATCHES, seed)
    assert found == pytest.approx(naive_gradients(model, seed), rel=1e-5)
    assert found == estimate_mean_squared_gradients(model, NAMES, BATCHES, seed)


def test_another_seed_gives_other_gradients() -> None:
    found = [estimate_mean_squared_gradients(classifier(), NAMES, BATCHES, seed) for seed in range(4)]
    assert len({gradients["0.weight"] for gradients in found}) == 4


def test_an_array_without_gradient_gets_the_least_one() -> None:
    model = classifier()
    model.register_buffer("idle", torch.randn(3))
    found = estimate_mean_squared_gradients(model, [*NAMES, "idle"], BATCHES, 0)
    assert found["idle"] == 1e-4 * max(found.values())
    assert estimate_mean_squared_gradients(model, ["idle"], BATCHES, 0) == {"idle": 1.0}


@given(
    values=st.lists(st.floats(-8, 8, width=32), min_size=1, max_size=12),
    step=st.floats(1e-3, 4),
    prune=st.booleans(),
)
@settings(deadline=None, max_examples=150)
def test_rounding_takes_the_nearest_multiple_outside_of_the_dead_zone(
    values: list[float], step: float, prune: bool
) -> None:
    weight = torch.tensor(values)
    rounded = round_to_grid(weight, step, prune=prune).double()
    largest = float(weight.abs().max())
    if largest == 0:
        assert torch.equal(rounded, weight.double())
        return
    used = round_up_to_eight_bits(min(max(step, largest / MAX_INDEX), largest))
    for value, got in zip(weight.double().tolist(), rounded.tolist(), strict=True):
        index = got / used
        assert index == pytest.approx(round(index), abs=1e-6)
        if prune and abs(value) / used < DEAD_ZONE:
            assert got == 0
            assert math.copysign(1, got) == 1  # no minus zeros
        elif not prune and value == 0:
            assert got == 0
        elif prune or abs(value) / used >= 0.5:
            assert abs(got - value) <= used / 2 * (1 + 1e-6)
        else:
            assert abs(got) == pytest.approx(used)


def test_an_index_takes_no_more_than_its_bits() -> None:
    weight = torch.linspace(-1, 1, 101)
    rounded = round_to_grid(weight, 0.0, bits=3)
    assert len(rounded.unique()) == 7  # -3 .. 3
    assert len(round_to_grid(weight, 0.0, bits=1).unique()) == 3


def test_what_is_not_finite_stays() -> None:
    weight = torch.tensor([math.inf, 1.0, math.nan, 0.31])
    rounded = round_to_grid(weight, 0.25)
    assert rounded[0] == math.inf
    assert rounded[2].isnan()
    assert rounded[[1, 3]].tolist() == [1.0, 0.25]


def test_entropy_bits_of_known_shares() -> None:
    halves = torch.tensor([0.0, 0.0, 1.0, 1.0])
    assert estimate_entropy_bits({"a": halves}) == pytest.approx(4 + 16 + 4)
    assert estimate_entropy_bits({"a": halves, "b": torch.zeros(9)}) == pytest.approx(24 + 16 + 2)


def test_only_arrays_that_are_not_quantized_are_rounded_and_zeros_stay() -> None:
    model = classifier()
    model[0].weight.data = (2 * model[0].weight.data).round()  # few values: quantized already
    model[2].weight.data[0] = 0.0
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    assert "0.weight" not in find_unquantized_arrays(model)
    quantize_remaining(model, 3, settled=["0.bias"])
    assert torch.equal(model[0].weight, before["0.weight"])
    assert torch.equal(model[0].bias, before["0.bias"])
    assert torch.equal(model[2].weight == 0, before["2.weight"] == 0)
    assert len(model[2].weight.unique()) <= 7 < len(before["2.weight"].unique())
    assert len(model[2].bias.unique()) <= 7
