"""The extension of a certificate to another network: what both say, and what it rests on.

If h has a certified error of at most b, and g gives another answer than h with probability at most d, then g errs
with probability at most b + d: where both give the same answer, g errs only where h does. d is bounded by counting
disagreements on inputs without labels that neither network was made from or chosen by; each part has its own delta.
"""

import hashlib
import json
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from netrazor import bounds
from netrazor.certification.bounded_json import load_json
from netrazor.certification.record import COUNTING_BATCH, Certificate
from netrazor.certification.record_fields import Count, Digest, Positive, Probability, Record, Risk
from netrazor.certification.risk_rounding import risk_up
from netrazor.certification.run_directory import EXTENSION
from netrazor.certification.sentences import confidence
from netrazor.certification.verdict import Finding
from netrazor.errors import CertificateError
from netrazor.units import percent_up

_FORMAT: Literal["netrazor-extension-1"] = "netrazor-extension-1"

ASSUMED = (
    "The inputs without labels are independent draws from the distribution that the certificate speaks of, and had "
    "no part in either network: neither was trained, tuned or chosen by them.",
    "The extended network is the one whose tensors and source have the recorded digests, as the runtime named here "
    "executes it.",
    "Delta of the extension was fixed before the disagreements were counted.",
)


class ExtensionRecord(Record):
    """The claim about another network than the certified one.

    Attributes:
        certificate_seal: of the certificate that it extends.
        network: name of the extended network's class, one word, since it stands in the claim.
        source_sha256: of its module's source.
        tensors_sha256: of all its tensors.
        inputs: name of the inputs without labels, for people.
        inputs_fingerprint: of them, as of a data set.
        n: number of these inputs.
        disagreements: on how many of them the two networks do not give the same answer.
        delta: the failure probability of the bound on disagreement; the certificate has its own.
        disagreement_bound: on the probability that they do not give the same answer (Clopper and Pearson 1934).
        risk_bound: the certified bound and the bound on disagreement, together.
        sentence: the claim.
        assumptions: what it rests on besides the certificate's.
        batch_size: of the count; no free choice.
        runtime: what counted.
        seal: SHA-256 of all the rest in canonical form.
    """

    format: Literal["netrazor-extension-1"] = _FORMAT
    certificate_seal: Digest
    network: Annotated[str, Field(pattern=r"^\w{1,100}$")]
    source_sha256: Digest
    tensors_sha256: Digest
    inputs: str
    inputs_fingerprint: Digest
    n: Positive
    disagreements: Count
    delta: Probability
    disagreement_bound: Risk = 1.0
    risk_bound: Risk = 1.0
    sentence: str = ""
    assumptions: tuple[str, ...] = ASSUMED
    batch_size: Positive
    runtime: str
    seal: str = ""

    def to_json(self) -> str:
        """The text of ``extension.json``."""
        return json.dumps(self.model_dump(mode="json"), indent=2, ensure_ascii=True, allow_nan=False) + "\n"


def conclude_extension(draft: ExtensionRecord, certificate: Certificate) -> ExtensionRecord:
    """``draft`` with what follows from its counts and from ``certificate``, sealed.

    Raises:
        CertificateError: the certificate's first claim is not about the error of a network without noise.
        InvalidArgument: numbers outside the domain of the bound.
    """
    refuse_other_certificates(certificate)
    disagreement = risk_up(float(bounds.clopper_pearson(draft.disagreements, draft.n, draft.delta)))
    risk = risk_up(certificate.risk_bound + disagreement)
    filled = draft.model_copy(
        update={"disagreement_bound": disagreement, "risk_bound": risk, "assumptions": ASSUMED}
    )
    told = filled.model_copy(update={"sentence": _sentence(filled, certificate)})
    return told.model_copy(update={"seal": _digest(told)})


def refuse_other_certificates(certificate: Certificate) -> None:
    """Refuse to extend what says nothing about the answers of one network.

    Raises:
        CertificateError: as for `conclude_extension`.
    """
    if (
        certificate.prior.learner is not None
        or certificate.noise is not None
        or certificate.claims[0].top != 1
        or not certificate.claims[0].is_error
    ):
        raise CertificateError(
            "extend: a certificate of a network without noise, whose first claim is about the best answer, needed, "
            f"got one of method {certificate.method!r}; issue one with a recipe without noise"
        )


def parse_extension(text: bytes) -> ExtensionRecord:
    """The record in ``text``, its form checked, nothing else.

    Raises:
        CertificateError: it is none.
    """
    try:
        return ExtensionRecord.model_validate_json(json.dumps(load_json(text)), strict=True)
    except (ValidationError, ValueError, RecursionError) as error:
        raise CertificateError(
            f"{EXTENSION}: not the record of an extension ({str(error).splitlines()[0]:.200}); it is damaged, "
            "altered or of another version: extend again"
        ) from error


def check_extension(record: ExtensionRecord, certificate: Certificate) -> tuple[Finding, ...]:
    """What of an extension does not follow from its counts and the certificate beside it."""
    if record.certificate_seal != certificate.seal:
        return (Finding("extension", f"{EXTENSION} extends another certificate than the one beside it"),)
    if record.disagreements > record.n:
        return (Finding("extension", "disagreements: no more than n needed, got more"),)
    if record.batch_size != COUNTING_BATCH:
        return (Finding("extension", f"batch_size: {COUNTING_BATCH} needed, got {record.batch_size}"),)
    expected = conclude_extension(record, certificate)
    if record != expected:
        names = [
            name for name in type(record).model_fields if getattr(record, name) != getattr(expected, name)
        ]
        return (
            Finding("extension", f"{EXTENSION}: {', '.join(names)} differ from what follows from the counts"),
        )
    return ()


def _sentence(record: ExtensionRecord, certificate: Certificate) -> str:
    total = float(Decimal(repr(certificate.delta)) + Decimal(repr(record.delta)))
    return (
        f"With probability at least {confidence(total)} % over the draws of the certified examples and of {record.n} "
        f"inputs without labels, the network {record.network} errs on at most {percent_up(record.risk_bound)} of new "
        f"examples: {percent_up(certificate.risk_bound)} of the certified network, and "
        f"{percent_up(record.disagreement_bound)} on which they disagree."
    )


def _digest(record: ExtensionRecord) -> str:
    content = record.model_dump(mode="json", exclude={"seal"})
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
