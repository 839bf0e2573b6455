"""Changes that keep a network's function: dead elements zero, constants folded, channels in order."""

from netrazor.simplify.batch_norms import find_batch_norms, fold_statistics
from netrazor.simplify.coding_order import CodingOrder, order_for_coding
from netrazor.simplify.norm_folding import fold_norms
from netrazor.simplify.shrinking import copy_for_training, expand_into, shrink
from netrazor.simplify.simplification import SimplifyReport, simplify

__all__ = [
    "CodingOrder",
    "SimplifyReport",
    "copy_for_training",
    "expand_into",
    "find_batch_norms",
    "fold_norms",
    "fold_statistics",
    "order_for_coding",
    "shrink",
    "simplify",
]
