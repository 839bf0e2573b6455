"""Cutting a network down: pruning under masks, codebooks, dead units."""

from netrazor.compress.descent import DescentConfig, DescentReport, descend
from netrazor.compress.gradual import GradualPruning
from netrazor.compress.grids import snap_rest
from netrazor.compress.integers import IntegerConfig, IntegerWeights
from netrazor.compress.masked import MaskedWeights, PruningSchedule
from netrazor.compress.norms import batch_norms, fold_statistics
from netrazor.compress.posttraining import PostTrainingConfig, cut_without_training
from netrazor.compress.quantize import CodebookConfig, QuantizedWeights
from netrazor.compress.rate import RatePruning
from netrazor.compress.shrink import expand_into, shrunk, training_copy
from netrazor.compress.simplify import SimplifyReport, simplify
from netrazor.compress.surgery import DynamicNetworkSurgery, Pieces

__all__ = [
    "CodebookConfig",
    "DescentConfig",
    "DescentReport",
    "DynamicNetworkSurgery",
    "GradualPruning",
    "IntegerConfig",
    "IntegerWeights",
    "MaskedWeights",
    "Pieces",
    "PostTrainingConfig",
    "PruningSchedule",
    "QuantizedWeights",
    "RatePruning",
    "SimplifyReport",
    "batch_norms",
    "cut_without_training",
    "descend",
    "expand_into",
    "fold_statistics",
    "shrunk",
    "simplify",
    "snap_rest",
    "training_copy",
]
