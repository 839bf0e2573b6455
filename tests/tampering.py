"""Certificates with one thing altered and sealed again, and what the check finds."""

from collections.abc import Callable
from typing import Any

import tiny
from netrazor.certification import Certificate, RunFiles, check_run, seal
from netrazor.certification.assumptions import assumptions_of
from netrazor.certification.bounding import bounded_claim
from netrazor.certification.sentences import claim_sentence


def change(record: Any, path: str, value: object) -> Any:
    """``record`` with the field at a dotted ``path`` replaced; a number steps into a tuple, a function is applied."""
    name, _, rest = path.partition(".")
    inner = record[int(name)] if name.isdigit() else getattr(record, name)
    new = change(inner, rest, value) if rest else value(inner) if callable(value) else value
    if name.isdigit():
        return (*record[: int(name)], new, *record[int(name) + 1 :])
    return record.model_copy(update={name: new})


def find(
    certificate: Certificate,
    blob: bytes | None,
    given: bytes | None = None,
    **options: Any,
) -> set[str]:
    """The codes of all findings."""
    findings, _ = check_run(RunFiles(certificate, blob, given, tiny.graph_of(certificate)), **options)
    return {finding.code for finding in findings}


def alter(run: Callable, changes: dict[str, object]) -> set[str]:
    """Findings after changes by dotted path, sealed again."""
    issued = run().issued
    certificate = issued.certificate
    for path, value in changes.items():
        certificate = change(certificate, path, value)
    return find(seal(certificate), issued.blob)


def conclude_again(certificate: Certificate, changes: dict[str, object]) -> Certificate:
    """Altered, with everything that follows made to follow again, as a forger would."""
    for path, value in changes.items():
        certificate = change(certificate, path, value)
    claims = tuple(bounded_claim(certificate, claim) for claim in certificate.claims)
    told = tuple(
        claim.model_copy(update={"sentence": claim_sentence(certificate, claim)}) for claim in claims
    )
    certificate = certificate.model_copy(update={"claims": told})
    return seal(certificate.model_copy(update={"assumptions": assumptions_of(certificate)}))
