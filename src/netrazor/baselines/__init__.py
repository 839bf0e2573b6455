"""The earlier bounds of the paper's Table 1, and the usual yardsticks, each as a number for a network and data.

Each function states its claim; `Estimate` carries the value before clipping, what kind of number it is, what it
assumes and what it was computed from. Vacuous is an outcome, and no number at all is `Missing`.
"""

from netrazor.baselines.aro18 import noise_stability, noise_stability_floor
from netrazor.baselines.dr17 import DR17, optimize_posterior
from netrazor.baselines.dr17_bound import DR17Config
from netrazor.baselines.estimate import Estimate, Kind, Missing
from netrazor.baselines.margins import Scores, scores_on
from netrazor.baselines.nbs18 import spectral_margin, spectral_margin_floor
from netrazor.baselines.occam_initialization import occam_around
from netrazor.baselines.paper_bounds import occam_row, perturbation_row
from netrazor.baselines.parameter_counting import parameter_count, vc
from netrazor.baselines.test_set_bound import held_out, held_out_from
from netrazor.baselines.two_class import TwoScores, coin_flips, two_classes

__all__ = [
    "DR17",
    "DR17Config",
    "Estimate",
    "Kind",
    "Missing",
    "Scores",
    "TwoScores",
    "coin_flips",
    "held_out",
    "held_out_from",
    "noise_stability",
    "noise_stability_floor",
    "occam_around",
    "occam_row",
    "optimize_posterior",
    "parameter_count",
    "perturbation_row",
    "scores_on",
    "spectral_margin",
    "spectral_margin_floor",
    "two_classes",
    "vc",
]
