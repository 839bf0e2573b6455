"""What a certificate takes for granted: the sentences that belong to what it consists of."""

from netrazor.certification.claim_terms import Task
from netrazor.certification.graph_structure import MOST_FREE_BITS
from netrazor.certification.message_record import PicksRecord
from netrazor.certification.prior_record import OWN_LEARNER
from netrazor.certification.record import Certificate

INDEPENDENT = (
    "The training examples are independent draws from one distribution, and new examples come from it too."
)
LOSS = "The loss is 0-1: an answer is right or wrong; ties and answers that are not numbers are wrong."
LOSS_OF: dict[Task, str] = {
    "single-label": LOSS,
    "multi-label": (
        "A label is answered with yes where its score is above 0 and with no where it is below; a score of 0, or one "
        "that is not a number, is wrong."
    ),
    "regression": (
        "The loss is the declared one of the distance between answer and target, as the runtime computes it; an "
        "answer that is not a number loses all."
    ),
    "segmentation": (
        "A pixel is right or wrong; ties and scores that are not numbers are wrong. The loss of an image is the "
        "share of its pixels that are wrong, those of the ignored class left out; an image is one draw."
    ),
}
DECLARED_LOSS = (
    "Of a cost or a distance the loss is the declared one, as a share of the largest; no answer loses most."
)
COLUMN = (
    "The columns that make groups are part of the examples, fixed without the classifier: a new example comes with "
    "its values."
)
FIXED = (
    "Architecture, decoder, lists and constants were fixed without the counted examples; what was chosen from a list "
    "after seeing them is an index in the message."
)
DECLARED = "Delta, the methods considered and the claims were fixed before the examples were counted."
SOURCE = (
    "All that was learnt from the counted examples is in the message: the module's source, whose digest is recorded, "
    "holds no number that was."
)
GRAPH = (
    "All that was learnt from the counted examples is in the message: the network is the graph of operations whose "
    "digest is recorded, and this was fixed without them, but for those of its numbers that are charged."
)
GIVEN_GRAPH = (
    "The given network is the graph of operations whose digest is recorded: its operations, the numbers in them and "
    "its weights were fixed without the counted examples."
)
FREE_STEPS = (
    "The network's architecture was fixed without the counted examples: up to {free:,} bits that say which "
    "operations it has are not charged, and that is more than a bit for each of the {n:,} examples counted."
)
NO_GRAPH = (
    "The network is not recorded as a graph of operations. It is what the Python code of its author computes, and "
    "that code is trusted: wherever it may look, in attributes, globals, caches or files, it finds no number that "
    "was learnt from the counted examples and is not in the message."
)
SIZES = (
    "The architecture is the user's own: its class and settings, and the names, types and shapes of its arrays, "
    "whose digests are recorded, were fixed without the counted examples."
)
PICKING = (
    "Learner, its settings and seed, the order of priority and the stops were fixed without "
    "the counted examples."
)
PREFERENT = (
    "The learner's state is a function of the examples that it picked, in their order, and its answer for one "
    "example depends on no other."
)
GIVEN_ARRAYS = (
    "The given arrays, whose digest and origin are recorded, were fixed without the counted examples, and so was "
    "which arrays of the network they are: nothing in them was chosen by these examples or is a statistic of them."
)

_ORIGIN_SHOWN = 200  # characters

LEARNING = (
    "Learner, its settings and seed were fixed without the counted examples; it learned the spent examples alone.",
)
OWN_START = (
    "What the learner's own code builds or loads to start from, weights among it, was fixed without the counted "
    "examples.",
)


def assumptions_of(certificate: Certificate) -> tuple[str, ...]:
    """Every assumption of ``certificate``, in a fixed order."""
    return (
        INDEPENDENT,
        LOSS_OF[certificate.task],
        *_of_claims(certificate),
        _classifier(certificate),
        _counted(certificate),
        *_given(certificate),
        *_learning(certificate),
        DECLARED,
        *_network(certificate),
    )


def _of_claims(certificate: Certificate) -> tuple[str, ...]:
    kinds = {claim.statement.kind for claim in certificate.claims}
    loss = (DECLARED_LOSS,) if kinds & {"cost", "ordinal-distance"} else ()
    return (*loss, COLUMN) if "group-errors" in kinds else loss


