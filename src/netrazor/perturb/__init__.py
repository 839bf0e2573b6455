"""Noise on the weights: how much the network bears, what it saves, and its risk from independent draws."""

from netrazor.perturb.draws import draw_seed, draws_needed, error_rates, largest_divisor, mean_and_variance
from netrazor.perturb.search import NoiseConfig, NoiseSearch, Trial, search_noise

__all__ = [
    "NoiseConfig",
    "NoiseSearch",
    "Trial",
    "draw_seed",
    "draws_needed",
    "error_rates",
    "largest_divisor",
    "mean_and_variance",
    "search_noise",
]
