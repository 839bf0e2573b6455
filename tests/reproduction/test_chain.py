"""Networks as chains, and the norms of their maps against dense matrices written out."""

import math

import pytest
import torch
from torch import Tensor, nn

import tiny
from netrazor.baselines.chain import Chain, Layer, chain_of
from netrazor.baselines.layer_norms import frobenius_squared, spectral_norm
from netrazor.errors import UnsupportedModel
from netrazor.networks import MLP, LeNet5, ResNetCifar


def through(chain: Chain, x: Tensor) -> Tensor:
    x = chain.prepared(x)
    for layer in chain.layers:
        x = layer.activated(layer.affine(x))
    return x


@pytest.mark.parametrize(
    ("model", "shape"),
    [(LeNet5(), (1, 28, 28)), (MLP((784, 20, 10)), (1, 28, 28)), (tiny.small(), (1, 8, 8))],
)
def test_a_chain_computes_what_its_network_computes(model: nn.Module, shape: tuple[int, ...]) -> None:
    x = torch.rand(3, *shape)
    chain = chain_of(model, x)
    assert torch.allclose(through(chain, x), model.eval()(x), atol=1e-6)


def test_what_lenet5_is_made_of() -> None:
    chain = chain_of(LeNet5(), torch.rand(2, 1, 28, 28))
    assert [layer.output_shape for layer in chain.layers] == [(20, 24, 24), (50, 8, 8), (500,), (10,)]
    # Max-pooling compares 6 pairs in each window of 4; one ReLU of 500 units.
    assert [layer.conditions for layer in chain.layers] == [20 * 12 * 12 * 6, 50 * 4 * 4 * 6, 500, 0]
    assert sum(layer.parameters for layer in chain.layers) == 431_080
    assert chain.widest == 20 * 24 * 24
    assert chain.input_radius == pytest.approx(2 * math.sqrt(784))


def test_the_radius_is_that_of_the_worst_input() -> None:
    assert chain_of(MLP((784, 5, 3)), torch.rand(2, 1, 28, 28)).input_radius == pytest.approx(28)


@pytest.mark.parametrize(
    "model",
    [
        ResNetCifar(8),
        nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Flatten(), nn.Linear(3600, 2)),
        nn.Sequential(nn.Conv2d(3, 4, 3), nn.MaxPool2d(3, 1), nn.Flatten(), nn.Linear(3136, 2)),
        nn.Sequential(nn.Flatten(), nn.Linear(3072, 4), nn.Tanh(), nn.Linear(4, 2)),
        nn.Sequential(nn.Flatten(), nn.Linear(3072, 4), nn.ReLU()),
        nn.Sequential(nn.Conv2d(3, 6, 3, groups=3), nn.Flatten(), nn.Linear(5400, 2)),
    ],
    ids=["branches", "batch norm", "overlapping windows", "tanh", "ends in ReLU", "groups"],
)
def test_what_the_theorems_do_not_cover_is_refused(model: nn.Module) -> None:
    with pytest.raises(UnsupportedModel):
        chain_of(model, torch.rand(2, 3, 32, 32))


def dense(layer: Layer, *, last: bool) -> Tensor:
    """The layer's map with its bias column, by what it makes of each unit vector."""
    size = math.prod(layer.input_shape)
    affine = layer.affine.double()
    with torch.no_grad():
        constant = affine(torch.zeros(1, *layer.input_shape).double()).flatten()
        columns = affine(torch.eye(size).double().view(size, *layer.input_shape)).flatten(1) - constant
    matrix = torch.cat([columns.T, constant[:, None]], 1)
    bottom = torch.zeros(1, size + 1).double()
    bottom[0, -1] = 1.0
    return matrix if last else torch.cat([matrix, bottom])


CASES = [
    (nn.Linear(7, 5), (7,)),
    (nn.Linear(7, 5, bias=False), (7,)),
    (nn.Conv2d(2, 3, 3), (2, 6, 6)),
    (nn.Conv2d(2, 3, 3, stride=2), (2, 7, 7)),
    (nn.Conv2d(2, 3, 3, padding=1), (2, 5, 5)),
    (nn.Conv2d(2, 3, 3, padding="same", bias=False), (2, 5, 5)),
]


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize(("affine", "shape"), CASES)
def test_norms_against_the_dense_matrix(affine: nn.Module, shape: tuple[int, ...], last: bool) -> None:
    layer = Layer("layer", affine, shape, tuple(affine.float()(torch.rand(1, *shape)).shape[1:]))
    matrix = dense(layer, last=last)
    spectral, frobenius = torch.linalg.matrix_norm(matrix, 2).item(), matrix.square().sum().item()
    assert spectral <= spectral_norm(layer, last=last) <= (1 + 1e-8 if len(shape) == 1 else 2) * spectral
    assert frobenius <= frobenius_squared(layer, last=last) <= 1.6 * frobenius
    if len(shape) == 1 or affine.padding == (0, 0):
        assert frobenius_squared(layer, last=last) == pytest.approx(frobenius, rel=1e-6)
