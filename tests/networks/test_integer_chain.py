"""The networks of the records: exact whole numbers, and a front that nothing was chosen for."""

import hashlib

import numpy as np
import pytest
import torch

from netrazor.networks import build, coded_state
from netrazor.reproduction.record_networks.integer_chain import IntegerChain, deskewed, oriented, tap_filters

CHAINS = {
    "integer-chain-mnist": (1, 28, 28),
    "integer-chain-fashion": (1, 28, 28),
}


def images(shape: tuple[int, int, int], n: int = 20) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randint(0, 256, (n, *shape), generator=generator).float()


def with_whole_numbers(name: str) -> IntegerChain:
    model = build(name)
    torch.manual_seed(2)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randint(-3, 4, parameter.shape))
    return model.eval()


@pytest.mark.parametrize("name", CHAINS)
def test_scores_are_exact_whole_numbers(name: str) -> None:
    model, x = with_whole_numbers(name), images(CHAINS[name]) / 255
    with torch.no_grad():
        single, double = model(x), model.double()(x.double())
    assert torch.equal(single.double(), double)
    assert torch.equal(single, single.round())
    assert single.abs().max() < 2**24


@pytest.mark.parametrize("name", CHAINS)
def test_only_the_learned_part_is_coded(name: str) -> None:
    assert list(coded_state(build(name))) == [
        "learned.conv.weight",
        "learned.conv.bias",
        "learned.linear.weight",
    ]


@pytest.mark.parametrize("name", CHAINS)
def test_features_are_bytes(name: str) -> None:
    features = 255 * build(name).front(images(CHAINS[name]) / 255)
    assert torch.allclose(features, features.round(), atol=1e-4)
    assert 0 <= features.min() <= features.max() <= 255


def test_maps_against_a_naive_convolution() -> None:
    x = images((1, 6, 6), 2)
    found = oriented(x).numpy()
    padded = np.pad(x.numpy()[:, 0].astype(int), ((0, 0), (1, 1), (1, 1)))
    sobel = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    for n in range(2):
        for row in range(3):
            for column in range(3):
                total = np.zeros(9, dtype=int)
                for y in (2 * row, 2 * row + 1):
                    for z in (2 * column, 2 * column + 1):
                        window = padded[n, y : y + 3, z : z + 3]
                        across, down = int((window * sobel).sum()), int((window * sobel.T).sum())
                        falling, rising = (across + down) * 181 // 256, (across - down) * 181 // 256
                        maps = np.array([across, falling, down, -rising, -across, -falling, -down, rising])
                        total[0] += 16 * window[1, 1]
                        total[1:] += 3 * np.maximum(2 * maps - maps.max(), 0)
                assert found[n, :, row, column].tolist() == np.minimum(total // 64, 255).tolist()


def test_a_slanted_stroke_is_made_upright_and_centred() -> None:
    x = torch.zeros(1, 1, 28, 28)
    for row in range(6, 20):
        x[0, 0, row, 22 - row // 2] = 255.0
    columns = deskewed(x)[0, 0] @ torch.arange(28.0)
    mass = deskewed(x)[0, 0].sum(1)
    centres = (columns / mass)[mass > 100]
    assert centres.max() - centres.min() < 1.2
    assert centres.mean() == pytest.approx(13.5, abs=0.6)


def test_empty_images_pass() -> None:
    assert not deskewed(torch.zeros(2, 1, 28, 28)).any()


def test_the_taps_are_fixed_for_ever() -> None:
    taps = tap_filters(32, 9)
    assert taps.flatten(1).sum(1).tolist() == [3.0] * 32
    digest = hashlib.sha256(taps.to(torch.uint8).numpy().tobytes()).hexdigest()
    assert digest[:16] == "173223e4b9389b17"
