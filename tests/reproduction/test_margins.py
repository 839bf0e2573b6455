"""NBS18 and Aro+18 against slow versions written from the definitions."""

import math
from itertools import pairwise

import numpy as np
import pytest
import torch
from torch import nn

from netrazor.baselines import noise_stability, noise_stability_floor, scores_on, spectral_margin
from netrazor.baselines import spectral_margin_floor as margin_floor
from netrazor.baselines.chain import Chain, chain_of
from netrazor.baselines.estimate import Kind
from netrazor.baselines.margins import EXPONENTS
from netrazor.baselines.nbs18 import kl_nats, margin_bound, share_of_gamma, spectrum
from netrazor.baselines.stability import stability
from netrazor.data import ImageDataset

WIDTHS = (9, 7, 6, 3)


def network(seed: int = 0, *, bias: bool = True) -> nn.Sequential:
    torch.manual_seed(seed)
    maps = [nn.Linear(a, b, bias=bias) for a, b in pairwise(WIDTHS)]
    return nn.Sequential(nn.Flatten(), maps[0], nn.ReLU(), maps[1], nn.ReLU(), maps[2])


def data(n: int = 200) -> ImageDataset:
    generator = torch.Generator().manual_seed(1)
    images = torch.randint(0, 256, (n, 1, 3, 3), generator=generator).to(torch.uint8)
    return ImageDataset(images, torch.randint(0, 3, (n,), generator=generator), 3)


def matrices(chain: Chain) -> list[np.ndarray]:
    """The maps with their biases as columns, and the constant's row except in the last."""
    found = []
    for layer in chain.layers:
        whole = torch.cat([layer.affine.weight, layer.affine.bias[:, None]], 1).detach().double().numpy()
        constant = np.eye(1, whole.shape[1], whole.shape[1] - 1)
        found.append(whole if layer is chain.layers[-1] else np.vstack([whole, constant]))
    return found


def forward(maps: list[np.ndarray], x: np.ndarray) -> np.ndarray:
    """The bias-free chain on inputs with the constant beside them, one per row."""
    for i, a in enumerate(maps):
        x = x @ a.T
        x = np.maximum(x, 0) if i < len(maps) - 1 else x
    return x


def test_margins_and_norms_of_scores() -> None:
    model, examples = network(), data()
    found = scores_on(model, examples)
    for i in (0, 7, 199):
        x, label = examples[i]
        s = model(x[None])[0].tolist()
        assert found.margins[i].item() == pytest.approx(
            s[label] - max(v for j, v in enumerate(s) if j != label)
        )
    assert found.margin_loss(0.05) == sum(m <= 0.05 for m in found.margins.tolist()) / 200
    every = torch.stack([model(examples[i][0][None])[0].norm() for i in range(200)])
    assert found.largest_norm == pytest.approx(every.max().item())


def test_one_score_is_two_of_opposite_signs() -> None:
    examples = ImageDataset(data().images, (data().labels > 0).long(), 2)
    model = nn.Sequential(nn.Flatten(), nn.Linear(9, 1))
    signed = model(examples.tensors()[0])[:, 0] * (2 * examples.labels - 1)
    assert torch.allclose(scores_on(model, examples).margins.float(), signed, atol=1e-6)


def naive_kl(chain: Chain, gamma: float) -> tuple[float, float, list[np.ndarray]]:
    """KL, sigma and the scaled maps, as in the proof: scale all maps to the same norm, find b, fix sigma."""
    maps = matrices(chain)
    d, h = len(maps), max(max(a.shape) for a in maps)
    beta = math.prod(np.linalg.norm(a, 2) for a in maps) ** (1 / d)
    maps = [a * beta / np.linalg.norm(a, 2) for a in maps]
    radius = math.sqrt(9 + 1)
    lowest = (gamma / (2 * radius)) ** (1 / d)
    b = lowest
    while b + lowest / d <= beta:
        b += lowest / d
    sigma = gamma / (42 * d * radius * b ** (d - 1) * math.sqrt(h * math.log(4 * d * h)))
    return sum((a**2).sum() for a in maps) / (2 * sigma**2), sigma, maps


@pytest.mark.parametrize("gamma", [0.01, 0.1, 0.5])
def test_the_divergence_of_nbs18_is_that_of_its_proof(gamma: float) -> None:
    chain = chain_of(network(), data().tensors()[0][:2])
    assert kl_nats(spectrum(chain), gamma) == pytest.approx(naive_kl(chain, gamma)[0], rel=1e-6)


