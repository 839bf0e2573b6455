"""The sample: which training examples, how many, and how many of them were spent on the prior."""

from typing import Literal

from netrazor.certification.record_fields import Count, Digest, Positive, Record

Spending = Literal["none", "even positions", "hashed positions"]


class SampleRecord(Record):
    """The training examples: a name for people, a fingerprint of their content for everybody else.

    Attributes:
        n: number of examples, spent ones included.
        spent: how many of them shaped the prior; they are not counted.
        spending: by which declared order of positions these are the first (see `spending_order`).
        duplicates: examples whose input equals an earlier one's.
        majority_errors: errors, on the counted examples, of always answering their most frequent label.
    """

    name: str
    split: str
    fingerprint: Digest
    classes: Positive
    n: Positive
    spent: Count = 0
    spending: Spending = "none"
    duplicates: Count
    majority_errors: Count

    @property
    def counted(self) -> int:
        """Number of examples on which errors are counted."""
        return self.n - self.spent
