"""The record network of CIFAR-10: exact whole numbers, features against naive sums, mirror images that agree."""

from pathlib import Path

import numpy as np
import pytest
import torch

import netrazor
from netrazor.compress import IntegerConfig
from netrazor.data import ImageDataset
from netrazor.networks import coded_state
from netrazor.pipeline import Recipe, RunConfiguration, run
from netrazor.pipeline.stages import IntegerStage
from netrazor.reproduction.record_networks.edge_maps import directions
from netrazor.reproduction.record_networks.integer_overlap import (
    LARGEST_SUM,
    IntegerOverlap,
    floor_straight_through,
)
from netrazor.reproduction.record_networks.opponent_features import (
    OpponentFeatures,
    contrast_normalized,
    opponent_colours,
)
from netrazor.train import FitConfig, OptimizerConfig
from netrazor.train.frozen_features import precompute_features

SHAPES = [(1, 28, 28), (3, 32, 32)]


def images(shape: tuple[int, int, int], n: int = 12) -> torch.Tensor:
    return torch.randint(0, 256, (n, *shape), generator=torch.Generator().manual_seed(1)).float()


def overlap(shape: tuple[int, int, int]) -> IntegerOverlap:
    model = IntegerOverlap(shape, filters=10, units=8)
    torch.manual_seed(2)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randint(-3, 4, parameter.shape))
    return model.eval()


@pytest.mark.parametrize("shape", SHAPES)
def test_scores_are_exact_whole_numbers(shape: tuple[int, int, int]) -> None:
    model, x = overlap(shape), images(shape) / 255
    with torch.no_grad():
        single, double = model(x), model.double()(x.double())
    assert torch.equal(single.double(), double)
    assert torch.equal(single, single.round())
    assert single.abs().max() > 0


def test_no_sum_can_leave_what_float32_holds() -> None:
    weights = dict(IntegerOverlap().named_parameters())
    for name, largest in {"learned.conv": 255, "learned.linear": LARGEST_SUM - 1}.items():
        fan_in = weights[f"{name}.weight"][0].numel()
        assert 3 * fan_in * largest + 31 * 64 < 2**24  # biases of up to 31, as polish has them


@pytest.mark.parametrize("shape", SHAPES)
def test_an_image_and_its_mirror_image_have_the_same_scores(shape: tuple[int, int, int]) -> None:
    model, x = overlap(shape), images(shape) / 255
    with torch.no_grad():
        assert torch.equal(model(x), model(x.flip(3)))


def test_a_channel_is_used_with_both_signs() -> None:
    model = overlap((1, 8, 8)).learned
    assert model.conv.bias is not None
    with torch.no_grad():
        model.conv.bias.zero_()
        x = torch.round(255 * torch.rand(2, 20, 2, 2)) / 255
        hidden: list[torch.Tensor] = []
        model.linear.register_forward_pre_hook(lambda _, inputs: hidden.append(inputs[0].view(2, 2, -1)))
        model(x)
        model.conv.weight.neg_()
        model(x)
    assert torch.equal(hidden[0], hidden[1].flip(1))


@pytest.mark.parametrize("shape", SHAPES)
def test_features_are_bytes_and_nothing_in_them_is_coded(shape: tuple[int, int, int]) -> None:
    model = overlap(shape)
    features = 255 * model.features(images(shape) / 255)
    assert torch.allclose(features, features.round(), atol=1e-4)
    assert 0 <= features.min() < features.max() <= 255
    assert features.shape[1] == 2 * 10
    assert all(name.startswith("learned.") for name in coded_state(model))


def test_directions_against_a_naive_convolution() -> None:
    x = images((1, 5, 6), 1)
    padded = np.pad(x.numpy()[0, 0].astype(int), 1, mode="edge")
    sobel = np.array([[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]])
    for row in range(5):
        for column in range(6):
            window = padded[row : row + 3, column : column + 3]
            across, down = int((window * sobel).sum()), int((window * sobel.T).sum())
            falling, rising = (across + down) * 181 // 256, (across - down) * 181 // 256
            found = directions(x, "replicate")[0, :, row, column]
            assert found.tolist() == [across, falling, down, -rising]


def test_contrast_against_whole_division() -> None:
    x = images((3, 4, 4), 2)
    padded = np.pad(x.numpy().astype(int).sum(1), ((0, 0), (2, 2), (2, 2)), mode="edge")
    for row in range(4):
        for column in range(4):
            contrast = padded[:, row : row + 5, column : column + 5].sum((1, 2)) // 25
            expected = np.minimum(
                128 * x.numpy()[:, :, row, column].astype(int) // (6 + contrast)[:, None], 255
            )
            assert contrast_normalized(x)[:, :, row, column].tolist() == expected.tolist()


def test_opponent_colours_of_plain_red_and_blue() -> None:
    plain = torch.zeros(2, 3, 4, 4)
    plain[0, 0], plain[1, 2] = 200.0, 100.0
    found = opponent_colours(plain)[:, :4, 0, 0]
    assert found.tolist() == [[255.0, 0.0, 0.0, 200.0], [0.0, 0.0, 200.0, 0.0]]


def test_grey_images_have_no_colour_maps() -> None:
    features = OpponentFeatures(filters=1)
    assert features.maps(images((1, 8, 8), 1)).shape[1] == 17
    assert features.maps(images((3, 8, 8), 1)).shape[1] == 29
    assert not features.maps(torch.full((1, 1, 8, 8), 9.0))[:, 1:].any()


def test_rounding_down_lets_gradients_pass() -> None:
    x = torch.tensor([1.75, -0.25], requires_grad=True)
    y = floor_straight_through(x)
    y.sum().backward()
    assert y.tolist() == [1.0, -1.0]
    assert x.grad is not None
    assert x.grad.tolist() == [1.0, 1.0]


def test_training_computes_the_features_once() -> None:
    model = overlap((3, 16, 16))
    data = ImageDataset(images((3, 16, 16), 30).to(torch.uint8), torch.arange(30) % 4, 4, name="tiny")
    learned, features = precompute_features(model, data)
    everything = torch.arange(30)
    assert learned is model.learned
    with torch.no_grad():
        assert torch.equal(learned(features.batch(everything)[0]), model(data.batch(everything)[0]))


def test_it_is_trained_certified_and_verified(tmp_path: Path) -> None:
    generator = torch.Generator().manual_seed(8)
    labels = torch.randint(0, 4, (300,), generator=generator)
    patterns = torch.randint(0, 256, (4, 3, 16, 16), generator=generator)
    noise = torch.randint(0, 256, (300, 3, 16, 16), generator=generator)
    data = ImageDataset((0.7 * patterns[labels] + 0.3 * noise).to(torch.uint8), labels, 4, name="tiny")
    fit = FitConfig(steps=60, batch_size=50, optimizer=OptimizerConfig(rate=0.03))
    integers = IntegerStage(fit, IntegerConfig(target_bits=150.0, every=2, price=1e-3))
    recipe = Recipe("tiny-tight", integers=integers, noise=None, simplify=False)
    torch.manual_seed(1)
    model = IntegerOverlap((3, 16, 16), filters=6, units=4, classes=4)
    certificate = run(model, data, RunConfiguration(recipe=recipe, out=tmp_path)).issued.certificate
    fresh = IntegerOverlap((3, 16, 16), filters=6, units=4, classes=4)
    assert netrazor.verify(tmp_path, data, model=fresh).status == "VALID"
    assert certificate.errors < 0.6 * len(data)
