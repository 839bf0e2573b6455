"""What a run is told: checked when it is said; recipes by name from the catalogue at hand; progress where wanted."""

import io
import sys
from pathlib import Path

import pytest
import torch
from torch import nn

import netrazor
import tiny
from netrazor.certification.run_result import Result, read_result
from netrazor.errors import ConfigurationError, InvalidArgument
from netrazor.pipeline import (
    RECIPES,
    RunConfiguration,
    RunInputs,
    certify_own,
    own_network,
    own_shape,
    recipe_from_file,
    recipe_named,
)
from netrazor.pipeline.run_configuration import reporter_for
from netrazor.progress_bars import Bars
from netrazor.reproduction.certified_experiments import certify_experiment, recipe_of
from netrazor.reproduction.experiments import Experiment
from netrazor.reproduction.record_recipes import ALL_RECIPES, PAPER
from netrazor.runtime import SILENT


@pytest.mark.parametrize("tops", [(), (1, 1), (0,), (5, -1)])
def test_claims_that_are_none(tops: tuple[int, ...]) -> None:
    with pytest.raises(InvalidArgument, match="tops: different whole numbers from 1 on"):
        RunConfiguration(tops=tops)


def test_recipes_of_the_product_and_of_the_records_are_apart() -> None:
    plain = {"as-is", "exact", "post-training", "noise-only", "polish"}
    assert set(RECIPES) == {"quick", "distill", "tight", "small", *plain}
    with pytest.raises(
        ConfigurationError, match=r"one of quick, .* or a Recipe itself, allowed, got 'paper'"
    ):
        RunConfiguration(recipe="paper")
    assert RunConfiguration(recipe=PAPER).chosen_recipe is PAPER
    assert recipe_named("paper", ALL_RECIPES) is PAPER
    assert set(RECIPES) < set(ALL_RECIPES)


def test_a_file_may_build_on_any_recipe_of_its_catalogue(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("{base: paper, noise: null}")
    assert recipe_from_file(tmp_path / "mine.yaml", catalogue=ALL_RECIPES).train == PAPER.train
    with pytest.raises(ConfigurationError, match="one of quick"):
        recipe_from_file(tmp_path / "mine.yaml")
    assert recipe_of(tmp_path / "mine.yaml", scale=0.1).train.steps == PAPER.train.steps // 10
    assert recipe_of("mobilenet").train is not None
    assert recipe_of("mobilenet", pretrained=True).train is None


class Terminal(io.StringIO):
    """Standard error as a terminal shows it."""

    def isatty(self) -> bool:
        return True


def test_progress_shows_on_a_terminal_unless_said_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    assert reporter_for(False) is SILENT
    assert isinstance(reporter_for(True), Bars)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    assert reporter_for(None) is SILENT
    monkeypatch.setattr(sys, "stderr", Terminal())
    assert isinstance(reporter_for(None), Bars)


def test_certify_shows_its_progress_on_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    netrazor.certify(tiny.small(), tiny.images(40), recipe="as-is", progress=True)
    shown = capfd.readouterr()
    assert "40/40" in shown.err or "errors" in shown.err
    assert shown.out == ""
    netrazor.certify(tiny.small(), tiny.images(40), recipe="as-is")
    assert capfd.readouterr().err == ""


def test_a_result_survives_its_file(tmp_path: Path) -> None:
    result = tiny.occam_run().result
    (tmp_path / "result.json").write_text(result.to_json())
    assert read_result(tmp_path / "result.json") == result
    assert isinstance(result, Result)


@pytest.mark.parametrize("content", [b"", b"[]", b'{"layers": []}', b"[" * 10**5, b"\xff"])
def test_a_file_that_is_no_result(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "result.json").write_bytes(content)
    with pytest.raises(ConfigurationError, match="must be the result of a run"):
        read_result(tmp_path / "result.json")


def test_own_networks_need_data() -> None:
    with pytest.raises(ConfigurationError, match="data: a known name, a folder of images"):
        certify_own("lenet5", RunInputs(), RunConfiguration())
    with pytest.raises(ConfigurationError, match="data: elsewhere needs a folder"):
        certify_experiment(
            Experiment("elsewhere", "LeNet-5 on a folder", "lenet5", None), RunInputs(), RunConfiguration()
        )


def test_a_declared_architecture_gets_the_classes_of_the_data() -> None:
    assert own_network("lenet5", classes=3)(torch.zeros(1, 1, 28, 28)).shape == (1, 3)


def test_the_shape_of_a_folders_images() -> None:
    network = nn.Linear(1, 1)
    assert own_shape(None, None) is own_shape(network, None) is None
    assert own_shape(network, 8) == (3, 8, 8)
    network.input_shape = [1, 28, 28]  # type: ignore[assignment]
    assert own_shape(network, None) == (1, 28, 28)
    network.input_shape = "28"  # type: ignore[assignment]
    with pytest.raises(
        ConfigurationError, match=r"input_shape: \(channels, height, width\) allowed, got '28'"
    ):
        own_shape(network, None)
