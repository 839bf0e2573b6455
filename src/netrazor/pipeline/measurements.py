"""Computing what is reported of a run: sizes by layer, bounds by method, the error on a test set."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor import bounds
from netrazor.certification import Certificate
from netrazor.certification.claim_tables import Price, bound_table
from netrazor.certification.run_result import Layer, Result
from netrazor.counting import ErrorCount, count_claims, count_errors
from netrazor.data.targets import TargetDataset
from netrazor.pipeline.claim_records import record_of
from netrazor.pipeline.issuing import Issued
from netrazor.runtime import devices
from netrazor.units import BITS_PER_BYTE, nats_from_bits

FLOAT_BYTES = 4


def count_test(issued: Issued, test: Dataset[tuple[Tensor, int]], device: torch.device) -> dict[str, float]:
    """What the decoded network loses on a test set by the headline, and the bound that this gives by itself."""
    network, certificate = devices.copy_on(issued.decoded, device), issued.certificate
    if not isinstance(test, TargetDataset):
        return test_record(count_errors(network, test), certificate.delta)
    classes, claim = certificate.sample.classes, certificate.claims[0].statement
    record = record_of(claim, count_claims(network, test, [claim], classes=classes)[0])
    bounded = bound_table(record, classes, Price(0.0, certificate.delta))
    return {
        "errors": record.errors,
        "n": record.n,
        "risk": record.empirical_risk,
        "bound": bounded.bound,
    }


def measure(issued: Issued, test: Mapping[str, float] | None) -> Result:
    """What is reported of an issued certificate; ``test`` is what `count_test` found."""
    saved_bits = {} if issued.noise is None else issued.noise.saved_bits
    return Result(
        original_bytes=original_bytes(issued.decoded),
        layers=layers_of(issued.decoded, issued.certificate, saved_bits),
        bounds=bounds_by_method((issued.certificate, *issued.others)),
        test=None if test is None else dict(test),
        seconds={},
        trials=() if issued.noise is None else issued.noise.trials,
    )


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
    """Each bound at the full delta of its certificate: for comparison, since only one may be claimed."""
    found = {}
    for c in certificates:
        kl_nats, delta = nats_from_bits(c.effective_bits), c.delta
        if c.claims[0].loss != "0-1":
            found["mean loss, by betting"] = c.risk_bound
            continue
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
