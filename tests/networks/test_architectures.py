"""The declared networks against their published parameter counts."""

import pytest
import torch

from netrazor import networks
from netrazor.errors import ConfigurationError

# Millions in the papers; to the parameter in the authors' or the frameworks' own implementations.
PUBLISHED = {
    "lenet5": 431_080,
    "lenet-300-100": 266_610,
    "mobilenet-0.5": 1_331_592,
    "squeezenet-1.1": 1_235_496,
    "resnet-20": 269_722,
    "resnet-56": 853_018,
}


@pytest.mark.parametrize(("name", "parameters"), PUBLISHED.items())
def test_parameter_count_is_the_published_one(name: str, parameters: int) -> None:
    assert sum(p.numel() for p in networks.build(name).parameters()) == parameters


def test_mobilenet_of_full_width_has_the_published_count() -> None:
    assert sum(p.numel() for p in networks.MobileNet(1.0).parameters()) == 4_231_976


@pytest.mark.parametrize("name", networks.ARCHITECTURES[1:])
def test_declared_network_gives_finite_logits(name: str) -> None:
    model = networks.build(name).eval()
    shape = networks.input_shape(name)
    assert shape is not None
    x = torch.rand(2, *shape)
    with torch.no_grad():
        logits = model(x)
    assert logits.shape == (2, 1000 if shape == (3, 224, 224) else 10)
    assert logits.isfinite().all()


def test_indices_of_the_declared_list_stay_what_they_were_when_records_were_run() -> None:
    assert {name: networks.index_of(name) for name in networks.ARCHITECTURES} == {
        "custom": 0,
        "lenet5": 1,
        "lenet-300-100": 2,
        "mobilenet-0.5": 3,
        "squeezenet-1.1": 5,
        "resnet-20": 6,
        "resnet-56": 7,
        "mobilenet-0.5-cifar": 8,
        "integer-chain-mnist": 14,
        "integer-chain-fashion": 15,
        "normed-mlp": 17,
        "integer-overlap-cifar": 22,
        "resnet-20-subspace-wide": 24,
        "lenet5-subspace": 25,
        "integer-views-mnist": 26,
        "integer-views-fashion": 27,
        "integer-views-cifar": 28,
    }


def test_names_and_indices_are_inverse() -> None:
    for name in networks.ARCHITECTURES:
        assert networks.name_of(networks.index_of(name)) == name


@pytest.mark.parametrize("name", ["custom", "lenet6"])
def test_build_refuses_what_is_not_declared(name: str) -> None:
    with pytest.raises(ConfigurationError, match="architecture"):
        networks.build(name)


def test_build_refuses_a_setting_that_the_network_lacks() -> None:
    with pytest.raises(ConfigurationError, match="colour"):
        networks.build("lenet5", colour=3)


@pytest.mark.parametrize("index", [-1, 4, 10_000])
def test_name_of_refuses_an_unknown_index(index: int) -> None:
    with pytest.raises(ConfigurationError, match="index"):
        networks.name_of(index)
