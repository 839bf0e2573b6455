"""The record networks of several views: exact whole numbers, views against plain arithmetic, what they do not see."""

import math

import pytest
import torch
from torch import Tensor

from netrazor.networks import build, coded_state
from netrazor.reproduction.record_networks.integer_chain import LARGEST_OF_A_VIEW
from netrazor.reproduction.record_networks.integer_overlap import LARGEST_SUM
from netrazor.reproduction.record_networks.integer_views import TURNED, IntegerViews
from netrazor.reproduction.record_networks.moments import Moments
from netrazor.reproduction.record_networks.views import PlainViews, UprightViews, View, scales, whole_root
from netrazor.reproduction.record_recipes import ALL_RECIPES

GREY, COLOUR = (1, 28, 28), (3, 32, 32)
SHAPES = {"integer-views-mnist": GREY, "integer-views-fashion": GREY, "integer-views-cifar": COLOUR}


def images(shape: tuple[int, int, int], n: int = 12) -> Tensor:
    return torch.randint(0, 256, (n, *shape), generator=torch.Generator().manual_seed(1)).float()


def network(name: str) -> IntegerViews:
    model = build(name)
    assert isinstance(model, IntegerViews)
    torch.manual_seed(2)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randint(-3, 4, parameter.shape))
    return model.eval()


def ellipse(tall: float, wide: float, lean: float = 0.0) -> Tensor:
    """One bright ellipse with these half axes in pixels, sheared, in the middle."""
    rows, columns = torch.meshgrid(torch.arange(28.0) - 13.5, torch.arange(28.0) - 13.5, indexing="ij")
    inside = (rows / tall) ** 2 + ((columns - lean * rows) / wide) ** 2 <= 1
    return 255.0 * inside[None, None].float()


@pytest.mark.parametrize("name", SHAPES)
def test_scores_are_exact_whole_numbers(name: str) -> None:
    model, x = network(name), images(SHAPES[name]) / 255
    with torch.no_grad():
        single, double = model(x), model.double()(x.double())
    assert torch.equal(single.double(), double)
    assert torch.equal(single, single.round())
    assert single.abs().max() > 0


@pytest.mark.parametrize("name", SHAPES)
def test_no_sum_can_leave_what_float32_holds(name: str) -> None:
    weights = dict(network(name).named_parameters())
    cifar = name.endswith("cifar")
    most = LARGEST_SUM if cifar else LARGEST_OF_A_VIEW * {"integer-views-mnist": 2}.get(name, 4)
    for layer, largest in {"learned.conv": 255, "learned.linear": most}.items():
        fan_in = weights[f"{layer}.weight"][0].numel()
        assert 3 * fan_in * largest + 31 * 64 < 2**24  # biases of up to 31, as polish has them


@pytest.mark.parametrize("name", SHAPES)
def test_features_are_bytes_and_nothing_in_them_is_coded(name: str) -> None:
    model = network(name)
    features = 255 * model.features(images(SHAPES[name]) / 255)
    assert torch.allclose(features, features.round(), atol=1e-4)
    assert 0 <= features.min() < features.max() <= 255
    assert all(coded.startswith("learned.") for coded in coded_state(model))


@pytest.mark.parametrize("name", ["integer-views-fashion", "integer-views-cifar"])
def test_an_image_and_its_mirror_image_have_nearly_the_same_features(name: str) -> None:
    """Nearly: views larger or smaller read between pixels, which are rounded to the left."""
    model, x = network(name), images(SHAPES[name]) / 255
    seen, mirrored = (255 * model.features(both) for both in (x, x.flip(3)))
    first, second = seen.chunk(4, 1)[:2]
    swapped = torch.cat(mirrored.chunk(4, 1)[1::-1], 1)
    assert (torch.cat([first, second], 1) - swapped).abs().mean() < 0.05 * seen.mean()


def test_the_plain_view_is_the_image() -> None:
    for shape in (GREY, COLOUR):
        x = images(shape)
        assert torch.equal(PlainViews((View(),))(x)[:, 0], x)


