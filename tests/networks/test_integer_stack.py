"""The mirrored networks of the records: exact whole numbers, a front against naive sums, mirrors that agree."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from netrazor.networks import coded_state
from netrazor.reproduction.record_networks.integer_overlap import IntegerOverlap
from netrazor.reproduction.record_networks.integer_stack import INNER, LAST, IntegerStack, whole
from netrazor.reproduction.record_networks.opponent_front import contrasted, directions, maps, opponent

SHAPES = [(1, 28, 28), (3, 32, 32)]
Mirrored = IntegerStack | IntegerOverlap


def images(shape: tuple[int, int, int], n: int = 12) -> torch.Tensor:
    return torch.randint(0, 256, (n, *shape), generator=torch.Generator().manual_seed(1)).float()


def stack(shape: tuple[int, int, int]) -> IntegerStack:
    return drawn(
        IntegerStack(shape, units=(8,), filters=10) if shape[0] == 3 else IntegerStack(shape, units=(8, 8))
    )


def overlap(shape: tuple[int, int, int]) -> IntegerOverlap:
    return drawn(IntegerOverlap(shape, filters=10, units=8))


def drawn(model: Mirrored) -> Mirrored:
    torch.manual_seed(2)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randint(-3, 4, parameter.shape))
    return model.eval()


@pytest.mark.parametrize("make", [stack, overlap])
@pytest.mark.parametrize("shape", SHAPES)
def test_scores_are_exact_whole_numbers(shape: tuple[int, int, int], make: Callable[..., Mirrored]) -> None:
    model, x = make(shape), images(shape) / 255
    with torch.no_grad():
        single, double = model(x), model.double()(x.double())
    assert torch.equal(single.double(), double)
    assert torch.equal(single, single.round())
    assert single.abs().max() > 0


def test_no_sum_can_leave_what_float32_holds() -> None:
    for model, bounds in (
        (IntegerStack(), {"learned.convs.0": 255, "learned.convs.1": INNER, "learned.linear": 2 * LAST}),
        (IntegerOverlap(), {"learned.conv": 255, "learned.linear": 2 * INNER}),
    ):
        weights = dict(model.named_parameters())
        for name, largest in bounds.items():
            fan_in = weights[f"{name}.weight"][0].numel()
            assert 3 * fan_in * largest + 31 * 64 < 2**24  # biases of up to 31, as polish has them


@pytest.mark.parametrize("make", [stack, overlap])
@pytest.mark.parametrize("shape", SHAPES)
def test_an_image_and_its_mirror_image_have_the_same_scores(
    shape: tuple[int, int, int], make: Callable[..., Mirrored]
) -> None:
    model, x = make(shape), images(shape) / 255
    with torch.no_grad():
        assert torch.equal(model(x), model(x.flip(3)))


def test_a_unit_says_yes_and_no() -> None:
    model = overlap((1, 8, 8)).learned
    with torch.no_grad():
        model.conv.bias.zero_()
        x = torch.round(255 * torch.rand(2, 20, 2, 2)) / 255
        heard: list[torch.Tensor] = []
        model.linear.register_forward_pre_hook(lambda _, inputs: heard.append(inputs[0].view(2, 2, -1)))
        model(x)
        model.conv.weight.neg_()
        model(x)
    assert torch.equal(heard[0], heard[1].flip(1))


@pytest.mark.parametrize("shape", SHAPES)
def test_features_are_bytes_and_nothing_in_the_front_is_coded(shape: tuple[int, int, int]) -> None:
    model = stack(shape)
    features = 255 * model.front(images(shape) / 255)
    assert torch.allclose(features, features.round(), atol=1e-4)
    assert 0 <= features.min() <= features.max() <= 255
    assert features.shape[1] == 2 * (17 if shape[0] == 1 else 10)
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
            assert directions(x)[0, :, row, column].tolist() == [across, falling, down, -rising]


def test_contrast_against_whole_division() -> None:
    x = images((3, 4, 4), 2)
    padded = np.pad(x.numpy().astype(int).sum(1), ((0, 0), (2, 2), (2, 2)), mode="edge")
    for row in range(4):
        for column in range(4):
            around = padded[:, row : row + 5, column : column + 5].sum((1, 2)) // 25
            expected = np.minimum(
                128 * x.numpy()[:, :, row, column].astype(int) // (6 + around)[:, None], 255
            )
            assert contrasted(x)[:, :, row, column].tolist() == expected.tolist()


def test_opponent_colours_of_plain_red_and_blue() -> None:
    plain = torch.zeros(2, 3, 4, 4)
    plain[0, 0], plain[1, 2] = 200.0, 100.0
    found = opponent(plain)[:, :4, 0, 0]
    assert found.tolist() == [[255.0, 0.0, 0.0, 200.0], [0.0, 0.0, 200.0, 0.0]]


def test_grey_images_have_no_colour_maps() -> None:
    assert maps(images((1, 8, 8), 1)).shape[1] == 17
    assert not maps(torch.full((1, 1, 8, 8), 9.0))[:, 1:].any()


def test_rounding_down_lets_gradients_pass() -> None:
    x = torch.tensor([1.75, -0.25], requires_grad=True)
    y = whole(x)
    y.sum().backward()
    assert y.tolist() == [1.0, -1.0]
    assert x.grad is not None
    assert x.grad.tolist() == [1.0, 1.0]
