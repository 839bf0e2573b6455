"""Cutting a network down: pruning under masks, quantization, whole numbers, search on the bound."""

from netrazor.compress.descent import DescentConfig, DescentReport, descend
from netrazor.compress.gradual_pruning import GradualPruning
from netrazor.compress.grids import snap_rest
from netrazor.compress.masked_weights import MaskedWeights, PruningSchedule
from netrazor.compress.network_surgery import DynamicNetworkSurgery, Pieces
from netrazor.compress.post_training import PostTrainingConfig, cut_without_training
from netrazor.compress.quantization import CodebookConfig, QuantizedWeights
from netrazor.compress.rate_pruning import RatePruning
from netrazor.compress.whole_numbers import IntegerConfig, IntegerWeights

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
    "cut_without_training",
    "descend",
    "snap_rest",
]
