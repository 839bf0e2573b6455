"""What checking and verification come to: findings, and a status that says how far they went."""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Literal

from netrazor.certification.assumptions import trusted_in
from netrazor.certification.record import Certificate
from netrazor.certification.yardsticks import measure_yardsticks, says_less_than_guessing

Status = Literal["VALID", "DIFFERS", "CONSISTENT, NOT RECOUNTED", "INVALID"]

_EXIT_CODES: dict[Status, int] = {"VALID": 0, "INVALID": 1, "DIFFERS": 3, "CONSISTENT, NOT RECOUNTED": 3}
_SHOWN = 120  # characters of a value in a finding


@dataclass(frozen=True)
class Finding:
    """One thing that does not hold: a stable code and a sentence."""

    code: str
    text: str


@dataclass(frozen=True)
class Verdict:
    """What verification came to.

    Attributes:
        status: VALID only after the errors were counted again on the certified examples; without them a
            certificate can at most be consistent. DIFFERS where the replay of a learner whose arithmetic depends on
            the machine parted from the record: the notes say what this machine found, and its own valid bound.
        findings: what does not hold.
        certificate: as read, None where it cannot be.
        notes: what a reader should know besides.
    """

    status: Status
    findings: tuple[Finding, ...] = ()
    certificate: Certificate | None = None
    notes: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 valid, 1 invalid, 3 consistent but not confirmed by a count."""
        return _EXIT_CODES[self.status]

    def to_json(self) -> str:
        """The verdict for programs."""
        content: dict[str, object] = {
            "status": self.status,
            "findings": [asdict(finding) for finding in self.findings],
        }
        if self.certificate is not None:
            content |= {
                "method": self.certificate.method,
                "claim": self.certificate.claim,
                "risk_bound": self.certificate.risk_bound,
                "claims": [claim.sentence for claim in self.certificate.claims],
            }
            if self.status != "INVALID":  # the numbers of others may not even fit together
                content |= {
                    "yardsticks": asdict(measure_yardsticks(self.certificate)),
                    "says_less_than_guessing": says_less_than_guessing(self.certificate),
                    "assumptions": list(self.certificate.assumptions),
                    "trusted": list(trusted_in(self.certificate)),
                }
        return json.dumps({**content, "notes": list(self.notes)}, indent=2) + "\n"


def compare(*items: tuple[str, str, object, object]) -> Iterator[Finding]:
    """A finding for each (code, name, got, expected) whose last two differ."""
    for code, name, got, expected in items:
        if got != expected:
            yield Finding(code, f"{name} is {_shown(got)}; what it rests on gives {_shown(expected)}")


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."
