"""A network of few channels, written as the declared one, is the same function."""

import importlib
from pathlib import Path

import pytest
import torch
from torch import nn

from netrazor.networks import build


@pytest.mark.parametrize("architecture", ["mobilenet-0.5-cifar", "resnet-20"])
def test_the_declared_network_answers_as_the_narrow_one(
    architecture: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "benchmarks"))
    narrow_networks = importlib.import_module("narrow")
    torch.manual_seed(0)
    wide, narrow = build(architecture), narrow_networks.narrowed(architecture, 3)
    for norm in (module for module in narrow.modules() if isinstance(module, nn.BatchNorm2d)):
        nn.init.uniform_(norm.weight, 0.5, 2.0)
        nn.init.normal_(norm.bias)
        nn.init.normal_(norm.running_mean)
    narrow_networks.embed(narrow, wide)
    images = torch.rand(3, 3, 32, 32)
    expected = narrow.eval()(images)
    assert expected.std() > 1e-3
    assert torch.allclose(wide.eval()(images), expected, atol=1e-5)
