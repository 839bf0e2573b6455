"""Whether the constant answers that a certificate names beside its claims lose what it says."""

from typing import Any

from netrazor.certification import Certificate, Finding
from netrazor.certification.constant_bounds import constant_bound
from netrazor.certification.mean_losses import GRID
from netrazor.counting.constant_answers import count_constants

# Of a mean over many numbers, which another machine may add up in another order.
_ROUNDED_OTHERWISE = 2 / GRID


def check_constants(certificate: Certificate, examples: Any) -> list[Finding]:
    """What does not hold of the yardsticks of claims about labels, numbers and pixels: chosen and counted again.

    A claim is marked by them where it says less than always the same answer does, so a dearer one would hide that.
    """
    recorded = [claim for claim in certificate.claims if claim.constant is not None]
    if not recorded:
        return []
    classes, delta = certificate.sample.classes, certificate.delta
    findings = []
    found = count_constants(examples, [claim.statement for claim in recorded], classes)
    for claim, constant in zip(recorded, found, strict=True):
        if constant == claim.constant:
            continue
        bound = constant_bound(claim, classes, delta)
        again = constant_bound(claim.model_copy(update={"constant": constant}), classes, delta)
        if bound is None or again is None or abs(bound - again) > _ROUNDED_OTHERWISE:
            text = f"claims.constant: always the same answer loses at most {bound}; counted again, {again}"
            findings.append(Finding("recount", text))
    return findings
