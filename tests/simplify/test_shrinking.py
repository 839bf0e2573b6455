"""A smaller network for training computes the same, and goes back to its place."""

import pytest
import torch
from torch import Tensor, nn

import tiny
from netrazor.networks import LeNet5
from netrazor.simplify import expand_into, shrink, simplify


def with_dead_units(model: nn.Module) -> nn.Module:
    """Half of the units of every layer but the last without weights, put in order."""
    torch.manual_seed(0)
    layers = [m for m in model.modules() if isinstance(m, (nn.Linear, nn.Conv2d))]
    for layer in layers[:-1]:
        dead = torch.randperm(len(layer.weight))[::2]
        layer.weight.data[dead] = 0.0
        layer.bias.data[dead] = 0.0
    return model


@pytest.mark.parametrize(("make", "shape"), [(tiny.Small, (1, 8, 8)), (LeNet5, (1, 28, 28))])
def test_the_function_stays_and_the_weights_come_back(make: type, shape: tuple[int, ...]) -> None:
    torch.manual_seed(1)
    model = with_dead_units(make()).eval()
    x = torch.rand(5, *shape)
    simplify(model, x)
    expected = model(x)
    small = shrink(model, x)
    assert sum(p.numel() for p in small.parameters()) < 0.6 * sum(p.numel() for p in model.parameters())
    assert torch.allclose(small(x), expected, atol=1e-5)
    before = {name: p.clone() for name, p in model.named_parameters()}
    expand_into(model, small)
    assert all(torch.equal(p, before[name]) for name, p in model.named_parameters())


def test_weights_of_inputs_that_do_not_arrive_keep_the_network_whole() -> None:
    model = nn.Sequential(nn.Linear(4, 3), nn.Linear(3, 2))
    model[0].weight.data[2] = 0.0
    model[0].bias.data[2] = 0.0
    small = shrink(model, torch.rand(2, 4))
    assert small[0].weight.shape == (3, 4)


class Stubborn(nn.Module):
    """Checks its shapes in a way of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(4, 3), nn.Linear(3, 2)
        self.a.weight.data[1:] = 0.0
        self.a.bias.data[1:] = 0.0
        self.b.weight.data[:, 1:] = 0.0

    def forward(self, x: Tensor) -> Tensor:
        hidden = self.a(x)
        assert hidden.shape[1] == 3, "three are needed"
        return self.b(hidden)


def test_a_network_that_will_not_shrink_is_copied_whole() -> None:
    model = Stubborn()
    small = shrink(model, torch.rand(2, 4))
    assert small is not model
    assert small.a.weight.shape == (3, 4)


def test_norms_keep_the_network_whole() -> None:
    model = nn.Sequential(nn.Linear(4, 3), nn.BatchNorm1d(3), nn.Linear(3, 2))
    assert [p.shape for p in shrink(model, torch.rand(2, 4)).parameters()] == [
        p.shape for p in model.parameters()
    ]
