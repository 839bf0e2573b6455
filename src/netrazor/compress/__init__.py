"""Cutting a network down: pruning under masks, codebooks, dead units."""

from netrazor.compress.gradual import GradualPruning
from netrazor.compress.masked import MaskedWeights, PruningSchedule
from netrazor.compress.quantize import CodebookConfig, QuantizedWeights
from netrazor.compress.rate import RatePruning
from netrazor.compress.shrink import expand_into, shrunk
from netrazor.compress.simplify import SimplifyReport, simplify
from netrazor.compress.surgery import DynamicNetworkSurgery, Pieces

__all__ = [
    "CodebookConfig",
    "DynamicNetworkSurgery",
    "GradualPruning",
    "MaskedWeights",
    "Pieces",
    "PruningSchedule",
    "QuantizedWeights",
    "RatePruning",
    "SimplifyReport",
    "expand_into",
    "shrunk",
    "simplify",
]
