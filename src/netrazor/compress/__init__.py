"""Making networks short: pruning with masks, quantization, integer weights, search on the bound."""

from netrazor.compress.constant_classifier import make_constant
from netrazor.compress.descent import DescentReport, descend
from netrazor.compress.gradual_pruning import GradualPruning
from netrazor.compress.grids import quantize_remaining
from netrazor.compress.integer_weights import IntegerConfig, IntegerWeights
from netrazor.compress.last_layer_search import DescentConfig
from netrazor.compress.live_channels import FindsLive, LiveChannels
from netrazor.compress.masked_weights import MaskedWeights, PruningSchedule
from netrazor.compress.network_surgery import DynamicNetworkSurgery, PiecewiseConstant
from netrazor.compress.post_training import PostTrainingConfig, compress_without_training
from netrazor.compress.quantization import CodebookConfig, QuantizedWeights
from netrazor.compress.rate_pruning import RatePruning
from netrazor.compress.search_objective import SearchContext
from netrazor.compress.small_search import SmallSearchConfig, search_small
from netrazor.compress.whole_descent import WholeDescentConfig, descend_everywhere

__all__ = [
    "CodebookConfig",
    "DescentConfig",
    "DescentReport",
    "DynamicNetworkSurgery",
    "FindsLive",
    "GradualPruning",
    "IntegerConfig",
    "IntegerWeights",
    "LiveChannels",
    "MaskedWeights",
    "PiecewiseConstant",
    "PostTrainingConfig",
    "PruningSchedule",
    "QuantizedWeights",
    "RatePruning",
    "SearchContext",
    "SmallSearchConfig",
    "WholeDescentConfig",
    "compress_without_training",
    "descend",
    "descend_everywhere",
    "make_constant",
    "quantize_remaining",
    "search_small",
]
