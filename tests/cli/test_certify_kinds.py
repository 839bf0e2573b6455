"""`netrazor certify --kind`: each kind alone, all from one delta, and what is refused."""

import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from command_line import netrazor
from netrazor.certification import parse, read_run
from netrazor.certification.delta_shares import equal_share
from netrazor.certification.run_directory import CERTIFICATE, GIVEN, PICKS

MINE = """
from torch import nn


def build():
    model = nn.Sequential(nn.Flatten(), nn.Linear(48, 3))
    model.input_shape = (3, 4, 4)
    return model
"""


@pytest.fixture(autouse=True)
def _no_long_search_for_the_shortest_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netrazor.coding.message_writer._SMALL", 0)
    monkeypatch.setattr("netrazor.coding.message_writer._LARGE_BUDGET", 2**12)


@pytest.fixture
def source(tmp_path: Path) -> list[object]:
    """A network of one's own, and three classes of pictures that it tells apart."""
    rng = np.random.default_rng(0)
    for label, name in enumerate(("cat", "dog", "eel")):
        (tmp_path / "photos" / name).mkdir(parents=True)
        for number in range(20):
            pixels = (60 * rng.random((4, 4, 3)) + 60 * label).astype(np.uint8)
            Image.fromarray(pixels).save(tmp_path / "photos" / name / f"{number}.png")
    (tmp_path / "mine.py").write_text(MINE)
    return ["--model", f"{tmp_path / 'mine.py'}:build", "--data", tmp_path / "photos"]


def commands(text: str) -> list[list[str]]:
    """The words of each command that a run says it can be checked with."""
    told = "check it with: netrazor "
    return [shlex.split(line.split(told)[1]) for line in text.splitlines() if told in line]


@pytest.mark.parametrize("kind", ["picked", "hold-out"])
def test_one_kind_for_a_network_of_ones_own(kind: str, source: list[object], tmp_path: Path) -> None:
    out = tmp_path / "run"
    code, text = netrazor("certify", *source, "--kind", kind, "--seed", 3, "--out", out)
    assert code == 0, text
    c = read_run(out).certificate
    assert (c.method, c.delta, c.provenance.seed) == (kind, 0.05, 3)
    assert c.provenance.configuration["kind"] == kind
    assert (out / (PICKS if kind == "picked" else GIVEN)).exists()
    assert "To compare:" in text
    (words,) = commands(text)
    code, text = netrazor(*words)
    assert (code, "VALID" in text) == (0, True), text
    if kind == "picked":
        code, text = netrazor(*words, "--fast")
        assert (code, "CONSISTENT" in text) == (3, True), text
        code, text = netrazor("inspect", out)
        assert code == 0
        assert "declared stops" in text
        assert c.claim in text


def test_all_kinds_share_delta_and_hold_together(source: list[object], tmp_path: Path) -> None:
    out = tmp_path / "run"
    words = ["certify", *source, "--kind", "all", "--recipe", "as-is", "--out", out]
    code, text = netrazor(*words)
    assert code == 0, text
    found = {
        kind: parse((out / kind / CERTIFICATE).read_text()) for kind in ("message", "picked", "hold-out")
    }
    assert all(c.delta == equal_share(0.05, 3) for c in found.values())
    assert 3 * equal_share(0.05, 3) <= 0.05
    best = min(found, key=lambda kind: found[kind].risk_bound)
    assert f"Tightest: {best}, " in text
    assert "all hold together with probability at least 95 %" in text
    assert all(netrazor(*checked)[0] == 0 for checked in commands(text))
    sealed = {kind: c.seal for kind, c in found.items()}
    assert netrazor(*words)[0] == 0, "finished runs of the same settings are taken as they are"
    assert {kind: parse((out / kind / CERTIFICATE).read_text()).seal for kind in sealed} == sealed
    code, text = netrazor(*words, "--seed", 1)
    assert code == 2
    assert "of other settings" in text


@pytest.mark.parametrize("kind", ["picked", "hold-out"])
def test_a_finished_run_of_other_settings_is_left_alone(
    kind: str, source: list[object], tmp_path: Path
) -> None:
    words = ["certify", *source, "--kind", kind, "--out", tmp_path / "run"]
    assert netrazor(*words)[0] == 0
    before = (tmp_path / "run" / CERTIFICATE).read_bytes()
    code, text = netrazor(*words, "--delta", 0.01)
    assert (code, "pass --overwrite" in text) == (2, True), text
    assert (tmp_path / "run" / CERTIFICATE).read_bytes() == before
    assert netrazor(*words, "--delta", 0.01, "--overwrite")[0] == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["mobilenet-imagenet", "--kind", "picked"], "needs a folder of images"),
        (
            ["lenet5-mnist", "--kind", "picked", "--data", "{photos}"],
            "picked needs a data set with a declared",
        ),
        (["lenet5-mnist", "--kind", "all", "--weights", "w.pt"], "allowed for --kind message only"),
        (["lenet5-mnist", "--kind", "hold-out", "--weights", "w.pt"], "allowed for --kind message only"),
        (["lenet5-mnist", "--kind", "best"], "best"),
        (["--model", "{mine}:build", "--kind", "picked"], "a known name, a folder"),
    ],
)
def test_wrong_use_is_named(words: list[str], said: str, source: list[object], tmp_path: Path) -> None:
    words = [word.format(photos=tmp_path / "photos", mine=tmp_path / "mine.py") for word in words]
    code, text = netrazor("certify", *words, "--out", tmp_path / "run")
    assert code == 2
    assert said in text
    assert not (tmp_path / "run").exists()
