"""From a message to its price: which bits the bound pays for, under which theorem."""

import hashlib
import json
import math

from netrazor import bounds
from netrazor.certification.ledger import ChargedLedger, LedgerLine
from netrazor.certification.noise_description import LAMBDA, LAMBDA_GRID, Noise, noise_in
from netrazor.coding import Limits, StaticValues
from netrazor.coding.message import Message, read
from netrazor.errors import CertificateError, InvalidArgument
from netrazor.units import bits_from_nats

FREE = ("framing", "side information")  # constant, or describing the posterior only

NOISE_WORK = (
    2**25
)  # that a message's noise may take (see `layer_perturbation_kl`): a second; the records take 2^16

_STEP = 2.0**-10  # bits; divergences are charged in whole steps, rounded up
_LEAST_EXCESS = 2.0**-20  # bits of rounding, by which another machine's logarithms may differ unseen


def charge(blob: bytes, limits: Limits | None = None) -> ChargedLedger:
    """What a message costs, line by line.

    Magic and padding are the same in every message and cost nothing, and nor does the schema: names, types and
    shapes belong to the architecture, which the certificate's prior names and which was fixed beforehand.
    Values are charged by their bits or, where the message describes noise, by their divergence (Theorem 5.1).

    Raises:
        MessageError: the bytes are no message.
        CertificateError: the message describes its noise in a form that is not ours, or so that its price takes too
            long to compute; other side information.
    """
    return ledger_of(read(blob, limits or Limits()))


def schema_digest(message: Message) -> str:
    """SHA-256 (hex) of the names, types and shapes of a message's arrays in their order, those of noise left out.

    In a certificate's prior it says which sizes a user's own architecture had before the examples were seen.
    """
    described = (LAMBDA, *message.side_information)
    layout = [
        [name, array.dtype.name, list(array.shape)]
        for name, array in message.arrays.items()
        if name not in described
    ]
    return hashlib.sha256(json.dumps(layout, separators=(",", ":")).encode()).hexdigest()


def ledger_of(message: Message, literal_bits: int = 0, *, schema_is_fixed: bool = True) -> ChargedLedger:
    """`charge` of a message that was read, and of the numbers in its network's graph, which are in no message.

    Where its schema was not fixed beforehand, that of a user's own architecture is paid for.
    """
    noise = noise_in(message)
    free = (*FREE, "schema") if schema_is_fixed or message.architecture > 0 else FREE
    divergences = {} if noise is None else _value_bits(message, noise)
    lines = []
    for entry in message.ledger.entries:
        noisy = entry.kind == "values" and entry.array in divergences
        charged = 0 if entry.kind in free or noisy else entry.bits
        lines.append(
            LedgerLine(array=entry.array, kind=entry.kind, coded_bits=entry.bits, charged_bits=charged)
        )
    lines += [
        LedgerLine(array=name, kind="divergence", coded_bits=0, charged_bits=bits)
        for name, bits in divergences.items()
    ]
    if literal_bits > 0:
        lines.append(LedgerLine(array="", kind="literals", coded_bits=0, charged_bits=literal_bits))
    return ChargedLedger(lines=tuple(lines))


def _value_bits(message: Message, noise: Noise) -> dict[str, float]:
    """Divergence of each array's values, in bits, rounded up; all with noise have equal parts of the work."""
    most_work = NOISE_WORK / max(1, sum(index > 0 for index in noise.index.values()))
    bits = {}
    for name, prior in message.static.items():
        index = noise.index.get(name, 0)
        exact = _noisy_bits(name, prior, noise, most_work) if index else _discrete_bits(prior)
        bits[name] = _round_up(exact)
    return bits


def _discrete_bits(prior: StaticValues) -> float:
    """Code length of the values under their symbol probabilities."""
    used = [(int(c), float(p)) for c, p in zip(prior.counts, prior.probabilities, strict=True) if c]
    return math.fsum(-c * math.log2(p) for c, p in used) * (1 + 2.0**-40)


def _noisy_bits(name: str, prior: StaticValues, noise: Noise, most_work: float) -> float:
    """Theorem 5.1 for the values of one array, with lambda from the grid."""
    if not prior.centers.all():  # a minus zero: in the pattern, but not among the weights that bear noise
        raise CertificateError(
            f"{name}: values with noise must not be zero, got minus zero; the message is not one that certify writes"
        )
    sigma, lam = noise.sigma[name], LAMBDA_GRID[noise.index[name] - 1]
    try:
        layer = bounds.NoisyLayer(prior.centers, prior.counts, sigma, prior.centers, prior.probabilities)
        kl_nats = bounds.layer_perturbation_kl(layer, [lam], most_work=most_work)
    except InvalidArgument as error:
        raise CertificateError(f"{name}, with noise: {error}") from error
    return bits_from_nats(max(0.0, float(kl_nats[0])))


def _round_up(bits: float) -> float:
    """The next step that is well above ``bits``, so that machines whose logarithms differ agree on it."""
    return math.ceil((bits + _LEAST_EXCESS) / _STEP) * _STEP