def test_noise_of_nbs18_moves_no_score_by_a_quarter_of_the_margin() -> None:
    """What Lemma 1 asks for, on the worst corners found: in at least half of the draws."""
    chain = chain_of(network(3), data().tensors()[0][:2])
    gamma = 0.5
    _, sigma, maps = naive_kl(chain, gamma)
    rng = np.random.default_rng(0)
    x = np.hstack([rng.integers(0, 2, (300, 9)), np.ones((300, 1))])
    plain = forward(matrices(chain), x)
    assert np.allclose(forward(maps, x), plain)
    moved = []
    for _ in range(40):
        noisy = [a + sigma * rng.standard_normal(a.shape) for a in maps]
        moved.append(np.abs(forward(noisy, x) - plain).max())
    assert np.mean(np.array(moved) < gamma / 4) >= 0.5


def test_shares_of_gamma_add_up_to_delta() -> None:
    shares = [share_of_gamma(2.0**e, 0.05) for e in EXPONENTS]
    assert sum(shares) <= 0.05
    assert len({round(math.sqrt(0.05 * 6 / math.pi**2 / s)) for s in shares}) == len(shares)


def test_margin_bound_by_hand() -> None:
    expected = 0.1 + 4 * math.sqrt((50 + math.log(6006 / 0.05)) / 1000)
    assert margin_bound(0.1, 50.0, 1001, 0.05) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(4))
def test_no_network_gets_below_the_floors(seed: int) -> None:
    model, examples = network(seed), data()
    floor = margin_floor(3, 10, len(examples), 3)
    assert spectral_margin(model, examples).value >= min(1.0, floor.value)
    assert floor.kind is Kind.FLOOR
    order = noise_stability(model, examples, examples=20, probes=4)
    assert order.value >= min(1.0, noise_stability_floor(3, 3 + 6 + 7, len(examples), 3).value)
    assert order.kind is Kind.ORDER


def test_more_examples_help_nbs18() -> None:
    model = network()
    assert spectral_margin(model, data(1000)).value < spectral_margin(model, data(100)).value


def jacobian(maps: list[np.ndarray], x: np.ndarray) -> np.ndarray:
    """Of the bias-free maps with ReLU before each, at the output ``x`` of the map before."""
    whole = np.eye(len(x))
    for a in maps:
        whole = a @ ((x > 0)[:, None] * whole)
        x = a @ np.maximum(x, 0)
    return whole


def test_cushions_and_contraction_from_the_definitions() -> None:
    inputs = data(6).tensors()[0]
    chain = chain_of(network(2), inputs[:2])
    found = stability(chain, inputs, 200, torch.Generator().manual_seed(0))
    maps = matrices(chain)
    layer = [math.inf] * 3
    between = [1 / math.sqrt(width) for width in WIDTHS[1:]]
    contraction = 1.0
    for x in inputs.flatten(1).double().numpy():
        outputs, x = [], np.append(x, 1.0)
        for i, a in enumerate(maps):
            entries = np.linalg.norm(a[: WIDTHS[i + 1]])
            y = a @ x
            layer[i] = min(layer[i], np.linalg.norm(y[: WIDTHS[i + 1]]) / (entries * np.linalg.norm(x)))
            outputs.append(y)
            x = np.maximum(y, 0)
            if i < 2:
                contraction = max(contraction, np.linalg.norm(y) / np.linalg.norm(x))
        for i in range(3):
            for j in range(i + 1, 3):
                whole = jacobian(maps[i + 1 : j + 1], outputs[i])
                ratio = np.linalg.norm(whole @ outputs[i]) / (
                    np.linalg.norm(whole) * np.linalg.norm(outputs[i])
                )
                between[i] = min(between[i], ratio)
    assert found.cushions == pytest.approx(layer, rel=1e-5)
    assert found.contraction == pytest.approx(contraction, rel=1e-5)
    assert found.interlayer == pytest.approx(between, rel=0.1)  # the Frobenius norm is estimated
    assert found.spread == [1.0, 1.0, 1.0]


def test_a_linear_chain_is_perfectly_smooth() -> None:
    """Where every unit stays on its side the network is its linearization, to rounding."""
    model = network()
    with torch.no_grad():
        for linear in (model[1], model[3]):
            linear.bias.fill_(100.0)
    found = stability(chain_of(model, torch.rand(2, 1, 3, 3)), torch.rand(20, 1, 3, 3), 4, torch.Generator())
    assert found.smoothness > 1e3


def test_convolutions_bring_overlap_and_spread() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU(), nn.Flatten(), nn.Linear(72, 3))
    inputs = torch.rand(10, 1, 8, 8)
    found = stability(chain_of(model, inputs), inputs, 20, torch.Generator().manual_seed(0))
    assert found.overlap == [3, 1]
    assert found.spread[0] > 1
    assert found.interlayer[0] <= 1 / math.sqrt(2)
