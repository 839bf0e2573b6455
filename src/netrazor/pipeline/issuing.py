"""From a network to its message, from the rebuilt network to its certificate."""

import hashlib
import platform
from dataclasses import dataclass

import torch
from torch import nn

from netrazor import __version__
from netrazor.certification import (
    ArchitectureRecord,
    Certificate,
    ChargedLedger,
    ClaimRecord,
    EvaluationRecord,
    GivenRecord,
    MessageRecord,
    Noise,
    PriorRecord,
    Provenance,
    ledger_of,
    noise_in,
    schema_digest,
    seal,
)
from netrazor.certification.assumptions import assumptions_of
from netrazor.certification.bounding import bounded_claim
from netrazor.certification.record import Method, batch_of
from netrazor.certification.sentences import claim_sentence
from netrazor.coding.message import read
from netrazor.counting import check_independence
from netrazor.networks import index_of, source_digest
from netrazor.networks.network_message import encode, limits_of, network_of
from netrazor.perturb import NoiseConfig, NoiseSearch
from netrazor.pipeline.claim_records import count_records, share_delta
from netrazor.pipeline.coded_network import (
    CodedNetwork,
    coded_network,
    graph_record,
    graph_text,
    literal_bits,
)
from netrazor.pipeline.noise_message import message_with_noise
from netrazor.pipeline.noisy_draws import NoisyDraws
from netrazor.pipeline.recipe import Recipe
from netrazor.pipeline.rules import rules_for
from netrazor.pipeline.subject import Subject
from netrazor.runtime import devices, processes


@dataclass(frozen=True)
class Rebuilt:
    """A message, the network rebuilt from it, and what it is charged.

    Attributes:
        blob: the message.
        network: rebuilt from it.
        ledger: of the message, and of the numbers in the network's graph.
        schema_sha256: of the message's names, types and shapes.
        noise: that the message describes.
        coded: what was encoded.
    """

    blob: bytes
    network: nn.Module
    ledger: ChargedLedger
    schema_sha256: str
    noise: Noise | None = None
    coded: CodedNetwork | None = None


@dataclass(frozen=True)
class Issued:
    """A message, its certificate, and what else was tried.

    Attributes:
        blob: the message certified.
        certificate: of the tightest kind.
        decoded: the network rebuilt from ``blob``, without noise.
        others: certificates of the other kinds, each about a message of its own.
        noise: what the search found, where there was one.
    """

    blob: bytes
    certificate: Certificate
    decoded: nn.Module
    others: tuple[Certificate, ...] = ()
    noise: NoiseSearch | None = None

    @property
    def graph(self) -> bytes | None:
        """The file of the network's graph; None where it has none."""
        return graph_text(self.decoded)


def issue(model: nn.Module, recipe: Recipe, subject: Subject) -> Issued:
    """The tightest valid certificate of a network that has been cut down.

    The network is encoded, decoded, and its errors counted on every example. Where the recipe looks for noise, a
    second message with static values and noise is written too; delta is split between the two methods.
    """
    return issue_coded(coded_network(model, subject.architecture, subject.examples), recipe, subject)


def issue_coded(coded: CodedNetwork, recipe: Recipe, subject: Subject) -> Issued:
    """`issue` of what is encoded of a network."""
    blob = processes.on_rank_zero(lambda: encode(coded.network, subject.architecture))
    plain = rebuild_from(coded, blob)
    candidates = [(plain, certify_rebuilt(plain, subject, considered_by(recipe)))]
    search = None
    if recipe.noise is not None:
        shares = rules_for(recipe.rules, coded.network).noise()
        fixed = literal_bits(coded.described)
        search, blob = message_with_noise(plain.network, recipe.noise, subject, shares, fixed)
        noisy = rebuild_from(coded, blob)
        certificate = certify_rebuilt(noisy, subject, considered_by(recipe), recipe.noise)
        candidates.append((noisy, certificate))
    (best, certificate), *others = sorted(candidates, key=lambda candidate: candidate[1].risk_bound)
    return Issued(best.blob, certificate, best.network, tuple(other for _, other in others), search)


def considered_by(recipe: Recipe) -> tuple[Method, ...]:
    """The methods that a recipe tries, among which delta is divided."""
    return ("occam",) if recipe.noise is None else ("occam", "perturbation")


def rebuild_from(coded: CodedNetwork, blob: bytes) -> Rebuilt:
    """The network of a message that was just written of ``coded``."""
    message = read(blob, limits_of(coded.network))
    network = network_of(coded.network, message)
    ledger = ledger_of(message, literal_bits(coded.described))
    return Rebuilt(blob, network, ledger, schema_digest(message), noise_in(message), coded)


