"""Noise on the weights: how much the network bears, what it saves, and its risk from independent draws."""

from netrazor.perturb.draws import draws_needed, error_rates, largest_divisor
from netrazor.perturb.search import NoiseConfig, NoiseSearch, search_noise

__all__ = ["NoiseConfig", "NoiseSearch", "draws_needed", "error_rates", "largest_divisor", "search_noise"]
