"""A network in a random subspace of its weights: exact directions, the same for ever, and nothing else to code."""

import copy
import hashlib

import numpy as np
import pytest
import torch
from torch import nn

from netrazor.counter_hash import hash_counters
from netrazor.errors import InvalidArgument
from netrazor.networks import coded_state
from netrazor.networks.resnet_cifar import ResNetCifar
from netrazor.networks.subspace import Subspace, directions


def small() -> nn.Module:
    return nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU(), nn.Flatten(), nn.Linear(48, 4))


def test_weights_are_start_plus_signed_coordinates() -> None:
    model = Subspace(small(), 20)
    with torch.no_grad():
        model.coordinates.copy_(torch.arange(-10.0, 10.0)[:, None])
    found = model.weights()
    first = coordinate = 0
    for name, shape, part in zip(model.names, model.shapes, model.parts, strict=True):
        size = int(np.prod(shape))
        start, sign, bucket = directions(0, first, size, part)
        unit = {"0.weight": (2 / 9) ** 0.5, "4.weight": (2 / 48) ** 0.5}.get(name, 1.0)
        for i, weight in enumerate(found[name].flatten().tolist()):
            origin = float(start[i]) if len(shape) > 1 else float(name == "1.weight")
            z = float(model.coordinates.detach()[coordinate + int(bucket[i]), 0])
            assert weight == pytest.approx(unit * (origin + model.step * float(sign[i]) * z), abs=1e-5)
        first, coordinate = first + size, coordinate + part
    assert coordinate == 20


def test_the_network_computes_with_them() -> None:
    model, plain = Subspace(small(), 20).eval(), small().eval()
    plain.load_state_dict({**plain.state_dict(), **model.weights()})
    x = torch.rand(5, 1, 6, 6, generator=torch.Generator().manual_seed(0))
    assert torch.equal(model(x), plain(x))


def test_gradients_reach_every_coordinate() -> None:
    model = Subspace(small(), 12)
    model(torch.rand(8, 1, 6, 6, generator=torch.Generator().manual_seed(0))).square().sum().backward()
    gradient = model.coordinates.grad
    assert gradient is not None
    assert gradient.abs().min() > 0


def test_only_coordinates_and_buffers_are_coded() -> None:
    assert list(coded_state(Subspace(nn.Linear(4, 3), 5))) == ["coordinates"]
    model = Subspace(small(), 20)
    model(torch.rand(2, 1, 6, 6))
    assert list(coded_state(model)) == ["coordinates", "network.1.running_mean", "network.1.running_var"]
    assert [name for name, _ in model.named_parameters()] == ["coordinates"]


def test_a_copy_is_another_place() -> None:
    model = Subspace(nn.Linear(4, 3), 5)
    other = copy.deepcopy(model)
    with torch.no_grad():
        other.coordinates.add_(1.0)
    x = torch.ones(1, 4)
    assert not torch.equal(model(x), other(x))
    assert torch.equal(model(x), Subspace(nn.Linear(4, 3), 5)(x))


def test_a_residual_network_with_norms_passes() -> None:
    model = Subspace(ResNetCifar(20), 500).eval()
    assert sum(model.parts) == 500
    assert torch.isfinite(model(torch.rand(2, 3, 32, 32))).all()


def test_each_tensor_may_have_its_own_number_of_coordinates() -> None:
    model = Subspace(nn.Linear(4, 3), (5, 2))
    assert model.parts == [5, 2]
    assert model.coordinates.shape == (7, 1)
    with torch.no_grad():
        model.coordinates[5:] = 1.0
    changed, start = model.weights(), Subspace(nn.Linear(4, 3), (5, 2)).weights()
    assert torch.equal(changed["weight"], start["weight"])
    assert bool((changed["bias"] != start["bias"]).all())


@pytest.mark.parametrize("coordinates", [(5,), (5, 2, 1), (5, 0), ()])
def test_numbers_that_do_not_fit_the_tensors_are_refused(coordinates: tuple[int, ...]) -> None:
    with pytest.raises(InvalidArgument, match="at least one for each of 2 tensors, got"):
        Subspace(nn.Linear(4, 3), coordinates)


def test_fewer_coordinates_than_tensors_are_refused() -> None:
    with pytest.raises(InvalidArgument, match="at least one for each of 2 tensors, got 1"):
        Subspace(nn.Linear(4, 3), 1)


def test_directions_are_balanced() -> None:
    start, sign, bucket = directions(0, 1000, 100_000, 50)
    assert float(start.mean()) == pytest.approx(0, abs=0.02)
    assert float(start.std()) == pytest.approx(1, abs=0.02)
    assert float(sign.mean()) == pytest.approx(0, abs=0.02)
    counts = np.bincount(bucket, minlength=50)
    assert counts.min() > 1800
    assert counts.max() < 2200


def test_directions_go_on_from_a_counter() -> None:
    whole, tail = directions(3, 0, 100, 7), directions(3, 40, 60, 7)
    assert all(np.array_equal(a[40:], b) for a, b in zip(whole, tail, strict=True))


def test_the_hash_equals_one_by_unbounded_integers() -> None:
    def naive(counter: int, stream: int) -> int:
        x = (counter + 0x9E3779B97F4A7C15 * (stream + 1)) % 2**64
        for _ in range(2):
            x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 % 2**64
            x = (x ^ (x >> 27)) * 0x94D049BB133111EB % 2**64
            x ^= x >> 31
        return x

    for stream in (0, 5):
        found = hash_counters(np.arange(20, dtype=np.uint64), stream).tolist()
        assert found == [naive(counter, stream) for counter in range(20)]


def test_the_directions_are_fixed_for_ever() -> None:
    digest = hashlib.sha256(b"".join(t.astype("<f8").tobytes() for t in directions(0, 0, 1000, 97)))
    assert digest.hexdigest()[:16] == "e8340e19e9756b04"
