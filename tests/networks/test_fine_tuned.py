"""A network moved away from its start: every term against a naive one, and all of them nothing at zero."""

import math

import numpy as np
import pytest
import torch

import tiny
from netrazor import coding
from netrazor.errors import ConfigurationError
from netrazor.networks import coded_state
from netrazor.networks.fine_tuned import STEP, WAYS, FineTuned, unit_of
from netrazor.networks.network_message import codable_arrays
from netrazor.networks.subspace import directions

INPUTS = tiny.images(9).batch(torch.arange(9))[0]
START = ("conv.weight", "conv.bias", "fc1.weight", "fc1.bias")


def tuned(**changes: int) -> FineTuned:
    return FineTuned(tiny.small().eval(), START, **changes).eval()


def test_it_starts_at_the_start() -> None:
    assert torch.equal(tuned()(INPUTS), tiny.small().eval()(INPUTS))


def test_sizes_and_order_of_the_arrays() -> None:
    shapes = {name: array.shape for name, array in coded_state(tuned(rank=3, coordinates=7)).items()}
    assert [shapes[way] for way in WAYS] == [(16, 1), (468, 1), (48, 1), (7, 1)]
    assert list(shapes)[:4] == list(WAYS)


def test_what_is_not_used_is_a_bit_of_the_message() -> None:
    arrays = codable_arrays(tuned())
    zeros = {name: arrays[name] for name in WAYS}
    lines = coding.ledger(coding.encode(zeros)).entries
    assert sum(line.bits for line in lines if line.array in WAYS) <= 2 * len(WAYS)


@pytest.mark.parametrize("way", WAYS)
def test_each_term_is_what_its_formula_says(way: str) -> None:
    model = tuned(rank=2, coordinates=5)
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        array = getattr(model, way)
        array.copy_(torch.randint(-2, 3, array.shape, generator=generator))
    values, first = array.detach()[:, 0].numpy(), {"vectors": 0, "matrices": 0, "adapters": 0}
    place = 0
    for name, moved in model.moved().items():
        start = dict(tiny.small().named_parameters())[name].detach()
        steps, size = torch.zeros(start.shape), start.numel()
        own = "matrices" if start.ndim > 1 else "vectors"
        if way == own:
            steps = torch.from_numpy(values[first[own] : first[own] + size]).view(start.shape)
        elif way == "coordinates":
            _, signs, buckets = directions(0, place, size, 5)
            steps = torch.from_numpy(signs * values[buckets]).view(start.shape)
        elif way == "adapters" and start.ndim > 1:
            columns = math.prod(start.shape[1:])
            up = values[first["adapters"] : first["adapters"] + 2 * len(start)].reshape(-1, 2)
            _, signs, _ = directions(1, place, 2 * columns, 1)
            steps = (
                torch.from_numpy(up @ (signs.reshape(2, columns) / np.sqrt(columns)))
                .view(start.shape)
                .float()
            )
        first[own] += size
        first["adapters"] += 2 * len(start) if start.ndim > 1 else 0
        place += size
        assert torch.allclose(moved, start + unit_of(start) * steps, atol=1e-6), name


def test_units_are_powers_of_two_near_their_share() -> None:
    for size in (0.01, 0.5, 3.0):
        unit = float(unit_of(torch.full((4, 5), size)))
        assert math.log2(unit) == round(math.log2(unit))
        assert 0.7 <= unit / (STEP * size) <= 1.42
    assert float(unit_of(torch.zeros(5))) > 0  # a bias that starts at zero can move


@pytest.mark.parametrize("changes", [{"rank": 0}, {"coordinates": 0}])
def test_wrong_arguments(changes: dict[str, int]) -> None:
    with pytest.raises(ConfigurationError, match="start: names"):
        tuned(**changes)
    with pytest.raises(ConfigurationError, match="start: names"):
        FineTuned(tiny.small(), ["nothing"])
