"""The record networks (whole-number layers behind fixed features), and the network of the studies of Section 8."""

from netrazor.reproduction.record_networks.integer_chain import IntegerChain
from netrazor.reproduction.record_networks.integer_overlap import IntegerOverlap
from netrazor.reproduction.record_networks.integer_views import IntegerViews
from netrazor.reproduction.record_networks.normed_mlp import NormedMLP

__all__ = ["IntegerChain", "IntegerOverlap", "IntegerViews", "NormedMLP"]
