"""Recipes as YAML: the same dataclasses, and errors that say what is allowed."""

from dataclasses import replace
from pathlib import Path

import pytest

from netrazor.errors import ConfigurationError
from netrazor.pipeline import LayerRule, recipe_from_file, recipe_from_yaml, recipe_named
from netrazor.pipeline.stages import GradualStage, RateStage

WHOLE = """
name: mine
train: {steps: 10, optimizer: {kind: sgd, rate: 1e-2}}
prune:
  - {kind: gradual, sparsity: 0.9, smallest: 0.5, fit: {steps: 5}}
  - {kind: rate, share: 0.05, fit: {steps: 5}}
quantize: {fit: {steps: 3, freeze_norms: true}, codebook: {bits: 5}}
noise: null
rules:
  - {match: "fc.*", bits: 3, noise: [0.02]}
"""


def test_a_whole_recipe_is_read() -> None:
    recipe = recipe_from_yaml(WHOLE)
    assert recipe.train is not None
    assert recipe.train.optimizer.rate == 0.01
    assert isinstance(recipe.prune[0], GradualStage)
    assert isinstance(recipe.prune[1], RateStage)
    assert recipe.quantize is not None
    assert recipe.quantize.codebook.bits == 5
    assert recipe.noise is None
    assert recipe.rules == (LayerRule("fc.*", bits=3, noise=(0.02,)),)


def test_a_base_gives_what_is_not_written() -> None:
    quick = recipe_named("quick")
    assert quick.train is not None
    recipe = recipe_from_yaml("{base: quick, name: longer, train: {steps: 9999}, noise: null}")
    assert recipe == replace(quick, name="longer", noise=None, train=replace(quick.train, steps=9999))


def test_a_file_without_a_name_gives_it_its_own(tmp_path: Path) -> None:
    (tmp_path / "short.yaml").write_text("base: as-is\nname: short\n")
    assert recipe_from_file(tmp_path / "short.yaml").name == "short"
    (tmp_path / "plain.yaml").write_text("noise: null\n")
    assert recipe_from_file(tmp_path / "plain.yaml").name == "plain"


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("{nose: null}", r"nose: no such key; allowed are name, .*noise"),
        ("{train: {step: 3}}", "no such key; allowed are steps, batch_size, optimizer"),
        (
            "{prune: [{kind: gradual, sparsty: 0.5, fit: {steps: 1}}]}",
            "sparsty: no such key; allowed are fit, spar",
        ),
        ("{prune: [{kind: rat, fit: {steps: 1}}]}", "'surgery', 'gradual', 'rate'"),
        ("{prune: [{kind: rate, fit: {steps: 1}}]}", "exactly one of nonzeros, per_example and share"),
        ("{train: {steps: -3}}", r"train\.steps: .*greater than or equal to 0, got -3"),
        ("{base: quik}", "one of quick"),
        ("[1, 2]", "must be a mapping with keys name"),
        ("{a: [", "must be YAML"),
    ],
)
def test_what_is_wrong_is_named_with_what_is_allowed(text: str, match: str) -> None:
    with pytest.raises(ConfigurationError, match=match):
        recipe_from_yaml(text)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"nothing\.yaml: cannot be read"):
        recipe_from_file(tmp_path / "nothing.yaml")
