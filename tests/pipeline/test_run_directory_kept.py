"""A directory of a run: finished runs are taken up or left alone, other files too, and refusals name what differs."""

from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

import netrazor
import tiny
from netrazor.certification.run_directory import CERTIFICATE, CHECKPOINT, GRAPH, MESSAGE, RESULT
from netrazor.errors import CheckpointMismatch, ConfigurationError
from netrazor.networks import coded_state
from netrazor.pipeline import RunConfiguration, run
from netrazor.runtime import Silent

SHORT = replace(tiny.NO_NOISE, train=None, quantize=None)
DATA = tiny.images(60)


class Trained(Silent):
    """Counts the steps of training; stops at one of them."""

    def __init__(self, stop_at: int = -1) -> None:
        self.steps, self.stop_at = 0, stop_at
        self.said: list[str] = []

    def say(self, line: str) -> None:
        self.said.append(line)

    def stage(self, name: str, steps: int, done: int = 0) -> object:
        def tick(_: int = 1) -> None:
            self.steps += 1
            if self.steps == self.stop_at:
                raise KeyboardInterrupt

        return nullcontext(tick)


def content(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir() if path.is_file()}


def other_loss(scores: Tensor, labels: Tensor) -> Tensor:
    return 2 * F.cross_entropy(scores, labels)


CHANGES: list[tuple[dict[str, object], str]] = [
    ({"seed": 1}, r"seed is 1, {} 0"),
    ({"delta": 0.01}, r"delta is 0.01, {} 0.05"),
    ({"recipe": replace(SHORT, simplify=False)}, r"recipe.simplify is False, {} True"),
    (
        {"recipe": replace(SHORT, prune=(replace(SHORT.prune[0], nonzeros=50),))},
        r"recipe.prune.0.nonzeros is 50, {} 60",
    ),
    ({"loss": other_loss}, r"loss is other_loss \w+, {} cross_entropy"),
    ({"training": tiny.images(70)}, r"training is \w+\.\.\., {} None"),
    ({"tops": (1, 2)}, r"tops is 1, 2, {} 1"),
]


@pytest.mark.parametrize(("change", "difference"), CHANGES)
def test_a_finished_run_of_other_settings_is_left_alone(
    tmp_path: Path, change: dict[str, object], difference: str
) -> None:
    run(tiny.small(), DATA, RunConfiguration(recipe=SHORT, out=tmp_path))
    before = content(tmp_path)
    configuration = replace(RunConfiguration(recipe=SHORT, out=tmp_path), **change)
    with pytest.raises(ConfigurationError, match=difference.format("the finished run's")) as caught:
        run(tiny.small(), DATA, configuration)
    assert "overwrite=True" in str(caught.value)
    assert content(tmp_path) == before


@pytest.mark.parametrize(("change", "difference"), CHANGES)
def test_a_checkpoint_of_other_settings_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: dict[str, object], difference: str
) -> None:
    monkeypatch.setattr("netrazor.train.checkpoint.Checkpoint.due", lambda self: True)
    configuration = RunConfiguration(recipe=SHORT, out=tmp_path)
    with pytest.raises(KeyboardInterrupt):
        run(tiny.small(), DATA, replace(configuration, reporter=Trained(5)))
    before = content(tmp_path)
    with pytest.raises(CheckpointMismatch, match=difference.format("the checkpoint's")):
        run(tiny.small(), DATA, replace(configuration, **change))
    assert content(tmp_path) == before


@pytest.mark.parametrize(
    ("weights", "data", "difference"),
    [(5, DATA, "network.weights"), (0, tiny.images(60, seed=1), "dataset")],
)
def test_other_weights_and_other_examples_are_other_runs(
    tmp_path: Path, weights: int, data: object, difference: str
) -> None:
    configuration = RunConfiguration(recipe=SHORT, out=tmp_path)
    run(tiny.small(), DATA, configuration)
    with pytest.raises(ConfigurationError, match=rf"{difference} is \w+\.\.\., the finished run's \w+\.\.\."):
        run(tiny.small(weights), data, configuration)  # type: ignore[arg-type]


def test_the_same_settings_end_at_once(tmp_path: Path) -> None:
    configuration = RunConfiguration(recipe=SHORT, out=tmp_path)
    first = run(tiny.small(), DATA, configuration)
    before, listener, model = content(tmp_path), Trained(), tiny.small()
    again = run(model, DATA, replace(configuration, reporter=listener))
    assert listener.steps == 0
    assert any("finished run of these settings" in line for line in listener.said)
    assert again.issued.certificate.seal == first.issued.certificate.seal
    assert again.issued.blob == first.issued.blob
    assert again.result == first.result
    for state in (coded_state(model), coded_state(again.issued.decoded)):
        expected = coded_state(first.issued.decoded)
        assert all((state[name] == array).all() for name, array in expected.items())
    assert content(tmp_path) == before


