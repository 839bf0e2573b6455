"""The message that describes noise: what the search finds to pay best on a network that was decoded."""

from collections.abc import Mapping

from torch import nn

from netrazor.certification import ledger_of
from netrazor.certification.delta_shares import PAC_BAYES, delta_parts
from netrazor.coding.message import read
from netrazor.compress import SearchContext
from netrazor.networks.network_message import encode, limits_of
from netrazor.perturb import NoiseConfig, NoiseSearch, search_noise
from netrazor.pipeline.subject import Subject
from netrazor.runtime import devices, processes


def message_with_noise(
    network: nn.Module,
    config: NoiseConfig,
    subject: Subject,
    shares: Mapping[str, tuple[float, ...]],
    literals: int,
) -> tuple[NoiseSearch, bytes]:
    """The noise that pays best for the headline claim, frozen, and the message that describes it.

    ``literals`` are the bits that the numbers in the network's graph cost.
    """
    blob = processes.on_rank_zero(lambda: encode(network, subject.architecture, static=True))
    static = read(blob, limits_of(network))
    ledger = ledger_of(static, literals)
    first, total = subject.statements[0], sum(claim.weight for claim in subject.statements)
    parts = delta_parts(subject.delta, ("occam", "perturbation"), total, weight=first.weight)
    search = search_noise(
        devices.copy_on(network, subject.search_on),
        static.static,
        config,
        SearchContext(subject.examples, parts[PAC_BAYES], subject.seed, subject.search_on, subject.reporter),
        fixed_bits=ledger.charged_bits - ledger.charged_to("values"),
        shares=shares,
        top=subject.top,
    )
    return search, processes.on_rank_zero(lambda: encode(network, subject.architecture, search.noise))
