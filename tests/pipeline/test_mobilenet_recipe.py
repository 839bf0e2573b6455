"""Appendix A.2 as a recipe: targets, schedule, bits and noise by layer."""

import pytest

from netrazor.compress import GradualPruning
from netrazor.networks import build
from netrazor.pipeline.rules import rules_for
from netrazor.reproduction.record_recipes import MOBILENET


def test_the_recipe_is_that_of_the_appendix() -> None:
    model = build("mobilenet-0.5")
    recipe = MOBILENET
    rules = rules_for(recipe.rules, model)
    schedule = recipe.prune[0].masked(model, rules).schedule
    assert isinstance(schedule, GradualPruning)
    assert (schedule.start, schedule.end, schedule.stop) == (0, 200_000, 300_000)
    pointwise = {f"blocks.{block}.1.0.weight" for block in range(13)}
    assert set(schedule.targets) == pointwise | {"fc.weight"}
    assert schedule.targets["fc.weight"] == pytest.approx(0.75)
    assert schedule.targets["blocks.12.1.0.weight"] == pytest.approx(0.65 + 0.1 * 262_144 / 512_000)
    assert rules.bits() == {"fc.weight": 5}
    assert {f"blocks.{block}.0.0.weight" for block in range(13)} <= rules.without_zero()
    assert set(rules.noise()) == pointwise | {"fc.weight"}
    assert rules.noise()["fc.weight"] == (0.02,)
    assert rules.noise()["blocks.12.1.0.weight"] == pytest.approx((0.01 * 262_144 / 512_000,))
