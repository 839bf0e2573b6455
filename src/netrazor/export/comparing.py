"""On how many examples an exported network gives another answer than the certified one, and what follows."""

from dataclasses import dataclass
from typing import Any

from torch import nn

from netrazor import bounds
from netrazor.certification import Certificate
from netrazor.certification.risk_rounding import risk_up
from netrazor.counting.disagreement import count_disagreements
from netrazor.data import fingerprint
from netrazor.data.subsets import size_of
from netrazor.errors import InvalidArgument


@dataclass(frozen=True)
class ExportComparison:
    """What was compared.

    Attributes:
        n: examples.
        differ: on how many of them the two do not give the same answer.
        delta: failure probability of the bound, besides that of the certificate.
        bound: on the share of new examples on which they do not; None where none follows from these examples.
        risk_bound: on the error of the exported network; None likewise.
    """

    n: int
    differ: int
    delta: float
    bound: float | None = None
    risk_bound: float | None = None


def compare_answers(
    certificate: Certificate, certified: nn.Module, exported: nn.Module, dataset: Any, delta: float = 0.01
) -> ExportComparison:
    """Count on ``dataset``, and bound where it is the certified training set.

    Claim: there, with probability at least 1 - ``delta``, the two differ on at most ``bound`` of new examples: both
    follow from the message, so Theorem 4.1 holds for their disagreement as it does for the error, at the message's
    bits. Where both give the same answer the exported network errs only where the certified one does. The exporter
    must have been chosen without the examples. For other inputs: `netrazor.extend`.

    Raises:
        InvalidArgument: delta is none.
        BadDataset, UnsupportedModel: as for `netrazor.counting.disagreement.count_disagreements`.
    """
    check_delta(delta)
    n, differ = size_of(dataset), count_disagreements(certified, exported, dataset)
    headline = certificate.claims[0]
    usual = certificate.method == "occam" and not certificate.sample.spent
    if (
        not (usual and headline.is_error and headline.top == 1)
        or fingerprint(dataset) != certificate.sample.fingerprint
    ):
        return ExportComparison(n, differ, delta)
    bound = risk_up(float(bounds.occam(differ, n, certificate.effective_bits, delta)))
    return ExportComparison(n, differ, delta, bound, risk_up(min(1.0, certificate.risk_bound + bound)))


def check_delta(delta: float) -> None:
    """Raises: InvalidArgument: no failure probability."""
    if not 1e-100 <= delta < 1:
        raise InvalidArgument(
            f"delta: a probability from 1e-100 to below 1 allowed, got {delta!r}; 0.01 is usual"
        )
