"""One text for one certificate: sorted keys, no spare space, shortest floats; and the seal over it.

The seal tells an accident from an intact file. It is no signature: whoever alters a certificate can seal it
again, so verification computes every number anew.
"""

import hashlib
import json
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from netrazor.certification.record import Certificate
from netrazor.errors import CertificateError

MAX_BYTES = 16 * 2**20

R = TypeVar("R", bound=BaseModel)  # a record with a field ``seal``


def seal(certificate: R) -> R:
    """The certificate with the seal that belongs to it."""
    return certificate.model_copy(update={"seal": digest(certificate)})


def digest(certificate: BaseModel) -> str:
    """SHA-256 of the canonical form of all fields but the seal."""
    content = certificate.model_dump(mode="json", exclude={"seal"})
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def to_json(certificate: BaseModel) -> str:
    """The text of ``certificate.json``: the same content, laid out for reading."""
    content = certificate.model_dump(mode="json")
    return json.dumps(content, indent=2, ensure_ascii=True, allow_nan=False) + "\n"


def parse(text: str | bytes) -> Certificate:
    """The certificate in ``text``, its form checked, its seal not yet.

    Raises:
        CertificateError: not JSON, a field missing, unknown, twice, of another type, or out of range.
    """
    return parse_as(Certificate, text)


def parse_as(record: type[R], text: str | bytes) -> R:
    """As `parse`, for a record of another kind."""
    if len(text) > MAX_BYTES:
        raise CertificateError(f"certificate: at most {MAX_BYTES} bytes allowed, got {len(text)}")
    try:
        content = json.loads(text, object_pairs_hook=_without_duplicates, parse_constant=_refuse_constant)
        return record.model_validate_json(json.dumps(content), strict=True)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "certificate"
        raise CertificateError(
            f"{place}: {first['msg']}, got {str(first['input'])[:80]!r}; the certificate is damaged, altered "
            "or of another version: issue it again"
        ) from error
    except (ValueError, RecursionError) as error:
        raise CertificateError(
            f"certificate: must be JSON, got text that is not ({error}); get the file again"
        ) from error


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) != len(pairs):
        raise ValueError("a key appears twice in one object")
    return content


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")
