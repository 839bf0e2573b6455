"""What a run leaves beside the certificate: measurements that are reported but that no claim rests on."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field

from torch import nn

from netrazor import bounds
from netrazor.certification import Certificate
from netrazor.counting import ErrorCount
from netrazor.perturb import Trial
from netrazor.pipeline.histogram import Histogram
from netrazor.units import BITS_PER_BYTE, nats_from_bits

FLOAT_BYTES = 4


@dataclass(frozen=True)
class Layer:
    """One row of the paper's Table 3.

    Attributes:
        name: of the parameter.
        shape: of the parameter.
        elements: how many numbers it has.
        nonzeros: how many are not zero.
        coded_bytes: its share of the message.
        smoothing_bytes: value bits that its noise saves, in bytes; 0 where noise was not looked for.
    """

    name: str
    shape: tuple[int, ...]
    elements: int
    nonzeros: int
    coded_bytes: float
    smoothing_bytes: float


@dataclass(frozen=True)
class Result:
    """Everything measured in a run.

    Attributes:
        original_bytes: float32 size of all parameters.
        layers: Table 3.
        bounds: upper bounds by method, each at the whole delta and valid alone, not together.
        test: errors on the test set and its own bound (Clopper-Pearson), of no weight in the certificate.
        seconds: by stage.
        before: how the weights of each layer were spread before they were cut; empty where nothing was cut, or in
            files of earlier versions.
        trials: risk of the noisy network, one array at a time, as the search for noise saw it.
    """

    original_bytes: int
    layers: tuple[Layer, ...]
    bounds: dict[str, float]
    test: dict[str, float] | None
    seconds: dict[str, float]
    before: dict[str, Histogram] = field(default_factory=dict)
    trials: tuple[Trial, ...] = ()

    def to_json(self) -> str:
        """The text of ``result.json``."""
        return json.dumps(asdict(self), indent=2, allow_nan=False) + "\n"


def layers_of(
    model: nn.Module, certificate: Certificate, saved_bits: Mapping[str, float]
) -> tuple[Layer, ...]:
    """Table 3 of a network and the ledger of its message."""
    return tuple(
        Layer(
            name=name,
            shape=tuple(parameter.shape),
            elements=parameter.numel(),
            nonzeros=int((parameter != 0).sum()),
            coded_bytes=certificate.ledger.coded_for(name) / BITS_PER_BYTE,
            smoothing_bytes=saved_bits.get(name, 0.0) / BITS_PER_BYTE,
        )
        for name, parameter in model.named_parameters()
    )


def original_bytes(model: nn.Module) -> int:
    """Size of all parameters as float32."""
    return FLOAT_BYTES * sum(p.numel() for p in model.parameters())


def bounds_by_method(certificates: tuple[Certificate, ...]) -> dict[str, float]:
    """Each bound at the whole delta of its certificate: for comparison, since only one may be claimed."""
    found = {}
    for c in certificates:
        kl_nats, delta = nats_from_bits(c.effective_bits), c.delta
        if c.noise is None:
            found["Occam, exact binomial tail (4.1)"] = bounds.occam(c.errors, c.n, c.effective_bits, delta)
            found["Occam, kl inverse"] = bounds.maurer(c.empirical_risk, kl_nats, c.n, delta)
            found["Occam, Catoni (3.1)"] = bounds.catoni(c.empirical_risk, kl_nats, c.n, delta)
            found["Occam, McAllester"] = bounds.mcallester(c.empirical_risk, kl_nats, c.n, delta)
        else:
            rest = delta * 4 / 5  # the rest is the noisy risk's
            found["noise, kl inverse (5.1)"] = bounds.maurer(c.empirical_risk, kl_nats, c.n, rest)
            found["noise, Catoni (5.1 in 3.1)"] = bounds.catoni(c.empirical_risk, kl_nats, c.n, rest)
    return {name: float(value) for name, value in found.items()}


def test_record(count: ErrorCount, delta: float) -> dict[str, float]:
    """The test error and the bound that the test set gives by itself."""
    return {
        "errors": count.errors,
        "n": count.n,
        "risk": count.risk,
        "bound": float(bounds.clopper_pearson(count.errors, count.n, delta)),
    }
