"""What the command line says: its own options' names, names from files as they are, and every choice there is."""

from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from command_line import netrazor
from netrazor.cli import app
from netrazor.cli.certify_help import RECIPE_TITLES
from netrazor.cli.console import open_console, visible
from netrazor.cli.wording import in_options, options_of
from netrazor.reproduction.experiments import EXPERIMENTS
from netrazor.reproduction.record_recipes import ALL_RECIPES

COMMANDS = [name for name in app if not name.startswith("-")]


@pytest.mark.parametrize(
    ("command", "sentence", "said"),
    [
        ("verify", "model: needed; pass model=", "--model: needed; pass --model"),
        ("verify", "model: needed; pass model= with one", "--model: needed; pass --model with one"),
        ("certify", "certify again with seed=1; or not", "certify again with --seed 1; or not"),
        ("verify", "pass recount=True, or none", "pass --recount, or none"),
        ("certify", "data_directory: none; give one", "--data-directory: none; give one"),
        ("certify", "dataset: at least 8 needed", "--data: at least 8 needed"),
        ("certify", "count_on: cpu allowed", "--count-on: cpu allowed"),
        ("certify", "batch_size: 3; pass limits=Limits(3)", "batch_size: 3; pass limits=Limits(3)"),
        ("certify", "the model: x, my_seed= and seed", "the model: x, my_seed= and seed"),
        ("inspect", "model: unknown", "model: unknown"),
    ],
)
def test_arguments_become_the_options_of_the_command(command: str, sentence: str, said: str) -> None:
    assert in_options(sentence, app[command]) == said


def test_an_error_of_a_function_is_told_in_options() -> None:
    code, text = netrazor("certify", "squeezenet-occam", "--out", "run")
    assert code == 2
    assert text.startswith("error: --data: ")
    code, text = netrazor("bound", "--n", "100", "--errors", "1", "--kib", "1", "--delta", "7")
    assert code == 2
    assert text.startswith("error: --delta: ")


def test_data_means_one_thing() -> None:
    """A training set by name or folder; where data sets are kept is another option."""
    options = {name: set(options_of(app[name]).values()) for name in COMMANDS}
    assert {name for name in COMMANDS if "--data" in options[name]} == {
        "certify",
        "evidence",
        "export",
        "extend",
        "verify",
        "report",
    }
    assert {name for name in COMMANDS if "--data-directory" in options[name]} == {
        "certify",
        "export",
        "extend",
        "verify",
        "compare",
        "randomize",
        "report",
    }


def test_certify_lists_every_experiment_and_recipe_with_a_line() -> None:
    code, text = netrazor("certify", "--help", columns=100)
    assert code == 0
    experiments, recipes = text.partition("Experiments:")[2].split("Recipes:")
    assert set(RECIPE_TITLES) == set(ALL_RECIPES)
    told = " ".join(recipes.split())
    assert all(f"{name} {title}" in told for name, title in RECIPE_TITLES.items())
    told = " ".join(experiments.split())
    assert all(f"{experiment.name} {experiment.title}" in told for experiment in EXPERIMENTS.values())


@pytest.mark.parametrize("name", ["[/bold]", "[red]x", ":smile:", "\x1b[2J", "a\rb", "\u202etxt"])
def test_names_are_printed_as_they_are(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    open_console().print(name)
    shown = capsys.readouterr().out.rstrip("\n")
    assert shown == visible(name)
    assert shown.isprintable()
    assert name in (visible(name), shown.encode().decode("unicode_escape"))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_takes_markup_for_a_name(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever it makes of it, it ends with an exit code and no traceback."""
    monkeypatch.chdir(tmp_path)
    code, text = netrazor(command, "[/bold]", "--out", "[/red].x")
    assert code in (1, 2)
    assert text.startswith("error: ")


def test_markup_in_the_name_of_an_array_and_of_a_file(tmp_path: Path) -> None:
    save_file({"[/bold]": np.float32([0.5]), "\x1b[2Jx": np.float32([1])}, tmp_path / "[x].safetensors")
    assert netrazor("encode", tmp_path / "[x].safetensors", "-o", tmp_path / "[i].nrz")[0] == 0
    code, text = netrazor("inspect", tmp_path / "[i].nrz")
    assert code == 0
    assert "[/bold]" in text
    assert "\x1b" not in text
    assert "[i].nrz: " in text
