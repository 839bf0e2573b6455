"""The record of a claim: every number that it follows from, and every assumption that it makes."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from netrazor.certification.ledger import Bits, ChargedLedger

FORMAT: Literal["netrazor-certificate-1"] = "netrazor-certificate-1"

ASSUMPTIONS = (
    "The training examples are independent draws from one distribution, and new examples come from it too.",
    "The loss is 0-1: an answer is right or wrong; ties and answers that are not numbers are wrong.",
    "The classifier is the network decoded from the message, with its noise if any, as the runtime named "
    "under `evaluation` executes it.",
    "The n examples counted are all of the training set, as they are: no augmentation, none left out.",
    "Architecture, decoder, lists and constants were fixed without these examples; what was chosen from a "
    "list after seeing them is an index in the message.",
    "All that was learnt from the examples is in the message: the module's source, whose digest is recorded, "
    "holds no number that was.",
)

Probability = Annotated[float, Field(gt=0, lt=1)]
Risk = Annotated[float, Field(ge=0, le=1)]
Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Count = Annotated[int, Field(ge=0, le=2**53)]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class DatasetRecord(_Record):
    """Which examples: a name for people, a fingerprint of their content for everybody else."""

    name: str
    split: str
    fingerprint: Digest
    classes: Annotated[int, Field(ge=1)]


class ArchitectureRecord(_Record):
    """Which network: its place in the declared list (0: the user's own), and a digest of its source."""

    name: str
    index: Annotated[int, Field(ge=0)]
    source_sha256: Digest


class EvaluationRecord(_Record):
    """How the errors were counted."""

    batch_size: Annotated[int, Field(ge=1, le=2**31)]
    precision: Literal["float32"] = "float32"
    top: Annotated[int, Field(ge=1, le=2**31)] = 1
    runtime: str


class NoiseRecord(_Record):
    """The estimate of the noisy network's empirical risk, on draws made after sigma and lambda were frozen.

    Attributes:
        draws: number of independent draws of the noise, each with the same number of examples.
        examples_per_draw: examples that share one draw.
        mean: mean error rate over the draws.
        variance: sample variance of the error rates.
        estimator: the confidence bound used, chosen before the draws.
        risk_upper: its value, at the budget's part "noisy risk".
        seed: of the draws, for repetition; verification draws its own.
    """

    draws: Annotated[int, Field(ge=2, le=2**53)]
    examples_per_draw: Annotated[int, Field(ge=1, le=2**53)]
    mean: Risk
    variance: Annotated[float, Field(ge=0)]
    estimator: Literal["empirical-bernstein", "kl-chernoff"]
    risk_upper: Risk
    seed: int


class Provenance(_Record):
    """What made it: for people who want to make it again. Nothing of the claim depends on it."""

    netrazor: str
    seed: int
    configuration: dict[str, Any]


class Certificate(_Record):
    """A claim and all that it follows from.

    Attributes:
        claim: the claim in one sentence.
        method: "occam": the decoded network as it is, Theorem 4.1 with the exact binomial tail;
            "perturbation": the decoded network with noise on its weights, Theorem 5.1.
        considered: the methods among which the tightest was chosen; each has its parts of delta.
        risk_bound: the certified upper bound on the error on new examples.
        empirical_risk: error rate on the n examples that enters the bound: counted, or, of the noisy network,
            its upper confidence bound.
        errors: errors of the decoded network without noise on the n examples.
        effective_bits: charged bits, the sum of the ledger's column.
        message_bytes: length of the file.
        n: number of examples.
        delta: failure probability of the whole certificate.
        delta_parts: what it is spent on, by name.
        seal: SHA-256 of all the rest in canonical form.
    """

    format: Literal["netrazor-certificate-1"] = FORMAT
    claim: str
    method: Literal["occam", "perturbation"]
    considered: tuple[Literal["occam", "perturbation"], ...]
    risk_bound: Risk
    empirical_risk: Risk
    errors: Count
    effective_bits: Bits
    message_bytes: Annotated[int, Field(ge=1)]
    message_sha256: Digest
    n: Annotated[int, Field(ge=1, le=2**53)]
    delta: Probability
    delta_parts: dict[str, Probability]
    dataset: DatasetRecord
    architecture: ArchitectureRecord
    evaluation: EvaluationRecord
    noise: NoiseRecord | None
    ledger: ChargedLedger
    assumptions: tuple[str, ...] = ASSUMPTIONS
    provenance: Provenance
    seal: str = ""
