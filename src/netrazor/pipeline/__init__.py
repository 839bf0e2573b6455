"""The only place that knows the order of the stages: train, prune, quantize, encode, decode, bound."""

from netrazor.certification.run_result import Layer, Result
from netrazor.pipeline.certified_run import Run, run
from netrazor.pipeline.certify_learners import certify_hold_out, certify_picked
from netrazor.pipeline.certify_network import certify
from netrazor.pipeline.learner_certificate import LearnerTerms
from netrazor.pipeline.learner_hold_out import run_learner_hold_out
from netrazor.pipeline.own_network import RunInputs, certify_own, own_network, own_shape
from netrazor.pipeline.picked_run import PickedRun, run_picked
from netrazor.pipeline.recipe import Recipe, recipe_scaled
from netrazor.pipeline.recipe_files import recipe_from_file, recipe_from_yaml
from netrazor.pipeline.recipes import RECIPES, catalogue_of, recipe_named
from netrazor.pipeline.rules import LayerRule
from netrazor.pipeline.run_configuration import RunConfiguration
from netrazor.pipeline.spent_examples import run_from_given, run_hold_out
from netrazor.pipeline.spent_run import SpentRun, SpentTerms
from netrazor.pipeline.spent_split import split_spent
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
    "LearnerTerms",
    "PickedRun",
    "PolishStage",
    "QuantizeStage",
    "RateStage",
    "Recipe",
    "Result",
    "Run",
    "RunConfiguration",
    "RunInputs",
    "SpentRun",
    "SpentTerms",
    "SurgeryStage",
    "catalogue_of",
    "certify",
    "certify_hold_out",
    "certify_own",
    "certify_picked",
    "own_network",
    "own_shape",
    "recipe_from_file",
    "recipe_from_yaml",
    "recipe_named",
    "recipe_scaled",
    "run",
    "run_from_given",
    "run_hold_out",
    "run_learner_hold_out",
    "run_picked",
    "split_spent",
]
