"""One text for one certificate: sorted keys, no spare space, shortest floats; and the seal over it.

The seal tells an accident from an intact file. It is no signature: whoever alters a certificate can seal it
again, so verification computes every number anew.
"""

import hashlib
import json

from pydantic import ValidationError

from netrazor.certification.bounded_json import load_json
from netrazor.certification.record import FORMAT, Certificate
from netrazor.errors import CertificateError

MAX_BYTES = 4 * 2**20
HEADLINE = ("claim", "risk_bound", "empirical_risk", "errors", "n", "effective_bits", "message_bytes")


def seal(certificate: Certificate) -> Certificate:
    """The certificate with the seal that belongs to it."""
    return certificate.model_copy(update={"seal": digest(certificate)})


def digest(certificate: Certificate) -> str:
    """SHA-256 of the canonical form of all fields but the seal."""
    content = certificate.model_dump(mode="json", exclude={"seal"})
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def to_json(certificate: Certificate) -> str:
    """The text of ``certificate.json``: the same content, laid out for reading, the headline's numbers at its top."""
    content = certificate.model_dump(mode="json")
    laid_out = {"format": content.pop("format"), **_headline(certificate), **content}
    return json.dumps(laid_out, indent=2, ensure_ascii=True, allow_nan=False) + "\n"


def _headline(certificate: Certificate) -> dict[str, object]:
    """What people and scripts look for first; all of it follows from the claims and the message."""
    return {name: getattr(certificate, name) for name in HEADLINE}


def parse(text: str | bytes) -> Certificate:
    """The certificate in ``text``, its form checked, its seal not yet.

    Raises:
        CertificateError: not JSON, a field missing, unknown, twice, of another type, or out of range; an earlier
            format; too long.
    """
    if len(text) > MAX_BYTES:
        raise CertificateError(f"certificate: at most {MAX_BYTES} bytes allowed, got {len(text)}")
    try:
        content = load_json(text)
        _refuse_other_formats(content)
        headline = {
            name: content.pop(name) for name in HEADLINE if isinstance(content, dict) and name in content
        }
        certificate = Certificate.model_validate_json(json.dumps(content), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "certificate"
        raise CertificateError(
            f"{place}: {first['msg']}, got {repr(first['input'])[:80]}; the certificate is damaged, altered "
            "or of another version: issue it again"
        ) from error
    except (ValueError, RecursionError) as error:
        raise CertificateError(
            f"certificate: must be JSON, got text that is not ({str(error)[:200]}); get the file again"
        ) from error
    _check_headline(certificate, headline)
    return certificate


def _check_headline(certificate: Certificate, headline: dict[str, object]) -> None:
    for name, expected in _headline(certificate).items():
        if headline.get(name) != expected or isinstance(headline.get(name), bool):
            raise CertificateError(
                f"{name}: {expected!r:.80} needed, as claims and message say, got {headline.get(name)!r:.80}; the "
                "certificate is damaged, altered or of another version: issue it again"
            )


def _refuse_other_formats(content: object) -> None:
    found = content.get("format") if isinstance(content, dict) else None
    if isinstance(found, str) and found != FORMAT:
        raise CertificateError(
            f"format: {FORMAT} needed, got {found[:80]!r}; issue it again with this version, or verify it with the "
            "version that its provenance names"
        )