def test_certify_gives_the_certificate_of_a_finished_run(tmp_path: Path) -> None:
    first = netrazor.certify(tiny.small(), DATA, recipe=SHORT, out=tmp_path)
    assert netrazor.certify(tiny.small(), DATA, recipe=SHORT, out=tmp_path).seal == first.seal
    other = netrazor.certify(tiny.small(), DATA, recipe=SHORT, out=tmp_path, delta=0.01, overwrite=True)
    assert other.delta == 0.01


def test_a_run_in_progress_replaces_the_old_one_only_when_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netrazor.train.checkpoint.Checkpoint.due", lambda self: True)
    configuration = RunConfiguration(recipe=SHORT, out=tmp_path)
    run(tiny.small(), DATA, configuration)
    before = content(tmp_path)
    other = replace(configuration, seed=1, overwrite=True)
    with pytest.raises(KeyboardInterrupt):
        run(tiny.small(), DATA, replace(other, reporter=Trained(5)))
    assert content(tmp_path).items() >= before.items()
    listener = Trained()
    done = run(tiny.small(), DATA, replace(other, reporter=listener))
    assert listener.steps < SHORT.prune[0].fit.steps  # those that are left, and the count
    assert content(tmp_path)[MESSAGE] == done.issued.blob
    assert CHECKPOINT not in content(tmp_path)


def test_overwrite_starts_anew_where_the_checkpoint_is_of_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("netrazor.train.checkpoint.Checkpoint.due", lambda self: True)
    configuration = RunConfiguration(recipe=SHORT, out=tmp_path)
    with pytest.raises(KeyboardInterrupt):
        run(tiny.small(), DATA, replace(configuration, seed=1, reporter=Trained(5)))
    done = run(tiny.small(), DATA, replace(configuration, overwrite=True))
    assert done.issued.blob == run(tiny.small(), DATA, RunConfiguration(recipe=SHORT)).issued.blob


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_directory_with_files_of_others_is_not_touched(tmp_path: Path, overwrite: bool) -> None:
    (tmp_path / "thesis.tex").write_text("chapter one")
    model = tiny.small()
    weights = model.fc1.weight.clone()
    with pytest.raises(ConfigurationError, match=r"files that are of no run \(thesis\.tex\)"):
        run(model, DATA, RunConfiguration(recipe=SHORT, out=tmp_path, overwrite=overwrite))
    assert content(tmp_path) == {"thesis.tex": b"chapter one"}
    assert torch.equal(model.fc1.weight, weights)


def test_hidden_files_are_nobodys(tmp_path: Path) -> None:
    (tmp_path / ".keep").write_text("")
    run(tiny.small(), DATA, RunConfiguration(recipe=SHORT, out=tmp_path))
    assert set(content(tmp_path)) - {".lock"} == {".keep", MESSAGE, GRAPH, CERTIFICATE, RESULT}


def _without_result(place: Path) -> None:
    (place / RESULT).unlink()


def _without_settings(place: Path) -> None:
    text = (place / RESULT).read_text()
    (place / RESULT).write_text(text[: text.index(',\n  "settings"')] + "\n}\n")


def _other_result(place: Path) -> None:
    (place / RESULT).write_text("[1, 2]")


def _other_message(place: Path) -> None:
    (place / MESSAGE).write_bytes((place / MESSAGE).read_bytes()[:-1] + b"\0")


@pytest.mark.parametrize(
    ("damage", "match"),
    [
        (_without_result, "a certificate without result.json"),
        (_without_settings, "a finished run of an earlier version"),
        (_other_result, "must be the result of a run, got something else"),
        (_other_message, "has another message than its certificate"),
    ],
)
def test_a_finished_run_that_cannot_be_trusted_is_not_taken_up(
    tmp_path: Path, damage: Callable[[Path], None], match: str
) -> None:
    configuration = RunConfiguration(recipe=SHORT, out=tmp_path)
    run(tiny.small(), DATA, configuration)
    damage(tmp_path)
    with pytest.raises(ConfigurationError, match=match):
        run(tiny.small(), DATA, configuration)
    run(tiny.small(), DATA, replace(configuration, overwrite=True))
    assert run(tiny.small(), DATA, configuration).issued.certificate.n == len(DATA)
