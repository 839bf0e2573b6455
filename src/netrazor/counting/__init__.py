"""Counting errors of a network over a data set: the empirical risk that a certificate stands on."""

from netrazor.counting.error_count import (
    BATCH_SIZE,
    ErrorCount,
    count_errors,
    in_order,
    part_of,
    scores_of,
    wrong,
)

__all__ = ["BATCH_SIZE", "ErrorCount", "count_errors", "in_order", "part_of", "scores_of", "wrong"]
