"""A network of few channels, written as the declared one, is the same function."""

import importlib
from pathlib import Path

import pytest
import torch
from torch import nn

from netrazor.networks import build


@pytest.mark.parametrize(
    ("architecture", "channels", "blocks"),
    [
        ("mobilenet-0.5-cifar", (3,), None),
        ("resnet-20", (3,), None),
        ("resnet-20", (4, 6, 10), (2, 2, 1)),
        ("resnet-20", (2, 16, 16), (1, 3, 2)),
    ],
)
def test_the_declared_network_answers_as_the_narrow_one(
    architecture: str,
    channels: tuple[int, ...],
    blocks: tuple[int, ...] | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "benchmarks"))
    narrow_networks = importlib.import_module("narrow_networks")
    torch.manual_seed(0)
    wide, narrow = build(architecture), narrow_networks.narrowed(architecture, channels, blocks)
    for norm in (module for module in narrow.modules() if isinstance(module, nn.BatchNorm2d)):
        nn.init.uniform_(norm.weight, 0.5, 2.0)
        nn.init.normal_(norm.bias)
        nn.init.normal_(norm.running_mean)
    narrow_networks.embed(narrow, wide)
    images = torch.rand(3, 3, 32, 32)
    expected = narrow.eval()(images)
    assert expected.std() > 1e-3
    assert torch.allclose(wide.eval()(images), expected, atol=1e-5)
