"""Networks and weights from files: found, unwrapped, and refused by name."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn.utils import prune

from netrazor.errors import CheckpointMismatch, ConfigurationError
from netrazor.networks import build_from, load_weights, read_weights

SOURCE = """
from torch import nn
LIMIT = 3
class Net(nn.Sequential):
    def __init__(self):
        super().__init__(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 2))
def build():
    return Net()
def broken():
    raise RuntimeError("no such layer")
instance = Net()
"""


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "their_network.py"
    path.write_text(SOURCE)
    return path


def plain() -> nn.Module:
    return nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.Linear(4, 2))


@pytest.mark.parametrize("name", ["build", "Net", "instance"])
def test_function_class_and_instance_give_a_network(source: Path, name: str) -> None:
    assert isinstance(build_from(f"{source}:{name}"), nn.Sequential)


def test_a_module_by_its_dotted_name() -> None:
    assert type(build_from("netrazor.networks:LeNet5")).__name__ == "LeNet5"


@pytest.mark.parametrize(
    ("name", "match"),
    [
        ("bild", "has no 'bild'; it has .*build"),
        ("broken", "RuntimeError: no such layer"),
        ("LIMIT", "must give a torch.nn.Module, got int"),
        ("", "'file.py:function'"),
    ],
)
def test_what_builds_no_network_is_refused(source: Path, name: str, match: str) -> None:
    with pytest.raises(ConfigurationError, match=match):
        build_from(f"{source}:{name}")


def test_files_and_modules_that_are_not_there_are_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nowhere\.py is no file"):
        build_from(f"{tmp_path}/nowhere.py:build")
    with pytest.raises(ConfigurationError, match="no_such_package"):
        build_from("no_such_package.inside:build")
    with pytest.raises(ConfigurationError, match=r"nothing\.pt is no file"):
        read_weights(tmp_path / "nothing.pt")


@pytest.mark.parametrize(
    "wrap", [lambda s: s, lambda s: {"state_dict": s, "epoch": 3}, lambda s: {"model": s}]
)
@pytest.mark.parametrize("prefix", ["", "module."])
def test_checkpoints_are_unwrapped(tmp_path: Path, wrap, prefix: str) -> None:
    model, fresh = plain(), plain()
    torch.save(wrap({prefix + k: v for k, v in model.state_dict().items()}), tmp_path / "a.pt")
    load_weights(fresh, read_weights(tmp_path / "a.pt"))
    assert all(torch.equal(a, b) for a, b in zip(model.parameters(), fresh.parameters(), strict=True))


def test_safetensors_are_read(tmp_path: Path) -> None:
    model = plain()
    save_file(model.state_dict(), tmp_path / "a.safetensors")
    assert torch.equal(read_weights(tmp_path / "a.safetensors")["0.weight"], model[0].weight)


def test_masks_of_pruned_layers_are_multiplied_in(tmp_path: Path) -> None:
    model = plain()
    prune.l1_unstructured(model[0], "weight", amount=0.5)
    torch.save(model.state_dict(), tmp_path / "a.pt")
    fresh = plain()
    load_weights(fresh, read_weights(tmp_path / "a.pt"))
    assert torch.equal(fresh[0].weight, model[0].weight)


def test_a_tied_weight_may_be_missing() -> None:
    model = nn.Sequential(nn.Linear(4, 4), nn.Linear(4, 4))
    model[1].weight = model[0].weight
    state = model.state_dict()
    del state["1.weight"]
    load_weights(model, state)


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda s: s.pop("0.bias"), r"missing 0\.bias"),
        (lambda s: s.update(extra=torch.ones(1)), "unexpected extra"),
        (lambda s: s.update({"0.bias": torch.ones(5)}), r"0\.bias \(4,\) against \(5,\)"),
    ],
)
def test_weights_of_another_architecture_are_named(change, match: str) -> None:
    state = plain().state_dict()
    change(state)
    with pytest.raises(CheckpointMismatch, match=match):
        load_weights(plain(), state)


def test_a_whole_pickled_network_is_not_executed(tmp_path: Path) -> None:
    torch.save(plain(), tmp_path / "a.pt")
    with pytest.raises(CheckpointMismatch, match=r"cannot be read safely .* model\.state_dict\(\)"):
        read_weights(tmp_path / "a.pt")
    torch.save({"lr": 0.1}, tmp_path / "b.pt")
    with pytest.raises(CheckpointMismatch, match="tensors by name"):
        read_weights(tmp_path / "b.pt")


def test_an_error_about_a_checkpoint_is_short(tmp_path: Path) -> None:
    torch.save({"weights": [torch.arange(50) for _ in range(200)]}, tmp_path / "a.pt")
    with pytest.raises(CheckpointMismatch, match="must hold tensors by name, got dict") as raised:
        read_weights(tmp_path / "a.pt")
    assert len(str(raised.value)) < 200 + len(str(tmp_path))
