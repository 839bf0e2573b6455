"""Noise on the weights: how much a network bears, what it saves, and its risk from independent draws."""

from netrazor.perturb.draw_plan import DrawPlan, draw_seed, draws_needed, largest_divisor, mean_and_variance
from netrazor.perturb.draws import draw_error_rates
from netrazor.perturb.noise_search import NoiseConfig, NoiseSearch, search_noise

__all__ = [
    "DrawPlan",
    "NoiseConfig",
    "NoiseSearch",
    "draw_error_rates",
    "draw_seed",
    "draws_needed",
    "largest_divisor",
    "mean_and_variance",
    "search_noise",
]
