"""The prior: all that was fixed before the counted examples were seen. An architecture, given weights, a learner."""

from typing import Annotated, Any, ClassVar

from pydantic import FailFast, Field

from netrazor.certification.record_fields import Count, Digest, Positive, Record

OWN_LEARNER = "own"  # the name of a learner that is the user's, not a declared one


class ArchitectureRecord(Record):
    """Which network.

    Attributes:
        name: in the declared list, or "custom".
        index: in the declared list; 0: the user's own.
        source_sha256: digest of its source; of a network that is a graph, of this: its source is not needed.
    """

    name: str
    index: Count
    source_sha256: Digest


class GraphRecord(Record):
    """A network of the user's own as a graph of operations, in a file of the run's directory.

    Attributes:
        sha256: of the file.
        bytes: its length.
        literals: how many numbers in it are paid for.
        literal_bits: what they cost where the bound pays for bits.
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


class LearnerRecord(Record):
    """The rule that learns picked or spent examples, and all that was declared of its run beforehand.

    Attributes:
        name: of a declared learner, or "own".
        sha256: of its source and settings.
        exact: whether its arithmetic is the same on every machine, so that a replay must give the same picks.
        candidates: how many declared learners were tried, of which the best is claimed.
        stops: numbers of picks at which errors are counted; each, of each learner, has an equal share of delta. For
            "hold-out" the one stop 0: nothing is picked, so there is nothing to choose from.
        configuration: the other declared numbers.
    """

    name: str
    sha256: Digest
    exact: bool
    candidates: Annotated[int, Field(ge=1, le=10_000)] = 1
    stops: Annotated[tuple[Count, ...], Field(min_length=1, max_length=10_000), FailFast()]
    configuration: dict[str, Any]


class PriorRecord(Record):
    """What was fixed before the counted examples were seen: a network's architecture, or a learner.

    Attributes:
        graph: of a network of the user's own; None for declared ones, and for those that are no graph.
    """

    WRITTEN_IF_SET: ClassVar[frozenset[str]] = frozenset({"graph"})

    architecture: ArchitectureRecord | None = None
    graph: GraphRecord | None = None
    given: GivenRecord | None = None
    learner: LearnerRecord | None = None
