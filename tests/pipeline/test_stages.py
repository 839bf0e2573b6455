"""The order of the stages, their seeds, and what is simplified: said by the recipe and the stages alone."""

from dataclasses import fields, replace
from itertools import product

import pytest
import torch
from torch import nn

import tiny
from netrazor.compress import DescentConfig, PostTrainingConfig
from netrazor.networks import coded_state
from netrazor.pipeline import Recipe, RunConfiguration, recipe_named, recipe_scaled, run
from netrazor.pipeline.order import stage_seed, stages_of
from netrazor.pipeline.stages import (
    GradualStage,
    IntegerStage,
    PolishStage,
    QuantizeStage,
    RateStage,
    Simplification,
    SurgeryStage,
)
from netrazor.train import FitConfig, OptimizerConfig

FIT = FitConfig(100, 50, OptimizerConfig(decay="inverse", decay_every=40))
EVERYTHING = Recipe(
    "everything",
    train=FIT,
    prune=(SurgeryStage(FIT, (0.0,), (1.0,)), GradualStage(FIT, 0.5), RateStage(FIT, share=0.5)),
    integers=IntegerStage(FIT),
    quantize=QuantizeStage(FIT),
    post_training=PostTrainingConfig(),
    descend=DescentConfig(rounds=3),
    polish=PolishStage(FIT),
)


def test_the_order_of_all_stages() -> None:
    assert list(stages_of(EVERYTHING)) == [
        "train",
        "prune 1",
        "prune 2",
        "prune 3",
        "integers",
        "quantize",
        "prune, quantize",
        "descend",
        "polish",
    ]


def test_one_stage_of_pruning_has_no_number() -> None:
    assert list(stages_of(replace(EVERYTHING, prune=EVERYTHING.prune[:1])))[1] == "prune"


def test_a_recipe_without_stages_has_none() -> None:
    assert list(stages_of(recipe_named("as-is"))) == ["simplify"]
    assert stages_of(recipe_named("exact")) == {}
    assert stages_of(recipe_named("noise-only")) == {}


def test_simplifying_is_a_stage_only_where_no_other_stage_is_followed_by_it() -> None:
    assert list(stages_of(Recipe("plain"))) == ["simplify"]
    assert list(stages_of(Recipe("trained", train=FIT))) == ["train", "simplify"]
    assert list(stages_of(Recipe("search", descend=DescentConfig()))) == ["simplify", "descend"]
    assert list(stages_of(Recipe("cut", post_training=PostTrainingConfig()))) == ["prune, quantize"]


def test_polish_descends_as_the_recipe_does_unless_it_says_otherwise() -> None:
    (polish,) = (stage for name, stage in stages_of(EVERYTHING).items() if name == "polish")
    assert isinstance(polish, PolishStage)
    assert polish.descend == EVERYTHING.descend
    own = replace(EVERYTHING, polish=PolishStage(FIT, descend=DescentConfig(rounds=1)))
    assert stages_of(own)["polish"] == own.polish


def test_no_two_stages_of_any_two_runs_share_a_seed() -> None:
    stages = list(stages_of(EVERYTHING).values())
    seeds = [stage_seed(run_seed, *placed) for run_seed, placed in product(range(50), enumerate(stages))]
    assert len(set(seeds)) == len(seeds)
    cycles = {stage_seed(0, 8, stages[8]) + cycle for cycle in range(51)}
    assert not cycles & {seed for seed in seeds if seed != stage_seed(0, 8, stages[8])}


def test_values_that_are_quantized_get_no_new_ones_by_folding() -> None:
    followed_by = {name: stage.simplification for name, stage in stages_of(EVERYTHING).items()}
    assert followed_by["quantize"] is followed_by["prune, quantize"] is Simplification.ORDER
    assert followed_by["prune 1"] is followed_by["integers"] is Simplification.FULL
    assert followed_by["train"] is followed_by["descend"] is followed_by["polish"] is Simplification.NONE


def _fits(value: object) -> list[FitConfig]:
    if isinstance(value, FitConfig):
        return [value]
    if isinstance(value, tuple):
        return [fit for one in value for fit in _fits(one)]
    parts = fields(value) if hasattr(value, "__dataclass_fields__") else ()  # type: ignore[arg-type]
    return [fit for field in parts for fit in _fits(getattr(value, field.name))]


def test_scaling_shortens_every_fit_and_nothing_else() -> None:
    shorter = recipe_scaled(EVERYTHING, 0.25)
    fits = _fits(shorter)
    assert len(fits) == 7
    assert {(fit.steps, fit.optimizer.decay_every) for fit in fits} == {(25, 10)}
    assert recipe_scaled(shorter, 4) == EVERYTHING
    assert recipe_scaled(EVERYTHING, 1e-9).polish.fit.steps == 1


def _with_dead_units() -> nn.Module:
    """A hidden unit that nothing reads, one that is constant, and the others in no order."""
    torch.manual_seed(3)
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 6), nn.ReLU(), nn.Linear(6, tiny.CLASSES))
    with torch.no_grad():
        model[3].weight[:, 2] = 0
        model[1].weight[4] = 0
        model[1].bias[4] = 1.5
    return model


def test_a_network_as_it_is_loses_what_its_function_does_not_need_and_an_exact_one_nothing() -> None:
    model = _with_dead_units()
    before = coded_state(model)
    kept = run(model, tiny.images(), RunConfiguration(recipe="exact"))
    assert all((coded_state(kept.issued.decoded)[name] == array).all() for name, array in before.items())
    shorter = run(_with_dead_units(), tiny.images(), RunConfiguration(recipe="as-is"))
    assert shorter.issued.certificate.message_bytes < kept.issued.certificate.message_bytes
    assert shorter.issued.certificate.errors == kept.issued.certificate.errors
    assert "simplify" in shorter.result.seconds
    first = coded_state(shorter.issued.decoded)["1.weight"]
    assert not first[-2:].any(), "dead and constant units come last, empty"


@pytest.mark.parametrize("scale", [0.0, -1.0, float("nan")])
def test_a_scale_that_is_none(scale: float) -> None:
    from netrazor.errors import ConfigurationError

    with pytest.raises(ConfigurationError, match="scale: a number above 0 allowed"):
        recipe_scaled(EVERYTHING, scale)
