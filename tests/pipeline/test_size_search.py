"""The bound decides how many weights are kept; where nothing can be said, a constant classifier is certified."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import netrazor
import tiny
from netrazor.data import table_of
from netrazor.pipeline import Recipe, recipe_named
from netrazor.pipeline.recipe import SizeSearch
from netrazor.pipeline.size_search import Size, recipe_sized, search_size
from netrazor.pipeline.stages import GradualStage, IntegerStage, RateStage, RunContext
from netrazor.reproduction.certified_experiments import recipe_of
from netrazor.train import FitConfig

SIZED = replace(tiny.NO_NOISE, sizes=SizeSearch(factors=(0.05, 1.0, 3.0), bits=(1,), trial=0.5))


def test_sizes_multiply_what_is_kept() -> None:
    fit = FitConfig(1)
    recipe = Recipe(
        "all",
        prune=(
            RateStage(fit, nonzeros=10),
            RateStage(fit, per_example=0.5),
            RateStage(fit, share=0.8),
            GradualStage(fit, sparsity=0.9),
        ),
        integers=IntegerStage(fit),
        quantize=tiny.NO_NOISE.quantize,
        sizes=SizeSearch(),
    )
    sized = recipe_sized(recipe, Size(2.0, 1))
    rates = sized.prune
    assert (rates[0].nonzeros, rates[1].per_example, rates[2].share) == (20, 1.0, 1.0)
    assert rates[3].sparsity == pytest.approx(0.8)
    assert sized.integers.weights.target_bits == 2 * recipe.integers.weights.target_bits
    assert (sized.quantize.codebook.bits, sized.quantize.codebook.vector_bits) == (1, 1)
    assert sized.sizes is None
    assert recipe_sized(recipe, Size()) == replace(recipe, sizes=None)


def test_trials_leave_the_network_as_it_is() -> None:
    model = tiny.small()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    context = RunContext(model, tiny.images(), tiny.images())
    size = search_size(SIZED, context, 1)
    assert size.factor in (0.05, 1.0, 3.0)
    assert all(torch.equal(before[name], tensor) for name, tensor in model.state_dict().items())
    assert search_size(SIZED, context, 1) == size  # trials are the same each time


def test_a_run_with_sizes_verifies(tmp_path: Path) -> None:
    fit = FitConfig(80, 50, tiny.FAST)
    longer = replace(SIZED, train=fit, prune=(RateStage(fit, nonzeros=60, every=3),))
    certificate = netrazor.certify(tiny.small(), tiny.images(3000), recipe=longer, out=tmp_path)
    assert certificate.risk_bound < 0.6  # guessing: 0.75
    assert "classifier" not in certificate.provenance.configuration
    assert netrazor.verify(tmp_path, tiny.images(3000), tiny.small()).status == "VALID"


def test_nothing_to_learn_is_a_constant_classifier(tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    noise = table_of(random.normal(size=(100, 3)).astype(np.float32), random.random(100) < 0.3)
    for recipe in (
        SIZED,
        replace(recipe_named("small"), small=replace(recipe_named("small").small, kicks=3, polish=5)),
    ):
        torch.manual_seed(0)
        model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
        certificate = netrazor.certify(model, noise, recipe=recipe)
        assert certificate.provenance.configuration["classifier"] == "constant"
        assert certificate.errors == certificate.sample.majority_errors


def test_the_named_experiments_have_their_sizes() -> None:
    assert recipe_of("quick").sizes is None
    assert recipe_of("quick", own=True).sizes is not None
    assert replace(recipe_of("quick", own=True), sizes=None) == recipe_of("quick")
    assert recipe_of("tight-lenet5").sizes is None
