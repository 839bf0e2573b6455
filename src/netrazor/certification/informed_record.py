"""The record of another kind of claim: part of the examples shaped the prior, the rest bound the error."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from netrazor.certification.ledger import Bits, ChargedLedger
from netrazor.certification.record import (
    ArchitectureRecord,
    Count,
    DatasetRecord,
    Digest,
    EvaluationRecord,
    Probability,
    Provenance,
    Risk,
)

INFORMED_FORMAT: Literal["netrazor-informed-certificate-1"] = "netrazor-informed-certificate-1"

INFORMED_ASSUMPTIONS = (
    "The training examples are independent draws from one distribution, and new examples come from it too.",
    "The loss is 0-1: an answer is right or wrong; ties and answers that are not numbers are wrong.",
    "The prior was made from the examples at even places alone (0, 2, 4, ...): nothing about it, how long it was "
    "trained included, was chosen by those at odd places.",
    "The n examples counted are all those at odd places, as they are.",
    "The classifier is the network decoded from the prior and the message, as the runtime named under "
    "`evaluation` executes it.",
    "Decoder, split and step were fixed without the examples at odd places; all that was learnt from them is in "
    "the message.",
)


class InformedCertificate(BaseModel):
    """A claim with a data-dependent prior, and beside it the plain hold-out bound of the same split.

    Attributes:
        claim: the claim in one sentence.
        hold_out_claim: what the examples at odd places say, by themselves, of the prior's own network.
        risk_bound: the certified upper bound, for the network decoded from prior and message.
        hold_out_bound: of the prior's own network; holds by itself at the same delta.
        errors: of the decoded network on the ``n`` examples at odd places.
        hold_out_errors: of the prior's own network on them.
        prior_examples: those at even places.
        effective_bits: charged bits of the message.
        seal: SHA-256 of all the rest in canonical form.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    format: Literal["netrazor-informed-certificate-1"] = INFORMED_FORMAT
    kind: Literal["data-dependent prior"] = "data-dependent prior"
    claim: str
    hold_out_claim: str
    risk_bound: Risk
    hold_out_bound: Risk
    errors: Count
    hold_out_errors: Count
    n: Annotated[int, Field(ge=1, le=2**53)]
    prior_examples: Count
    effective_bits: Bits
    message_bytes: Annotated[int, Field(ge=1)]
    message_sha256: Digest
    prior_bytes: Annotated[int, Field(ge=1)]
    prior_sha256: Digest
    delta: Probability
    dataset: DatasetRecord
    architecture: ArchitectureRecord
    evaluation: EvaluationRecord
    ledger: ChargedLedger
    assumptions: tuple[str, ...] = INFORMED_ASSUMPTIONS
    provenance: Provenance
    seal: str = ""
