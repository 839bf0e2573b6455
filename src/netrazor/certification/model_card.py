"""The part of a model card that a certificate fills, as Markdown: claims, assumptions, and how to check them."""

from netrazor.certification.claim_rows import ClaimRows, rows_of
from netrazor.certification.record import Certificate
from netrazor.certification.sentences import confidence
from netrazor.certification.yardsticks import marked_sentence, yardstick_sentence

MOST_ROWS = 40  # of one table of a claim

NOT_SAID = (
    "Nothing is claimed about examples of another distribution than the training examples': other places, times or "
    "devices, or inputs that somebody chose to mislead it.",
    "Nothing is claimed about any single answer; the claim is about the mean over new examples.",
    "The draws are taken to be independent; several examples of one person, place or scene are not.",
)


def model_card_section(certificate: Certificate, checking: str = "netrazor verify RUN") -> str:
    """A section of Markdown; ``checking`` is the command that verifies the certificate."""
    sample = certificate.sample
    parts = [
        "## Certified error",
        f"All claims hold together with probability at least {confidence(certificate.delta)} % over the draw of "
        f"{sample.counted:,} examples of {_plain(sample.name)}, {_part_in_training(certificate)}.",
    ]
    for claim in certificate.claims:
        parts.append(f"- {_plain(marked_sentence(certificate, claim))}")
        parts.append(f"  {_plain(yardstick_sentence(certificate, claim))}")
        found = rows_of(certificate, claim, MOST_ROWS)
        if found is not None:
            parts.append(_table(found))
    parts += ["### It holds if", "\n".join(f"- {_plain(each)}" for each in certificate.assumptions)]
    parts += ["### What it does not say", "\n".join(f"- {each}" for each in NOT_SAID)]
    parts += [
        "### Checking it",
        f"    {checking}",
        f"The certificate's seal is `{certificate.seal}`, the training set's fingerprint `{sample.fingerprint}`.",
    ]
    return "\n\n".join(parts) + "\n"


def _part_in_training(certificate: Certificate) -> str:
    if certificate.method == "hold-out":
        return "which had no part in training"
    if certificate.method == "picked":
        return "from which it picked those that it was trained on: the bound pays for that"
    return "on which it was trained as well: the bound pays for that, and no test set was used"


def _table(found: ClaimRows) -> str:
    lines = [found.heads, tuple("---" for _ in found.heads), *found.rows]
    drawn = "\n".join("| " + " | ".join(map(_plain, line)) + " |" for line in lines)
    return f"{_plain(found.title)}:\n\n{drawn}" + (f"\n\n{_plain(found.note)}" if found.note else "")


def _plain(text: str) -> str:
    """``text`` without what Markdown or HTML would take for more than text; names are the user's own."""
    escaped = "".join(f"\\{c}" if c in "\\`*_{}[]<>#|~" else c for c in text)
    return " ".join(escaped.split())
