"""The paper's Table 1 as a computation: which bounds exist for a network, and which of them say anything."""

from netrazor.reproduction.compare.comparison_record import Comparison, Line, Row, Setting
from netrazor.reproduction.compare.imagenet import imagenet_rows
from netrazor.reproduction.compare.paper_table_1 import table_1
from netrazor.reproduction.compare.run_comparison import compare_run, data_of

__all__ = [
    "Comparison",
    "Line",
    "Row",
    "Setting",
    "compare_run",
    "data_of",
    "imagenet_rows",
    "table_1",
]
