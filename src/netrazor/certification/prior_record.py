"""The prior: all that was fixed before the counted examples were seen. An architecture, given weights, a learner."""

from typing import Annotated, Any, ClassVar, Literal

from pydantic import FailFast, Field

from netrazor.certification.record_fields import Count, Digest, Positive, Record

OWN_ARCHITECTURE = "custom"  # the name of a network that is the user's, not a declared one
OWN_LEARNER = "own"  # the name of a learner that is the user's, not a declared one
MOST_CANDIDATES = 10_000  # recipes that may share delta


class ArchitectureRecord(Record):
    """Which network.

    Attributes:
        name: in the declared list, or "custom".
        index: in the declared list; 0: the user's own.
        source_sha256: digest of its source and settings, see `netrazor.networks.source_digest`; of a network that is
            a graph, of this: its source is not needed.
        schema_sha256: of the names, types and shapes of the message's arrays, see `schema_digest`, where these are
            the user's own and fixed beforehand. Without it the message of a user's own architecture pays for them.
    """

    WRITTEN_IF_SET: ClassVar[frozenset[str]] = frozenset({"schema_sha256"})

    name: str
    index: Count
    source_sha256: Digest
    schema_sha256: Digest | None = None

    @property
    def fixes_schema(self) -> bool:
        """Whether names, types and shapes of the arrays were fixed beforehand, so that they cost nothing."""
        return self.index > 0 or self.schema_sha256 is not None


class GraphRecord(Record):
    """A network of the user's own as a graph of operations, in a file of the run's directory.

    Attributes:
        sha256: of the file.
        bytes: its length.
        literals: how many numbers in it are paid for.
        literal_bits: what they and its steps cost where the bound pays for bits.
    """

    sha256: Digest
    bytes: Positive
    literals: Count
    literal_bits: Count


class GivenRecord(Record):
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


class GivenArraysRecord(Record):
    """Arrays of the network that were fixed before the counted examples were seen: the message holds the others.

    A verifier has them in the network that it brings, or in a file; the digest says whether they are the ones.

    Attributes:
        form: tells this record from that of a file of given weights.
        sha256: over names, types, shapes and bytes (`netrazor.networks.given_arrays.arrays_digest`).
        arrays: how many.
        bytes: that they take.
        origin: what they were made from, in words.
    """

    form: Literal["arrays"] = "arrays"
    sha256: Digest
    arrays: Positive
    bytes: Count
    origin: Annotated[str, Field(min_length=1, max_length=10_000)]


class LearnerRecord(Record):
    """The rule that learns picked or spent examples, and all that was declared of its run beforehand.

    Attributes:
        name: of a declared learner, or "own".
        sha256: of its source and settings.
        exact: whether its arithmetic is the same on every machine, so that a replay must give the same picks.
        candidates: how many recipes share delta: learners that were tried, of which the best is claimed, and what
            else was open to choice when something was known of the counted examples.
        stops: numbers of picks at which errors are counted; each, of each learner, has an equal share of delta. For
            "hold-out" the one stop 0: nothing is picked, so there is nothing to choose from.
        configuration: the other declared numbers.
    """

    name: str
    sha256: Digest
    exact: bool
    candidates: Annotated[int, Field(ge=1, le=MOST_CANDIDATES)] = 1
    stops: Annotated[tuple[Count, ...], Field(min_length=1, max_length=10_000), FailFast()]
    configuration: dict[str, Any]


class PriorRecord(Record):
    """What was fixed before the counted examples were seen: a network's architecture, or a learner.

    Attributes:
        architecture: of a network.
        graph: of a network of the user's own; None for declared ones, and for those that are no graph.
        given: weights of the whole network, in a file of the run; or some of its arrays, named by their digest.
        learner: in place of an architecture.
    """

    WRITTEN_IF_SET: ClassVar[frozenset[str]] = frozenset({"graph"})

    architecture: ArchitectureRecord | None = None
    graph: GraphRecord | None = None
    given: GivenRecord | GivenArraysRecord | None = None
    learner: LearnerRecord | None = None

    @property
    def given_file(self) -> GivenRecord | None:
        """The record of given weights that are a file of the run's directory."""
        return self.given if isinstance(self.given, GivenRecord) else None

    @property
    def given_arrays(self) -> GivenArraysRecord | None:
        """The record of given arrays that are named by their digest."""
        return self.given if isinstance(self.given, GivenArraysRecord) else None
