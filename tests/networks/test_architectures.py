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
    "squeezenet-1.0": 1_248_424,
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
    x = torch.randint(0, 1000, (2, 12)) if shape is None else torch.rand(2, *shape)
    with torch.no_grad():
        logits = model(x)
    assert logits.shape == (2, 1000 if shape == (3, 224, 224) else 10)
    assert logits.isfinite().all()


def test_declared_list_is_append_only() -> None:
    assert networks.ARCHITECTURES[:25] == (
        "custom",
        "lenet5",
        "lenet-300-100",
        "mobilenet-0.5",
        "squeezenet-1.0",
        "squeezenet-1.1",
        "resnet-20",
        "resnet-56",
        "mobilenet-0.5-cifar",
        "squeezenet-1.1-cifar",
        "resnet-20-projection",
        "resnet-56-projection",
        "vision-transformer",
        "text-classifier",
        "integer-chain-mnist",
        "integer-chain-fashion",
        "integer-chain-cifar",
        "normed-mlp",
        "lenet5-subspace",
        "resnet-20-subspace",
        "integer-stack-cifar",
        "integer-stack-fashion",
        "integer-overlap-cifar",
        "lenet5-subspace-wide",
        "resnet-20-subspace-wide",
    )


def test_names_and_indices_are_inverse() -> None:
    for index, name in enumerate(networks.ARCHITECTURES):
        assert networks.index_of(name) == index
        assert networks.name_of(index) == name


@pytest.mark.parametrize("name", ["custom", "lenet6"])
def test_build_refuses_what_is_not_declared(name: str) -> None:
    with pytest.raises(ConfigurationError, match="architecture"):
        networks.build(name)


def test_build_refuses_a_setting_that_the_network_lacks() -> None:
    with pytest.raises(ConfigurationError, match="colour"):
        networks.build("lenet5", colour=3)


@pytest.mark.parametrize("index", [-1, 10_000])
def test_name_of_refuses_an_unknown_index(index: int) -> None:
    with pytest.raises(ConfigurationError, match="index"):
        networks.name_of(index)


def test_text_classifier_ignores_padding() -> None:
    model = networks.build("text-classifier").eval()
    tokens = torch.tensor([[5, 7, 0, 0]])
    assert torch.allclose(model(tokens), model(tokens[:, :2]))
    assert model(torch.zeros(1, 4, dtype=torch.int64)).isfinite().all()
