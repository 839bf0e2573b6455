"""What was measured beside a certificate: test error, seconds, command. No claim rests on any of it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from netrazor.certification.bounded_json import load_json
from netrazor.errors import CertificateError

RESULT, MEASUREMENTS = "result.json", "measurements.json"
_LARGEST = 4 * 2**20


@dataclass(frozen=True)
class Measured:
    """Figures of a run's `result.json` and `measurements.json`; None where neither has one.

    Attributes:
        test: wrong answers on the published test set, and its number of examples.
        seconds: of the run that made the certificate, by the wall clock.
        command: that made it.
        date: of it.
    """

    test: tuple[int, int] | None = None
    seconds: float | None = None
    command: str | None = None
    date: str | None = None


def read_measured(directory: Path) -> Measured:
    """The figures in a run's directory.

    Raises:
        CertificateError: a file that is no JSON object, or too large.
    """
    found = {**_read(directory / RESULT), **_read(directory / MEASUREMENTS)}
    return Measured(
        _test(found.get("test")),
        _seconds(found.get("seconds")),
        _text(found, "command"),
        _text(found, "date"),
    )


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    if path.stat().st_size > _LARGEST:
        raise CertificateError(f"{path}: at most {_LARGEST} bytes allowed; remove it, no claim rests on it")
    try:
        content = load_json(path.read_bytes())
    except (ValueError, RecursionError) as error:
        raise CertificateError(f"{path}: must be JSON, got text that is not ({str(error)[:200]})") from error
    if not isinstance(content, dict):
        raise CertificateError(f"{path}: must be a JSON object, got {json.dumps(content)[:80]}")
    return content


def _test(test: object) -> tuple[int, int] | None:
    if not isinstance(test, dict):
        return None
    errors, n = test.get("errors"), test.get("n")
    return (errors, n) if isinstance(errors, int) and isinstance(n, int) and 0 <= errors <= n > 0 else None


def _seconds(seconds: object) -> float | None:
    """Of a run, or of its stages together."""
    if isinstance(seconds, dict):
        parts = [value for value in seconds.values() if isinstance(value, (int, float))]
        return float(sum(parts)) if parts else None
    return float(seconds) if isinstance(seconds, (int, float)) else None


def _text(found: dict[str, Any], name: str) -> str | None:
    value = found.get(name)
    return value if isinstance(value, str) else None
