"""Certified networks in the formats of others, and how far their answers are still the certified ones."""

from netrazor.export.comparing import ExportComparison, compare_answers
from netrazor.export.formats import FORMATS, Format, export_network

__all__ = ["FORMATS", "ExportComparison", "Format", "compare_answers", "export_network"]
