"""The only place that knows the order of the stages: train, prune, quantize, encode, decode, bound."""

from netrazor.pipeline.certify import Run, certify, run
from netrazor.pipeline.recipes import RECIPES, Recipe, recipe_named, recipe_scaled
from netrazor.pipeline.result import Layer, Result

__all__ = ["RECIPES", "Layer", "Recipe", "Result", "Run", "certify", "recipe_named", "recipe_scaled", "run"]
