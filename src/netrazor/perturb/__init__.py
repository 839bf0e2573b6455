"""Noise on the weights: how much a network bears, what it saves, and its risk from independent draws."""

from netrazor.perturb.draws import draw_seed, draws_needed, error_rates, largest_divisor, mean_and_variance
from netrazor.perturb.search import NoiseConfig, NoiseSearch, search_noise

__all__ = [
    "DrawPlan",
    "NoiseConfig",
    "NoiseSearch",
    "draw_seed",
    "draws_needed",
    "largest_divisor",
    "mean_and_variance",
    "search_noise",
]
