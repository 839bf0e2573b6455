"""The message: the bytes that say what was learnt from the counted examples, and what they cost."""

from typing import Literal

from netrazor.certification.ledger import Bits, ChargedLedger
from netrazor.certification.record_fields import Count, Digest, Positive, Record

Form = Literal["arrays", "steps"]


class MessageRecord(Record):
    """The bytes that hold what was learnt, and what the bound pays for them.

    Attributes:
        form: "arrays": the network's arrays themselves; "steps": whole steps away from the given weights.
        effective_bits: the sum of the ledger's charged column.
    """

    form: Form
    sha256: Digest
    bytes: Positive
    effective_bits: Bits
    ledger: ChargedLedger


class PicksRecord(Record):
    """The positions of the picked examples: what a replay of the learner starts from.

    Attributes:
        picked: how many examples were picked.
        stop: the declared number of picks at which they were counted; fewer are picked where nothing was wrong.
    """

    form: Literal["positions"] = "positions"
    sha256: Digest
    bytes: Positive
    picked: Count
    stop: Count
