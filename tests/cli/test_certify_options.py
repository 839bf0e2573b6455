"""`netrazor certify` on what a user brings: files of networks and weights, folders, recipes in YAML, rules."""

import shlex
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from command_line import netrazor
from netrazor.certification import parse
from netrazor.certification.run_directory import CERTIFICATE, MESSAGE
from netrazor.networks import MLP

MINE = """
from torch import nn


def build():
    model = nn.Sequential(nn.Flatten(), nn.Linear(48, 6), nn.ReLU(), nn.Linear(6, 3))
    model.input_shape = (3, 4, 4)
    return model
"""
SHORT = """
base: quick
train: {steps: 2}
prune: [{kind: gradual, fit: {steps: 2}, sparsity: 0.5}]
quantize: {fit: {steps: 2}}
noise: null
rules: [{match: "3.weight", prune: false, zero: false}]
"""


@pytest.fixture(autouse=True)
def _no_long_search_for_the_shortest_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netrazor.coding.message_writer._SMALL", 0)
    monkeypatch.setattr("netrazor.coding.message_writer._LARGE_BUDGET", 2**12)


def asked_for(text: str) -> list[str]:
    """The words of the command that a run says it can be checked with."""
    (line,) = [line for line in text.splitlines() if "check it with: netrazor " in line]
    return shlex.split(line.split("check it with: netrazor ")[1])


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Three classes of eight pictures, each brighter than the one before."""
    rng = np.random.default_rng(0)
    for label, name in enumerate(("cat", "dog", "eel")):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(8):
            pixels = (60 * rng.random((36, 32, 3)) + 60 * label).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "photos" / name / f"{number}.png")
    return tmp_path / "photos"


@pytest.fixture
def mine(tmp_path: Path) -> Path:
    (tmp_path / "mine.py").write_text(MINE)
    return tmp_path / "mine.py"


def test_a_network_and_its_weights_from_files(photos: Path, mine: Path, tmp_path: Path) -> None:
    weights = {"1.weight": torch.randn(6, 48), "1.bias": torch.zeros(6), "3.bias": torch.ones(3)}
    save_file({**weights, "3.weight": torch.randn(3, 6)}, tmp_path / "mine.safetensors")
    source = ["--model", f"{mine}:build", "--weights", tmp_path / "mine.safetensors", "--data", photos]
    code, text = netrazor("certify", *source, "--recipe", "as-is", "--out", tmp_path / "run")
    assert code == 0, text
    assert netrazor(*asked_for(text))[0] == 0
    assert netrazor("verify", tmp_path / "run")[0] == 3, "without the network there is nothing to count with"


def test_given_weights(photos: Path, mine: Path, tmp_path: Path) -> None:
    weights = {"1.weight": torch.randn(6, 48), "1.bias": torch.zeros(6), "3.bias": torch.ones(3)}
    save_file({**weights, "3.weight": torch.randn(3, 6)}, tmp_path / "mine.safetensors")
    source = ["--model", f"{mine}:build", "--weights", tmp_path / "mine.safetensors", "--data", photos]
    given = ["--given", "1", "--given-origin", "drawn at random"]
    code, text = netrazor("certify", *source, "--recipe", "as-is", *given, "--out", tmp_path / "run")
    assert code == 0, text
    assert parse((tmp_path / "run" / CERTIFICATE).read_text()).prior.given_arrays is not None
    words = asked_for(text)
    code, text = netrazor(*words)
    assert code == 0
    assert "trusted: The given arrays, whose digest and origin are recorded, were fixed without" in text
    assert "trusted: Their origin, as issued: 'drawn at random'." in text
    assert netrazor(*words[: words.index("--given")])[0] == 1, "the network as it is built has other weights"
    predict = ["predict", tmp_path / "run", photos / "eel" / "0.png"]
    code, text = netrazor(*predict)
    assert (code, "the given weights needed" in text) == (2, True), text
    code, text = netrazor(*predict, "--given", tmp_path / "mine.safetensors")
    assert (code, "eel/0.png: " in text) == (0, True), text
    code, more = netrazor(*predict, "--model", f"{mine}:build", "--given", tmp_path / "mine.safetensors")
    assert (code, more) == (0, text)
    code, text = netrazor(*predict, "--model", f"{mine}:build")
    assert (code, "given" in text) == (2, True), "of other weights"
    code, text = netrazor("certify", *source, *given[:2], "--out", tmp_path / "other")
    assert (code, "--given-origin" in text) == (2, True)
    code, text = netrazor("certify", *source, *given, "--kind", "picked", "--out", tmp_path / "other")
    assert (code, "kind" in text) == (2, True)


def test_a_recipe_with_rules(photos: Path, mine: Path, tmp_path: Path) -> None:
    (tmp_path / "short.yaml").write_text(SHORT)
    source = ["--model", f"{mine}:build", "--data", photos, "--config", tmp_path / "short.yaml"]
    code, text = netrazor("certify", *source, "--size", 4, "--out", tmp_path / "run")
    assert code == 0, text
    configuration = parse((tmp_path / "run" / CERTIFICATE).read_text()).provenance.configuration
    assert (configuration["name"], configuration["train"]["steps"]) == ("short", 2)
    assert netrazor(*asked_for(text))[0] == 0


def test_an_architecture_by_its_name(photos: Path, tmp_path: Path) -> None:
    source = ["--model", "resnet-20", "--data", photos, "--size", 8, "--recipe", "as-is"]
    code, text = netrazor("certify", *source, "--out", tmp_path / "run")
    assert code == 0, text
    assert netrazor(*asked_for(text))[0] == 0


@pytest.mark.slow
def test_the_whole_of_mobilenet_imagenet_on_a_small_folder(photos: Path, tmp_path: Path) -> None:
    (tmp_path / "noise.yaml").write_text("base: mobilenet-scratch\nnoise: {slack: 0.3}\n")
    options = ["--config", tmp_path / "noise.yaml", "--scale", 1e-5, "--size", 32, "--data", photos]
    code, text = netrazor("certify", "mobilenet-imagenet", *options, "--out", tmp_path / "run")
    assert code == 0, text
    assert netrazor(*asked_for(text))[0] == 0
    first, fifth = tmp_path / "run", tmp_path / "run" / "top-2"
    certificate = parse((first / CERTIFICATE).read_text())
    assert set(certificate.considered) == {"occam", "perturbation"}
    assert (first / MESSAGE).exists()
    assert not fifth.exists(), "three classes have no top five"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["lenet5-mnist", "--model", "m.py:build"], "one of a named experiment and --model allowed"),
        (
            ["--model", "{mine}:build"],
            "a known name, a folder of images or shards, a CSV file or file.py:function needed",
        ),
        (["--model", "{mine}:make", "--data", "{photos}"], "has no 'make'; it has nn, build"),
        (["--model", "{mine}:build", "--data", "{photos}", "--recipe", "a", "--config", "b"], "got both"),
        (
            ["--model", "{mine}:build", "--data", "nowhere"],
            "or a folder of .tar shards allowed, got 'nowhere'",
        ),
        (["--model", "{mine}:build", "--data", "{photos}", "--recipe", "mobilenet"], "fits no parameter"),
        (
            ["--model", "{mine}:build", "--data", "{photos}", "--count-on", "nothing"],
            "--count-on: auto, cpu,",
        ),
        (["squeezenet-occam"], "`netrazor paper` has the figures that follow from published sizes"),
    ],
)
def test_wrong_use_is_named(words: list[str], message: str, photos: Path, mine: Path, tmp_path: Path) -> None:
    words = [word.format(mine=mine, photos=photos) for word in words]
    code, text = netrazor("certify", *words, "--out", tmp_path / "run")
    assert code == 2
    assert message in text


def test_weights_of_another_network(photos: Path, mine: Path, tmp_path: Path) -> None:
    torch.save(MLP((4, 3)).state_dict(), tmp_path / "other.pt")
    source = ["--model", f"{mine}:build", "--weights", tmp_path / "other.pt", "--data", photos]
    code, text = netrazor("certify", *source, "--recipe", "as-is", "--out", tmp_path / "run")
    assert code == 2
    assert "of another architecture" in text


def test_a_teacher_from_the_line_to_its_bound(photos: Path, mine: Path, tmp_path: Path) -> None:
    layers = "nn.Flatten(), nn.Linear(48, 50), nn.ReLU(), nn.Linear(50, 3)"
    large = f"\n\ndef large():\n    return nn.Sequential({layers})\n"
    mine.write_text(MINE + large)
    torch.manual_seed(3)
    weights = {"1.weight": torch.randn(50, 48), "1.bias": torch.zeros(50), "3.bias": torch.ones(3)}
    save_file({**weights, "3.weight": torch.randn(3, 50)}, tmp_path / "large.safetensors")
    (tmp_path / "short.yaml").write_text(f"{SHORT}distill: {{temperature: 3}}\n")
    words = ["--model", f"{mine}:build", "--data", photos, "--size", 4, "--out", tmp_path / "run"]
    words += ["--config", tmp_path / "short.yaml"]
    teacher = ["--teacher", f"{mine}:large", "--teacher-weights", tmp_path / "large.safetensors"]
    code, text = netrazor("certify", *words, *teacher)
    assert code == 0, text
    configuration = parse((tmp_path / "run" / CERTIFICATE).read_text()).provenance.configuration
    assert configuration["distill"] == {"temperature": 3.0, "weight": 0.5}
    assert netrazor(*asked_for(text))[0] == 0
    (line,) = [line for line in text.splitlines() if line.startswith("bound the teacher")]
    told = shlex.split(line.split("with: netrazor ")[1])
    (tmp_path / "more.py").write_text("import torch\n\n\ndef rows():\n    return torch.rand(40, 3, 4, 4)\n")
    told[told.index("INPUTS")] = f"{tmp_path / 'more.py'}:rows"
    code, text = netrazor(*told)
    assert (code, "of 40 inputs are not answered alike" in text) == (0, True), text


def test_what_is_no_teacher_on_the_line(photos: Path, mine: Path, tmp_path: Path) -> None:
    words = ["certify", "--model", f"{mine}:build", "--data", photos, "--size", 4, "--out", tmp_path / "none"]
    for more, said in (
        (["--recipe", "distill"], "--teacher: a trained network needed for the recipe 'distill'"),
        (["--teacher", f"{mine}:build"], "load its trained weights (--teacher-weights), and call"),
        (["--teacher-weights", mine], "--teacher-weights: a network that they are for needed"),
        (["--teacher", f"{mine}:build", "--kind", "hold-out"], "--teacher: allowed for the kind message"),
        (["--teacher", f"{mine}:none"], "has no 'none'"),
        (["--teacher", "lenet5"], "in training mode"),
    ):
        code, text = netrazor(*words, *more)
        assert (code, said in text) == (2, True), text


@pytest.mark.parametrize("command", ["certify", "verify", "extend"])
def test_a_table_has_no_size(command: str, tmp_path: Path) -> None:
    words = [tmp_path] if command != "certify" else ["--out", tmp_path / "run"]
    more = ["--unlabelled", tmp_path, "--out", tmp_path / "more"] if command == "extend" else []
    code, text = netrazor(
        command, *words, *more, "--model", "lenet5", "--data", tmp_path / "t.csv", "--size", 8
    )
    assert (code, "--size: allowed where the data is a folder of images" in text) == (2, True), text
