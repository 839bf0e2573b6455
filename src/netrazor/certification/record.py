"""The one record of every kind of certificate: sample, prior, message, claims, and what they rest on.

sample    the training examples: which, how many, how many of them were spent on the prior
prior     all that was fixed before the counted examples were seen: architecture, given weights
message   the bytes that say what was learnt from the counted examples, and what they cost
claims    which loss, on how many examples, at which share of delta, bounded by what
certificate = sample + prior + message + claims, with the assumptions and a seal
"""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import FailFast, Field

from netrazor.certification.claim_record import ClaimRecord, NoiseRecord
from netrazor.certification.claim_terms import Task
from netrazor.certification.ledger import ChargedLedger
from netrazor.certification.message_record import MessageRecord, PicksRecord
from netrazor.certification.prior_record import ArchitectureRecord, PriorRecord
from netrazor.certification.record_fields import Probability, Record, Seed
from netrazor.certification.sample_record import SampleRecord
from netrazor.errors import CertificateError

FORMAT: Literal["netrazor-certificate-2"] = "netrazor-certificate-2"
LARGEST_BATCH = 2**16  # as for counting
COUNTING_BATCH = 1000  # examples together when a network is counted; an answer must not depend on it
COUNTING_BATCH_OF_IMAGES = 50  # where each has a score for each class and pixel

ClassName = Annotated[str, Field(max_length=60)]
Method = Literal["occam", "perturbation", "picked", "hold-out"]


class EvaluationRecord(Record):
    """How the errors were counted.

    Attributes:
        batch_size: `batch_of` the task for networks, for a learner what its configuration declares; no free choice.
    """

    batch_size: Annotated[int, Field(ge=1, le=LARGEST_BATCH)]
    precision: Literal["float32"] = "float32"
    runtime: str


class Provenance(Record):
    """What made it: for people who want to make it again. Nothing of the claims depends on it.

    Attributes:
        netrazor: version.
        seed: of everything random.
        configuration: all other settings.
        no_graph: why the network could not be written as a graph of operations, where it could not.
        class_names: what the data set calls its classes or labels, where it has words for them; for tables.
    """

    WRITTEN_IF_SET: ClassVar[frozenset[str]] = frozenset({"no_graph", "class_names"})

    netrazor: str
    seed: Seed
    configuration: dict[str, Any]
    no_graph: str | None = None
    class_names: Annotated[tuple[ClassName, ...], Field(min_length=1, max_length=1000)] | None = None


def batch_of(task: Task) -> int:
    """How many examples are counted together."""
    return COUNTING_BATCH_OF_IMAGES if task == "segmentation" else COUNTING_BATCH


class Certificate(Record):
    """Claims and all that they follow from.

    Attributes:
        method: "occam": the rebuilt network as it is, Theorem 4.1 with the exact binomial tail; "perturbation": with
            noise on its weights, Theorem 5.1; "picked": what a learner makes of the examples that it picked, by
            preferent compression; "hold-out": the given network, or what a learner makes of the spent examples, on
            examples that had no part in it.
        considered: the methods among which the tightest was chosen; each has its share of delta.
        claims: they hold together at ``delta``; the first is the headline.
        delta: failure probability of the certificate.
        message: None for "hold-out", where nothing was learnt from the counted examples.
        seal: SHA-256 of all the rest in canonical form.
    """

    format: Literal["netrazor-certificate-2"] = FORMAT
    method: Method
    considered: Annotated[tuple[Method, ...], Field(max_length=10), FailFast()]
    claims: Annotated[tuple[ClaimRecord, ...], Field(min_length=1, max_length=1000), FailFast()]
    delta: Probability
    sample: SampleRecord
    prior: PriorRecord
    message: MessageRecord | PicksRecord | None = Field(discriminator="form")
    noise: NoiseRecord | None = None
    evaluation: EvaluationRecord
    assumptions: Annotated[tuple[str, ...], Field(max_length=100), FailFast()] = ()
    provenance: Provenance
    seal: str = ""

    @property
    def task(self) -> Task:
        """What the targets of the examples are."""
        return self.claims[0].statement.task

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
