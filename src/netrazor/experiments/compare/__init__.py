"""The paper's Table 1 as a computation: which bounds exist for a network, and which of them say anything."""

from netrazor.experiments.compare.comparison import Comparison, Line, Row, Setting
from netrazor.experiments.compare.imagenet import imagenet_rows
from netrazor.experiments.compare.run import compare_run, data_of
from netrazor.experiments.compare.table_1 import table_1

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
