"""Reports that people look at: one self-contained HTML file, from certificates, messages and result files only."""

from netrazor.report.comparison_file import ComparisonFile
from netrazor.report.page import Claim, Prose, Section, page
from netrazor.report.plot import Plot
from netrazor.report.reading import CertifiedRun, read
from netrazor.report.table import Table
from netrazor.report.writing import Report, compose, write_assets, write_report

__all__ = [
    "CertifiedRun",
    "Claim",
    "ComparisonFile",
    "Plot",
    "Prose",
    "Report",
    "Section",
    "Table",
    "compose",
    "page",
    "read",
    "write_assets",
    "write_report",
]
