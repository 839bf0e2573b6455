"""Changes that keep a network's function: dead units removed, constants folded, units put in canonical order."""

from netrazor.simplify.batch_norms import batch_norms, fold_statistics
from netrazor.simplify.shrinking import expand_into, shrunk, training_copy
from netrazor.simplify.simplification import SimplifyReport, simplify

__all__ = [
    "SimplifyReport",
    "batch_norms",
    "expand_into",
    "fold_statistics",
    "shrunk",
    "simplify",
    "training_copy",
]
