"""Counting errors of a network over a data set: the empirical risk that a certificate stands on."""

from netrazor.counting.claim_count import ClaimCount, count_claims, fits_classes
from netrazor.counting.error_count import ErrorCount, count_errors
from netrazor.counting.group_columns import GroupColumn, read_column
from netrazor.counting.independence import check_independence, check_scores
from netrazor.counting.majority import majority_errors
from netrazor.counting.reading_order import (
    BATCH_SIZE,
    LARGEST_BATCH,
    counting_order,
    in_counting_order,
    in_order,
    labels_in_order,
    part_of,
)
from netrazor.counting.scoring import scores_of, wrong

__all__ = [
    "BATCH_SIZE",
    "LARGEST_BATCH",
    "ClaimCount",
    "ErrorCount",
    "GroupColumn",
    "check_independence",
    "check_scores",
    "count_claims",
    "count_errors",
    "counting_order",
    "fits_classes",
    "in_counting_order",
    "in_order",
    "labels_in_order",
    "majority_errors",
    "part_of",
    "read_column",
    "scores_of",
    "wrong",
]
