"""Counting errors of a network over a data set: the empirical risk that a certificate stands on."""

from netrazor.counting.error_count import (
    BATCH_SIZE,
    ErrorCount,
    count_errors,
    in_order,
    labels_in_order,
    part_of,
    scores_of,
    wrong,
)
from netrazor.counting.majority import majority_errors

__all__ = [
    "BATCH_SIZE",
    "ErrorCount",
    "count_errors",
    "in_order",
    "labels_in_order",
    "majority_errors",
    "part_of",
    "scores_of",
    "wrong",
]
