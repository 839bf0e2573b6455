"""The paper's own two bounds, from a certificate and its message."""

from collections.abc import Mapping

from netrazor import bounds
from netrazor.baselines.estimate import Estimate, Kind, Missing
from netrazor.certification import Certificate
from netrazor.units import BITS_PER_BYTE, nats_from_bits

OCCAM = "Compressibility"
PERTURBATION = "Compressibility and perturbation robustness"


def occam_row(errors: int, n: int, code_bits: float, classes: int, *, delta: float = 0.05) -> Estimate:
    """Theorem 4.1 with the exact binomial tail.

    Claim: with probability at least 1 - delta over the n i.i.d. examples, for all messages at once, the decoded
    network's error on new examples is at most the value.
    """
    exact = float(bounds.occam(errors, n, code_bits, delta))
    return Estimate(
        method="Occam (Theorem 4.1)",
        structure=OCCAM,
        reference="Zhou, Veitch, Austern, Adams, Orbanz 2018, Theorem 4.1; exact binomial tail",
        kind=Kind.BOUND,
        value=exact,
        delta=delta,
        classes=classes,
        assumptions=("the decoder was fixed without these examples",),
        figures={"charged bytes": code_bits / BITS_PER_BYTE, "train error": errors / n},
    )


def perturbation_row(certificate: Certificate, measured: Mapping[str, float]) -> Estimate | Missing:
    """Theorem 5.1: from the certificate if it is of that kind, else as ``measured`` in its run by method.

    Claim: as for Occam, for the decoded network with its noise, with probability also over the draws that
    estimate its risk.
    """
    reference = "Zhou, Veitch, Austern, Adams, Orbanz 2018, Theorem 5.1; kl inverse"
    figures: dict[str, float | int | str]
    if certificate.noise is not None:
        delta = certificate.delta - certificate.claims[0].delta_parts["noisy risk"]
        kl_nats = nats_from_bits(certificate.effective_bits)
        value = float(bounds.maurer(certificate.empirical_risk, kl_nats, certificate.n, delta))
        figures = {
            "charged bytes": certificate.effective_bits / BITS_PER_BYTE,
            "noisy train risk, upper": certificate.empirical_risk,
            "draws": certificate.noise.draws,
        }
    else:
        found = [bound for name, bound in measured.items() if name.startswith("noise")]
        if not found:
            return Missing(
                "Theorem 5.1", PERTURBATION, reference, "the run looked for no noise; certify with noise"
            )
        value, figures = min(found), {"from": "result.json of the run"}
    return Estimate(
        method="Theorem 5.1",
        structure=PERTURBATION,
        reference=reference,
        kind=Kind.BOUND,
        value=value,
        delta=certificate.delta,
        classes=certificate.sample.classes,
        assumptions=("the decoder was fixed without these examples", "the classifier is the noisy network"),
        figures=figures,
    )