def test_a_larger_view_against_plain_arithmetic() -> None:
    x = images((1, 6, 8), 1)
    found = PlainViews((View(scale=200),))(x)[0, 0, 0]
    for row in range(6):
        for column in range(8):
            y = min(max((200 * (256 * row - 640) >> 8) + 640, 0), 1280)
            z = min(max((200 * (256 * column - 896) >> 8) + 896, 0), 1792)
            assert found[row, column] == read(x[0, 0], y, z)


def read(image: Tensor, y: int, x: int) -> int:
    """The value at a place in 256ths; zero outside."""
    total = 0
    for row, share in ((y >> 8, 256 - (y & 255)), ((y >> 8) + 1, y & 255)):
        for column, part in ((x >> 8, 256 - (x & 255)), ((x >> 8) + 1, x & 255)):
            inside = 0 <= row < image.shape[0] and 0 <= column < image.shape[1]
            total += share * part * int(image[row, column]) if inside else 0
    return total >> 16


def test_upright_views_against_plain_arithmetic() -> None:
    """The steps of docs/format.md, with Python's integers."""
    image = ellipse(6, 3, 0.4)[0, 0]
    found = UprightViews(TURNED)(image[None, None])[0]
    values = {(r, c): int(image[r, c]) for r in range(28) for c in range(28) if image[r, c]}
    mass, sum_x, sum_y = sum(values.values()), 0, 0
    xy = yy = xx = 0
    for (r, c), v in values.items():
        sum_x, sum_y, xy, yy, xx = (
            sum_x + v * c,
            sum_y + v * r,
            xy + v * r * c,
            yy + v * r * r,
            xx + v * c * c,
        )
    covariance, variance = mass * xy - sum_x * sum_y, mass * yy - sum_y * sum_y
    shear = 256 * covariance // variance
    width = mass * xx - sum_x * sum_x + (shear * (shear * variance - 512 * covariance) >> 16)
    h = math.isqrt((variance << 16) // mass**2 // 36)
    w = math.isqrt(1280 * math.isqrt((width << 16) // mass**2) // 18)
    for number, turn in enumerate((-44, 44)):
        for r in range(0, 28, 3):
            for c in range(0, 28, 3):
                a, b = 256 * r - 3456, 256 * c - 3456
                y = h * (252 * a + turn * b >> 8) >> 8
                x = (w * (252 * b - turn * a >> 8) >> 8) + (shear * y >> 8)
                expected = read(image, y + 256 * sum_y // mass, x + 256 * sum_x // mass)
                assert found[number, 0, r, c] == expected


@pytest.mark.parametrize("shape", [(5, 5, 0.0), (9, 7, 0.0), (8, 4, 0.5), (6, 9, -0.4)])
def test_upright_views_have_one_size_and_no_slant(shape: tuple[float, float, float]) -> None:
    view = UprightViews((View(),))(ellipse(*shape))[:, 0, 0].long()
    moments = Moments.of(view)
    assert math.sqrt(moments.variance_y.item()) / moments.mass.item() == pytest.approx(6, abs=0.25)
    assert abs(moments.shear.item()) < 20
    assert all(centre.item() == pytest.approx(256 * 13.5, abs=80) for centre in moments.centre)


def test_what_is_narrow_stays_narrower() -> None:
    wide, narrow = (
        Moments.of(UprightViews((View(),))(ellipse(8, half))[:, 0, 0].long()).variance_x.item()
        for half in (8, 2)
    )
    assert narrow < wide


def test_scales_are_bounded() -> None:
    dot, full = torch.zeros(1, 28, 28).long(), torch.full((1, 28, 28), 255).long()
    dot[0, 3, 3] = 1
    assert [scale.item() for scale in scales(Moments.of(dot))] == [64, 134]
    assert all(64 <= scale.item() <= 512 for scale in scales(Moments.of(full)))


def test_empty_images_pass() -> None:
    assert not UprightViews(TURNED)(torch.zeros(2, 1, 28, 28)).any()


def test_whole_roots() -> None:
    near = [k * k + step for k in (1, 7, 1000, 2**25) for step in (-1, 0, 1)]
    assert whole_root(torch.tensor(near)).tolist() == [math.isqrt(value) for value in near]


def test_recipes_of_whole_numbers_send_no_order_of_units() -> None:
    recipes = ("tight-mnist", "tight-fashion-mnist", "tight-cifar10", "tight-lenet5", "polish")
    assert all(ALL_RECIPES[name].simplify for name in recipes)
