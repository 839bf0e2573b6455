"""The only place that knows the order of the stages: train, prune, quantize, encode, decode, bound."""

from netrazor.certification.run_result import Layer, Result
from netrazor.pipeline.certified_run import Run, certify, run
from netrazor.pipeline.own_network import RunInputs, certify_own, own_network, own_shape
from netrazor.pipeline.recipe import Recipe, recipe_scaled
from netrazor.pipeline.recipe_files import recipe_from_file, recipe_from_yaml
from netrazor.pipeline.recipes import RECIPES, catalogue_of, recipe_named
from netrazor.pipeline.rules import LayerRule
from netrazor.pipeline.run_configuration import RunConfiguration
from netrazor.pipeline.spent_examples import (
    SpentTerms,
    certify_from_given,
    certify_hold_out,
    split_spent,
)
from netrazor.pipeline.stages import (
    GradualStage,
    IntegerStage,
    PolishStage,
    QuantizeStage,
    RateStage,
    SurgeryStage,
)

__all__ = [
    "RECIPES",
    "GradualStage",
    "IntegerStage",
    "Layer",
    "LayerRule",
    "PolishStage",
    "QuantizeStage",
    "RateStage",
    "Recipe",
    "Result",
    "Run",
    "RunConfiguration",
    "RunInputs",
    "SpentTerms",
    "SurgeryStage",
    "catalogue_of",
    "certify",
    "certify_from_given",
    "certify_hold_out",
    "certify_own",
    "own_network",
    "own_shape",
    "recipe_from_file",
    "recipe_from_yaml",
    "recipe_named",
    "recipe_scaled",
    "run",
    "split_spent",
]
