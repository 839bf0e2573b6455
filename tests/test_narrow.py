"""A network of few channels, written as the declared one, is the same function."""

import importlib
import json
import sys
from pathlib import Path

import pytest
import safetensors.torch
import torch
from torch import nn

from netrazor.data import ImageDataset
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


RECIPE = """
name: short
base: tight
train: null
prune: []
shorten: {fit: {steps: 2, batch_size: 32, freeze_norms: true}, per_example: 200, rungs: 1, refine: false,
  descend: null}
descend: null
descend_everywhere: null
polish: null
"""


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """The script, with few images."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "benchmarks"))
    script = importlib.import_module("narrow")
    chance = torch.Generator().manual_seed(0)
    labels = torch.randint(10, (300,), generator=chance)
    noise = torch.randint(100, (300, 3, 32, 32), dtype=torch.uint8, generator=chance)
    images = noise + 15 * labels.to(torch.uint8)[:, None, None, None]
    monkeypatch.setattr(script, "load", lambda name: ImageDataset(images, labels, 10))
    return script


def train(script, monkeypatch: pytest.MonkeyPatch, out: Path, *options: str) -> dict[str, torch.Tensor]:  # type: ignore[no-untyped-def]
    words = ["resnet-20", str(out), "--channels", "2,3,4", "--blocks", "1,1,1", "--epochs", "2", *options]
    monkeypatch.setattr(sys, "argv", ["narrow.py", *words])
    script.main()
    return safetensors.torch.load_file(out)


def test_a_killed_training_goes_on(narrow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    whole = train(narrow, monkeypatch, tmp_path / "whole.safetensors")
    saves = []

    class Killed(narrow.Checkpoint):
        def due(self) -> bool:
            return True

        def save(self, state) -> None:  # type: ignore[no-untyped-def]
            super().save(state)
            saves.append(state)
            if len(saves) == 3:
                raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(narrow, "Checkpoint", Killed)
        with pytest.raises(KeyboardInterrupt):
            train(narrow, monkeypatch, tmp_path / "killed.safetensors")
    assert saves[-1]["fit"]["done"] == 3
    again = train(narrow, monkeypatch, tmp_path / "killed.safetensors")
    assert all(torch.equal(whole[name], again[name]) for name in whole)


def test_the_narrow_network_is_made_shorter(narrow, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "recipe.yaml").write_text(RECIPE)
    recipe = ("--recipe", str(tmp_path / "recipe.yaml"))
    written = train(narrow, monkeypatch, tmp_path / "short.safetensors", *recipe)
    certificate = json.loads((tmp_path / "short" / "certificate.json").read_text())
    wide = build("resnet-20")
    wide.load_state_dict(written)
    images = narrow.load("")
    assert round(narrow.error(wide, images) * len(images)) == certificate["errors"]


@pytest.mark.parametrize(
    ("name", "options", "said"),
    [
        ("narrow", (), "ends in .safetensors"),
        ("a.safetensors", ("--channels", "3,2,4"), "do not fall"),
        ("a.safetensors", ("--channels", "0"), "1 to 16"),
        ("a.safetensors", ("--blocks", "1,4,1"), "from 1 to 3"),
    ],
)
def test_what_cannot_be_is_refused(  # type: ignore[no-untyped-def]
    name: str, options: tuple[str, ...], said: str, narrow, tmp_path: Path, monkeypatch, capsys
) -> None:
    with pytest.raises(SystemExit):
        train(narrow, monkeypatch, tmp_path / name, *options)
    assert said in capsys.readouterr().err
