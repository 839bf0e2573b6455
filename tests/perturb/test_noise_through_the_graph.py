"""Noise on an array of the graph reaches every place where the network reads it, whatever it is called there."""

from functools import partial

import pytest
import torch
from torch import Tensor, nn

import tiny
from netrazor.data import ImageDataset
from netrazor.networks.exported_graph import export
from netrazor.perturb import DrawPlan, draw_error_rates


class Aliased(nn.Module):
    """Reads its one parameter by another way than its name."""

    def __init__(self, way: str) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.randn(tiny.CLASSES, 64, generator=torch.Generator().manual_seed(0)))
        self.way = way
        self.tied = [self.w]
        self.named = {"w": self.w}
        self.bound = partial(nn.functional.linear, weight=self.w)
        self.viewed = self.w.detach().view(-1)

    def forward(self, x: Tensor) -> Tensor:
        x = x.flatten(1)
        if self.way == "bound":
            return self.bound(x)
        if self.way == "viewed":
            return x @ self.viewed.view(tiny.CLASSES, 64).t()
        return nn.functional.linear(
            x, {"name": self.w, "list": self.tied[0], "dict": self.named["w"]}[self.way]
        )


@pytest.mark.parametrize("way", ["name", "list", "dict", "bound"])
def test_noise_reaches_the_alias(way: str) -> None:
    network = export(Aliased(way), torch.rand(3, 1, 8, 8))
    assert [name for name, _ in network.named_parameters()] == ["w"]
    images = tiny.images(100)
    pixels = torch.stack([images[place][0] for place in range(100)])
    labels = network(pixels).argmax(1)
    dataset = ImageDataset((255 * pixels).round().to(torch.uint8), labels, tiny.CLASSES)

    def rate(sigma: float) -> float:
        return float(draw_error_rates(network, {"w": sigma}, dataset, DrawPlan(10, seed=1)).mean())

    assert rate(0.0) == 0
    assert rate(100.0) > 0.5


def test_a_view_of_a_parameter_is_an_array_of_its_own() -> None:
    """What is read is what is coded: the parameter is not read, so it is neither sent nor noisy."""
    network = export(Aliased("viewed"), torch.rand(3, 1, 8, 8))
    assert [name for name, _ in network.named_parameters()] == []
    assert [name for name, _ in network.named_buffers()] == ["viewed"]


def test_a_parameter_that_is_read_in_two_ways_is_one_array() -> None:
    """Else the second would be sent apart, as a constant, and read without noise."""

    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.w = nn.Parameter(torch.randn(tiny.CLASSES, 64, generator=torch.Generator().manual_seed(0)))
            self.detached = self.w.detach()

        def forward(self, x: Tensor) -> Tensor:
            x = x.flatten(1)
            return nn.functional.linear(x, self.w) - nn.functional.linear(x, self.detached)

    network = export(Twice(), torch.rand(3, 1, 8, 8))
    assert [name for name, _ in network.named_parameters()] == ["w"]
    assert [name for name, _ in network.named_buffers()] == []
    with torch.no_grad():
        next(network.parameters()).add_(torch.rand(tiny.CLASSES, 64))
    assert not network(torch.rand(5, 1, 8, 8)).any()
