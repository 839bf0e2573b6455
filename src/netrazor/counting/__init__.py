"""Counting errors of a network over a data set: the empirical risk that a certificate stands on."""

from netrazor.counting.claim_count import count_claims, fits_classes
from netrazor.counting.claim_totals import ClaimCount
from netrazor.counting.error_count import ErrorCount, count_errors
from netrazor.counting.group_columns import GroupColumn, read_column
from netrazor.counting.independence import asked_for, check_independence, check_scores
from netrazor.counting.majority import majority_errors
from netrazor.counting.reading_order import (
    BATCH_SIZE,
    LARGEST_BATCH,
    counting_order,
    in_counting_order,
    in_order,
    labels_in_order,
    part_of,
    shuffled_order,
)
from netrazor.counting.scoring import outputs_of, scores_of, wrong
from netrazor.counting.target_count import check_fit_of_targets, count_risk

__all__ = [
    "BATCH_SIZE",
    "LARGEST_BATCH",
    "ClaimCount",
    "ErrorCount",
    "GroupColumn",
    "asked_for",
    "check_fit_of_targets",
    "check_independence",
    "check_scores",
    "count_claims",
    "count_errors",
    "count_risk",
    "counting_order",
    "fits_classes",
    "in_counting_order",
    "in_order",
    "labels_in_order",
    "majority_errors",
    "outputs_of",
    "part_of",
    "read_column",
    "scores_of",
    "shuffled_order",
    "wrong",
]
