"""netrazor: short networks, proven."""

__version__ = "0.1.0"
