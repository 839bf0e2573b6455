"""The one record of every kind of certificate: sample, prior, message, claims, and what they rest on.

sample    the training examples: which, how many, how many of them were spent on the prior
prior     all that was fixed before the counted examples were seen: architecture, given weights
message   the bytes that say what was learnt from the counted examples, and what they cost
claims    which loss, on how many examples, at which share of delta, bounded by what
certificate = sample + prior + message + claims, with the assumptions and a seal
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from netrazor.certification.ledger import Bits, ChargedLedger
from netrazor.errors import CertificateError

FORMAT: Literal["netrazor-certificate-2"] = "netrazor-certificate-2"

Method = Literal["occam", "perturbation", "picked", "hold-out"]
Spending = Literal["none", "even positions", "hashed positions"]
Form = Literal["arrays", "steps"]

LARGEST_COUNT = 2**53
LARGEST_BATCH = 2**20

Probability = Annotated[float, Field(gt=0, lt=1)]
Risk = Annotated[float, Field(ge=0, le=1)]
Digest = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Count = Annotated[int, Field(ge=0, le=LARGEST_COUNT)]
Positive = Annotated[int, Field(ge=1, le=LARGEST_COUNT)]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class SampleRecord(_Record):
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


class ArchitectureRecord(_Record):
    """Which network: its name and index in the declared list (0: the user's own), and a digest of its source."""

    name: str
    index: Count
    source_sha256: Digest


class GivenRecord(_Record):
    """Weights that were fixed before the counted examples were seen, in a file of the run's directory.

    Attributes:
        sha256: of the file.
        bytes: its length.
        origin: what they were made from, in words.
        errors: on the counted examples, of the given network by itself; None where it is no classifier by itself.
    """

    sha256: Digest
    bytes: Positive
    origin: Annotated[str, Field(min_length=1, max_length=10_000)]
    errors: Count | None = None


class LearnerRecord(_Record):
    """The rule that learns picked examples, and all that was declared of a run of picking beforehand.

    Attributes:
        name: of a declared learner, or of the user's own class.
        sha256: of its source and settings.
        exact: whether its arithmetic is the same on every machine, so that a replay must give the same picks.
        candidates: how many declared learners were tried, of which the best is claimed.
        stops: numbers of picks at which errors are counted; each, of each learner, has an equal share of delta.
        configuration: the other declared numbers.
    """

    name: str
    sha256: Digest
    exact: bool
    candidates: Annotated[int, Field(ge=1, le=10_000)] = 1
    stops: Annotated[tuple[Count, ...], Field(min_length=1, max_length=10_000)]
    configuration: dict[str, Any]


class PriorRecord(_Record):
    """What was fixed before the counted examples were seen: a network's architecture, or a learner."""

    architecture: ArchitectureRecord | None = None
    given: GivenRecord | None = None
    learner: LearnerRecord | None = None


class MessageRecord(_Record):
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


class PicksRecord(_Record):
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


class EvaluationRecord(_Record):
    """How the errors were counted."""

    batch_size: Annotated[int, Field(ge=1, le=LARGEST_BATCH)]
    precision: Literal["float32"] = "float32"
    runtime: str


class NoiseRecord(_Record):
    """The draws of noise, made after sigma and lambda were frozen, on which noisy risks are estimated.

    Attributes:
        draws: number of independent draws, each with the same number of examples.
        examples_per_draw: examples that share one draw.
        estimator: the confidence bound used, the same for all certificates.
        seed: of the draws, for repetition; verification draws its own.
    """

    draws: Annotated[int, Field(ge=2, le=LARGEST_COUNT)]
    examples_per_draw: Positive
    estimator: Literal["empirical-bernstein"] = "empirical-bernstein"
    seed: int


class NoisyRisk(_Record):
    """One claim's risk under noise: mean and sample variance over the draws, and the upper confidence bound."""

    mean: Risk
    variance: Annotated[float, Field(ge=0, le=1)]
    upper: Risk


class ClaimRecord(_Record):
    """One statement about the error on new examples.

    Attributes:
        sentence: the statement.
        bound: the certified upper bound on the expected loss of a new example.
        top: an answer is right if the label is among so many best scores.
        n: number of counted examples.
        errors: wrong answers of the classifier without noise on them; for "picked", on those that were not picked.
        noisy: its risk with noise, where there is noise.
        delta_parts: this claim's share of delta, by what it is spent on.
    """

    sentence: str
    bound: Risk
    loss: Literal["0-1"] = "0-1"
    top: Annotated[int, Field(ge=1, le=2**31)] = 1
    n: Positive
    errors: Count
    noisy: NoisyRisk | None = None
    delta_parts: dict[str, Probability]

    @property
    def empirical_risk(self) -> float:
        """The risk on the sample that enters the bound: counted, or the upper confidence bound of the noisy risk."""
        return self.errors / self.n if self.noisy is None else self.noisy.upper


class Provenance(_Record):
    """What made it: for people who want to make it again. Nothing of the claims depends on it."""

    netrazor: str
    seed: int
    configuration: dict[str, Any]


class Certificate(_Record):
    """Claims and all that they follow from.

    Attributes:
        method: "occam": the rebuilt network as it is, Theorem 4.1 with the exact binomial tail; "perturbation": with
            noise on its weights, Theorem 5.1; "picked": what a learner makes of the examples that it picked, by
            preferent compression; "hold-out": the given network on examples that had no part in it.
        considered: the methods among which the tightest was chosen; each has its share of delta.
        claims: they hold together at ``delta``; the first is the headline.
        delta: failure probability of the certificate.
        message: None for "hold-out", where nothing was learnt from the counted examples.
        seal: SHA-256 of all the rest in canonical form.
    """

    format: Literal["netrazor-certificate-2"] = FORMAT
    method: Method
    considered: tuple[Method, ...]
    claims: Annotated[tuple[ClaimRecord, ...], Field(min_length=1, max_length=1000)]
    delta: Probability
    sample: SampleRecord
    prior: PriorRecord
    message: MessageRecord | PicksRecord | None = Field(discriminator="form")
    noise: NoiseRecord | None = None
    evaluation: EvaluationRecord
    assumptions: tuple[str, ...] = ()
    provenance: Provenance
    seal: str = ""

    @property
    def claim(self) -> str:
        """The headline claim in one sentence."""
        return self.claims[0].sentence

    @property
    def risk_bound(self) -> float:
        """The bound of the headline claim."""
        return self.claims[0].bound

    @property
    def empirical_risk(self) -> float:
        """The risk on the sample that the headline claim rests on."""
        return self.claims[0].empirical_risk

    @property
    def errors(self) -> int:
        """Errors counted for the headline claim, without noise."""
        return self.claims[0].errors

    @property
    def n(self) -> int:
        """Number of counted examples."""
        return self.claims[0].n

    @property
    def predictor(self) -> str:
        """The name of what was certified: of an architecture or of a learner."""
        prior = self.prior
        return prior.learner.name if prior.learner is not None else self.architecture.name

    @property
    def architecture(self) -> ArchitectureRecord:
        """The network's architecture.

        Raises:
            CertificateError: there is none; a certificate of picked examples has a learner.
        """
        if self.prior.architecture is None:
            raise CertificateError(
                f"prior.architecture: a certificate of a network needed, got one of method {self.method!r}; call "
                "netrazor.verify, which replays the learner"
            )
        return self.prior.architecture

    @property
    def effective_bits(self) -> float:
        """Charged bits of the message; 0 where no arrays were sent."""
        return self.message.effective_bits if isinstance(self.message, MessageRecord) else 0.0

    @property
    def message_bytes(self) -> int:
        """Length of the message; 0 where nothing was sent."""
        return 0 if self.message is None else self.message.bytes

    @property
    def ledger(self) -> ChargedLedger:
        """The account of the message's bits; empty where no arrays were sent."""
        return self.message.ledger if isinstance(self.message, MessageRecord) else ChargedLedger(lines=())