def certify_rebuilt(
    rebuilt: Rebuilt,
    subject: Subject,
    considered: tuple[Method, ...],
    config: NoiseConfig | None = None,
) -> Certificate:
    """The certificate of a rebuilt network: its errors counted and, with noise, its noisy risks drawn.

    Claim: with probability at least 1 - ``subject.delta`` over the draw of the counted examples all its claims hold
    together, by Theorem 4.1 (Theorem 5.1 with noise), if its assumptions do.

    Raises:
        UnsupportedModel: an answer that depends on more than its example.
    """
    check_independence(devices.copy_on(rebuilt.network, subject.count_on), subject.examples)
    claims = _claims(rebuilt.network, subject, considered)
    noise = None
    if config is not None and rebuilt.noise is not None:
        draws = NoisyDraws(rebuilt.network, rebuilt.noise, config, subject, claims[0].delta_parts)
        noise = draws.record
        claims = tuple(_updated(claim, noisy=draws.risk(claim.top, claim.delta_parts)) for claim in claims)
    message = MessageRecord(
        form="steps" if isinstance(subject.given, GivenRecord) else "arrays",
        sha256=hashlib.sha256(rebuilt.blob).hexdigest(),
        bytes=len(rebuilt.blob),
        effective_bits=rebuilt.ledger.charged_bits,
        ledger=rebuilt.ledger,
    )
    described = rebuilt.network if rebuilt.coded is None else rebuilt.coded.described
    draft = Certificate(
        method="occam" if noise is None else "perturbation",
        considered=considered,
        claims=claims,
        delta=subject.delta,
        sample=subject.sample,
        prior=PriorRecord(
            architecture=_architecture(rebuilt, described, subject.architecture),
            graph=graph_record(described),
            given=subject.given,
        ),
        message=message,
        noise=noise,
        evaluation=EvaluationRecord(
            batch_size=batch_of(claims[0].statement.task),
            runtime=describe_runtime(described, subject.count_on),
        ),
        provenance=Provenance(
            netrazor=__version__,
            seed=subject.seed,
            configuration=dict(subject.configuration or {}),
            no_graph=None if rebuilt.coded is None else rebuilt.coded.no_graph,
            class_names=subject.class_names,
        ),
    )
    return conclude(draft)


def conclude(draft: Certificate) -> Certificate:
    """``draft`` with the bounds, sentences and assumptions that follow from its numbers, sealed."""
    bounded = draft.model_copy(
        update={"claims": tuple(bounded_claim(draft, claim) for claim in draft.claims)}
    )
    told = tuple(_updated(claim, sentence=claim_sentence(bounded, claim)) for claim in bounded.claims)
    return seal(bounded.model_copy(update={"claims": told, "assumptions": assumptions_of(bounded)}))


def _updated(claim: ClaimRecord, **fields: object) -> ClaimRecord:
    return claim.model_copy(update=fields)


def _claims(network: nn.Module, subject: Subject, considered: tuple[Method, ...]) -> tuple[ClaimRecord, ...]:
    """What was counted for each claim, with its share of delta."""
    records = count_records(
        devices.copy_on(network, subject.count_on),
        subject.examples,
        subject.statements,
        classes=subject.sample.classes,
        columns=subject.columns,
        reporter=subject.reporter,
    )
    return share_delta(records, subject.delta, considered)


def _architecture(rebuilt: Rebuilt, described: nn.Module, name: str) -> ArchitectureRecord:
    record = architecture_record(described, name)
    schema = rebuilt.schema_sha256 if record.index == 0 else None
    return record.model_copy(update={"schema_sha256": schema})


def architecture_record(network: nn.Module, architecture: str) -> ArchitectureRecord:
    """Which network: by its name, and a digest of its source or, where it is a graph, of this."""
    graph = graph_record(network)
    return ArchitectureRecord(
        name=architecture,
        index=index_of(architecture),
        source_sha256=source_digest(network) if graph is None else graph.sha256,
    )


def describe_runtime(model: nn.Module, device: torch.device) -> str:
    """What the errors were counted with, on which device if not the CPU, and in which precision."""
    precisions = sorted({str(p.dtype).removeprefix("torch.") for p in model.parameters()})
    machine = platform.machine() if device == devices.CPU else devices.described(device)
    software = f"torch {torch.__version__} on {machine}, python {platform.python_version()}"
    return f"{software}, {' and '.join(precisions)}"
