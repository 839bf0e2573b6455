"""The page of an evidence pack: which requirement each file speaks to, how far, and what is left to others.

The numbers are those of EASA's concept paper on machine learning of levels 1 and 2 (learning process management and
training, LM), and of Regulation (EU) 2024/1689. Their wording is told here in short; it is to be read there.
"""

from dataclasses import dataclass

from netrazor.certification import Certificate
from netrazor.certification.model_card import NOT_SAID
from netrazor.units import decimal_up, percent_up


@dataclass(frozen=True)
class Requirement:
    """One requirement: its number, what it asks for, what the pack has for it, and what it has not."""

    number: str
    asks: str
    has: str
    lacks: str


def requirements(certificate: Certificate) -> tuple[Requirement, ...]:
    """The requirements that the pack speaks to, with what the certificate says to each."""
    message = certificate.message
    sent = "no message" if message is None else f"a message of {message.bytes:,} bytes"
    bound = percent_up(certificate.risk_bound)
    return (
        Requirement(
            "EASA LM-04",
            "quantified guarantees of generalization",
            f"run/certificate.json: an error on new examples of at most {bound}, at a failure probability of "
            f"{certificate.delta:g}, from {certificate.n:,} counted examples and {sent}; the theorem and every "
            "number that enters it are in the file, and report.html shows the way from the count to the claim.",
            "Whether the bound is low enough for the use, and whether the examples stand for the operational domain.",
        ),
        Requirement(
            "EASA LM-06",
            "optimizations of the model, such as pruning and quantization, documented with their effect",
            "The bound is about the network after pruning and quantization, as decoded from the message, so their "
            "effect is in it; run/result.json and report.html have the sizes, where the run left them.",
            "The performance of the network before it was cut down, and of any later conversion (netrazor export "
            "compares that).",
        ),
        Requirement(
            "EASA LM-07",
            "bias and variance considered in the choice of the model family; training that can be repeated",
            f"The length of the message is the price of the model's capacity: {_paid(certificate)}. Seed, recipe and "
            "versions are in run/certificate.json and environment.json; netrazor verify rebuilds the network from "
            "the message and counts again.",
            "Why this family of models was chosen. Training again gives the same network on the same machine and "
            "versions only; what can be repeated anywhere is the verification.",
        ),
        Requirement(
            "EASA LM-09",
            "performance on test data evaluated and documented",
            "Nothing in place of it: the bound rests on the training examples and their independence.",
            "A test set of its own, kept apart, and its evaluation.",
        ),
        Requirement(
            "EU AI Act, Article 15",
            "an appropriate level of accuracy; its metrics and levels declared in the instructions for use",
            f"MODEL_CARD.md: a text with the metric (share of wrong answers), the level (at most {bound}), what it "
            "holds for and how it is checked, ready for the instructions.",
            "Robustness and cybersecurity, which the article asks for too, and accuracy under the conditions of use.",
        ),
    )


def mapping_page(certificate: Certificate) -> str:
    """The page as Markdown."""
    parts = [
        "# What this pack is evidence for",
        "It is material for an assessment, not an assessment: nobody at netrazor has judged the system. "
        + certificate.claim,
        "What each requirement asks for is told here in short and from second hand: its own wording decides, in the "
        "edition that applies to you.",
    ]
    for each in requirements(certificate):
        parts.append(
            f"## {each.number}: {each.asks}\n\n**In the pack.** {each.has}\n\n**Not in the pack.** {each.lacks}"
        )
    parts.append("## What no part of this pack covers")
    parts.append("\n".join(f"- {sentence}" for sentence in NOT_SAID))
    parts.append("## What the claim assumes")
    parts.append("\n".join(f"- {sentence}" for sentence in certificate.assumptions))
    return "\n\n".join(parts) + "\n"


def _paid(certificate: Certificate) -> str:
    if certificate.message is None:
        return "none is paid here, since the counted examples had no part in the model"
    return f"{decimal_up(certificate.effective_bits, 0)} bits of it are paid by the bound"
