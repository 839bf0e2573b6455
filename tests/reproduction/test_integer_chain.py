"""The record network of MNIST and Fashion-MNIST: exact whole numbers, and features that no data chose."""

import hashlib

import numpy as np
import pytest
import torch

from netrazor.networks import build, coded_state
from netrazor.reproduction.record_networks.deskewing import Deskew
from netrazor.reproduction.record_networks.edge_features import EdgeFeatures
from netrazor.reproduction.record_networks.hash_filters import tap_filters
from netrazor.reproduction.record_networks.integer_chain import IntegerChain

GREY, COLOUR = (1, 28, 28), (3, 32, 32)
SHAPES = {"integer-chain-mnist": GREY, "integer-chain-fashion": GREY, "in colour": COLOUR}


def network(name: str) -> IntegerChain:
    model = IntegerChain(COLOUR) if name == "in colour" else build(name)
    assert isinstance(model, IntegerChain)
    return model


def images(shape: tuple[int, int, int], n: int = 20) -> torch.Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randint(0, 256, (n, *shape), generator=generator).float()


def with_whole_numbers(name: str) -> IntegerChain:
    model = network(name)
    torch.manual_seed(2)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randint(-3, 4, parameter.shape))
    return model.eval()


@pytest.mark.parametrize("name", SHAPES)
def test_scores_are_exact_whole_numbers(name: str) -> None:
    model, x = with_whole_numbers(name), images(SHAPES[name]) / 255
    with torch.no_grad():
        single, double = model(x), model.double()(x.double())
    assert torch.equal(single.double(), double)
    assert torch.equal(single, single.round())
    assert 0 < single.abs().max() < 2**24


@pytest.mark.parametrize("name", SHAPES)
def test_only_the_learned_part_is_coded(name: str) -> None:
    assert list(coded_state(network(name))) == [
        "learned.conv.weight",
        "learned.conv.bias",
        "learned.linear.weight",
    ]


@pytest.mark.parametrize("name", SHAPES)
def test_features_are_bytes(name: str) -> None:
    features = 255 * network(name).features(images(SHAPES[name]) / 255)
    assert torch.allclose(features, features.round(), atol=1e-4)
    assert 0 <= features.min() < features.max() <= 255


def test_maps_against_a_naive_convolution() -> None:
    x = images((1, 6, 6), 2)
    found = EdgeFeatures(deskew=False, border=0, filters=1).maps(x).numpy()
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
    upright = Deskew()(x)[0, 0]
    mass = upright.sum(1)
    centres = ((upright @ torch.arange(28.0)) / mass)[mass > 100]
    assert centres.max() - centres.min() < 1.2
    assert centres.mean() == pytest.approx(13.5, abs=0.6)


def test_empty_images_pass() -> None:
    assert not Deskew()(torch.zeros(2, 1, 28, 28)).any()


def test_the_taps_are_fixed_for_ever() -> None:
    taps = tap_filters(32, 9)
    assert taps.flatten(1).sum(1).tolist() == [3.0] * 32
    digest = hashlib.sha256(taps.to(torch.uint8).numpy().tobytes()).hexdigest()
    assert digest[:16] == "173223e4b9389b17"


@pytest.mark.parametrize(
    ("name", "digest"),
    [
        ("integer-chain-mnist", "d874cd10932c9aca"),
        ("integer-chain-fashion", "9e170e40fe55e0b4"),
        ("integer-overlap-cifar", "268bcc80fb2ac8fc"),
        ("integer-views-mnist", "77fc209f39ff952e"),
        ("integer-views-fashion", "573c9d0761cb1580"),
        ("integer-views-cifar", "3d8ddac937e78a28"),
    ],
)
def test_the_scores_of_a_declared_architecture_are_fixed_for_ever(name: str, digest: str) -> None:
    """The certificates of the records are about these functions, down to the last bit."""
    model, x = build(name), images(COLOUR if name.endswith("cifar") else GREY) / 255
    generator = torch.Generator().manual_seed(3)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randint(-3, 4, parameter.shape, generator=generator))
        scores = model.eval()(x)
    assert hashlib.sha256(scores.to(torch.int32).numpy().tobytes()).hexdigest()[:16] == digest
