"""Bounds on the error of a classifier on new examples. Numbers in, numbers out; no torch.

Every function states a claim that holds with its stated probability, and returns a value on the safe side of
the exact one: upper bounds are rounded up, lower bounds down. Plain numbers give a float, arrays (broadcast
together) an array.
"""

from netrazor.bounds.bounded_loss import bounded_loss
from netrazor.bounds.catoni import ALPHA, ALPHAS, catoni, catoni_at, catoni_over_alpha
from netrazor.bounds.comparison import Line, side_by_side
from netrazor.bounds.divergence import kl_inverse
from netrazor.bounds.means import empirical_bernstein, kl_chernoff, mean_upper
from netrazor.bounds.memorization import memorization_floor, memorized_bits, test_error_allowed
from netrazor.bounds.occam import clopper_pearson, occam
from netrazor.bounds.outcome import Outcome, outcome
from netrazor.bounds.perturbation import (
    LambdaChoice,
    NoisyLayer,
    choose_lambda,
    layer_perturbation_kl,
    perturbation_kl,
)
from netrazor.bounds.preferent import preferent_compression
from netrazor.bounds.seeger import dr17, maurer, mcallester

__all__ = [
    "ALPHA",
    "ALPHAS",
    "LambdaChoice",
    "Line",
    "NoisyLayer",
    "Outcome",
    "bounded_loss",
    "catoni",
    "catoni_at",
    "catoni_over_alpha",
    "choose_lambda",
    "clopper_pearson",
    "dr17",
    "empirical_bernstein",
    "kl_chernoff",
    "kl_inverse",
    "layer_perturbation_kl",
    "maurer",
    "mcallester",
    "mean_upper",
    "memorization_floor",
    "memorized_bits",
    "occam",
    "outcome",
    "perturbation_kl",
    "preferent_compression",
    "side_by_side",
    "test_error_allowed",
]
