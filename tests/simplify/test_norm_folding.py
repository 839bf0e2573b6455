"""Norms folded into the layers before them: the function stays, and nothing is left of the norm but a shift."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from netrazor.networks import MobileNet, ResNetCifar
from netrazor.simplify import fold_norms


def trained(model: nn.Module, example: Tensor) -> nn.Module:
    """``model`` with statistics, scales and shifts that are no longer those of the start."""
    torch.manual_seed(4)
    for _ in range(3):
        model.train()(1.5 * example + 0.3)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.ndim < 2:
                parameter.add_(0.2 * torch.randn_like(parameter))
    return model.eval()


def convolutions(*, bias: bool) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(3, 6, 3, bias=bias),
        nn.BatchNorm2d(6),
        nn.ReLU(),
        nn.Conv2d(6, 6, 3, groups=6),
        nn.BatchNorm2d(6),
    )


class Shared(nn.Module):
    """A layer that is read by a norm and by something else, and a norm of the input."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.BatchNorm2d(3)
        self.conv = nn.Conv2d(3, 3, 1)
        self.norm = nn.BatchNorm2d(3)

    def forward(self, x: Tensor) -> Tensor:
        y = self.conv(self.first(x))
        return self.norm(y) + y


@pytest.mark.parametrize(
    ("build", "expected"),
    [
        (lambda: convolutions(bias=False), 2),
        (lambda: convolutions(bias=True), 2),
        (lambda: nn.Sequential(nn.Flatten(), nn.Linear(192, 5), nn.BatchNorm1d(5)), 1),
        (lambda: ResNetCifar(20, 4), 19),
        (lambda: MobileNet(0.25, 4), 27),
        (Shared, 0),
    ],
)
def test_the_function_stays_and_scales_are_one(build: Callable[[], nn.Module], expected: int) -> None:
    torch.manual_seed(0)
    example = torch.rand(8, 3, 8, 8)
    model = trained(build(), example)
    before = model(example)
    assert fold_norms(model, example) == expected
    assert torch.allclose(model(example), before, rtol=1e-3, atol=1e-4 * float(before.detach().abs().max()))
    norms = [m for m in model.modules() if isinstance(m, (nn.BatchNorm1d, nn.BatchNorm2d))]
    assert all(not n.running_mean.any() and bool((n.running_var == 1).all()) for n in norms)
    assert sum(bool((norm.weight == 1).all()) for norm in norms) == expected
    state = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    fold_norms(model, example)
    assert all(torch.allclose(state[name], tensor, atol=1e-6) for name, tensor in model.state_dict().items())


def test_a_layers_own_bias_goes_into_the_shift() -> None:
    torch.manual_seed(0)
    example = torch.rand(4, 3, 8, 8)
    model = trained(convolutions(bias=True), example)
    fold_norms(model, example)
    assert not model[0].bias.any()
    assert model[1].bias.any()


def test_a_network_that_cannot_be_traced_loses_its_statistics_alone() -> None:
    class Branching(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv, self.norm = nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4)

        def forward(self, x: Tensor) -> Tensor:
            return self.norm(self.conv(x if bool(x.sum() >= 0) else -x))

    torch.manual_seed(0)
    example = torch.rand(4, 3, 8, 8)
    model = trained(Branching(), example)
    before = model(example)
    assert fold_norms(model, example) == 0
    assert torch.allclose(model(example), before, atol=1e-5)
    assert not model.norm.running_mean.any()
    assert not (model.norm.weight == 1).all()