def _classifier(certificate: Certificate) -> str:
    return (
        f"The classifier is {classifier_of(certificate)} as the runtime named under `evaluation` executes it."
    )


def classifier_of(certificate: Certificate) -> str:
    """Which predictor the claims are about, in words."""
    if certificate.message is None:
        learner = certificate.prior.learner
        return "the given network" if learner is None else "what the learner makes of the spent examples"
    if isinstance(certificate.message, PicksRecord):
        return "what the learner makes of the examples that it picked"
    network = "the network decoded from the message"
    if certificate.message.form == "steps" or certificate.prior.given_arrays is not None:
        network = "the network decoded from prior and message"
    return network if certificate.noise is None else f"{network}, with its noise drawn anew for each answer,"


def _counted(certificate: Certificate) -> str:
    sample = certificate.sample
    if sample.spending == "none":
        return (
            "The examples counted are all of the training set, as they are: no augmentation, none left out."
        )
    return (
        f"The examples counted are all but the first {sample.spent} in the declared order of positions "
        f"({sample.spending}), as they are: no augmentation, none left out."
    )


def _learning(certificate: Certificate) -> tuple[str, ...]:
    learner = certificate.prior.learner
    if learner is None:
        architecture = certificate.prior.architecture
        is_own = architecture is not None and architecture.schema_sha256 is not None
        return (FIXED, SIZES) if is_own else (FIXED,)
    start = OWN_START if learner.name == OWN_LEARNER else ()
    if certificate.message is None:
        return (*LEARNING, *start)
    return (PICKING if learner.candidates == 1 else _one_of(learner.candidates), PREFERENT, *start)


def _one_of(candidates: int) -> str:
    """What the union bound over several learners or recipes needs, and no more."""
    return (
        "Learner, its settings and seed, the order of priority and the stops are one of "
        f"{candidates} choices that share delta: whatever the counted examples had been, it would have been one of "
        "these."
    )


def _given(certificate: Certificate) -> tuple[str, ...]:
    if certificate.prior.given is None:
        return ()
    if certificate.prior.given_arrays is not None:
        return (GIVEN_ARRAYS,)
    return (
        "The given weights, whose digest and origin are recorded, were fixed without the counted examples: nothing "
        "about them, how long they were trained included, was chosen by these.",
    )


def _network(certificate: Certificate) -> tuple[str, ...]:
    """What is taken for granted of the network's own computation."""
    prior = certificate.prior
    if prior.learner is not None or prior.architecture is None:
        return ()
    if prior.graph is not None:
        return (GIVEN_GRAPH,) if certificate.message is None else (GRAPH,)
    return (SOURCE,) if prior.architecture.index > 0 else (SOURCE, NO_GRAPH)


def trusted_in(certificate: Certificate) -> tuple[str, ...]:
    """What of its assumptions is of this certificate's making, for whoever reads that it is valid.

    What somebody gave, where it is from in the words of whoever issued it, code that is trusted, that the
    architecture was fixed where few examples are counted, and examples that occur again. The others are those of
    every certificate of its kind.
    """
    given, learner, sample = certificate.prior.given, certificate.prior.learner, certificate.sample
    said = [*_given(certificate)]
    if given is not None:
        said.append(f"Their origin, as issued: {given.origin[:_ORIGIN_SHOWN]!r}.")
    said += [each for each in _network(certificate) if each in (NO_GRAPH, GIVEN_GRAPH)]
    if GRAPH in _network(certificate) and sample.counted < MOST_FREE_BITS:
        said.append(FREE_STEPS.format(free=MOST_FREE_BITS, n=sample.counted))
    if learner is not None:
        said += [*(OWN_START if learner.name == OWN_LEARNER else ())]
        said += [] if learner.candidates == 1 else [_one_of(learner.candidates)]
    said += [each for each in _of_claims(certificate) if each == COLUMN]
    if sample.duplicates:
        said.append(
            f"{sample.duplicates} of the {sample.n} examples have the input of an earlier one, and are independent "
            "draws all the same."
        )
    return tuple(said)
