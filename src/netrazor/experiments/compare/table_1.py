"""The paper's Table 1: for which data sets a method says something, as printed and as computed here."""

from dataclasses import dataclass

from netrazor.baselines import Estimate, Kind, Missing
from netrazor.bounds import Outcome
from netrazor.experiments.compare.comparison import Comparison

# As printed: whether a non-vacuous guarantee was given for MNIST and for ImageNet.
PUBLISHED = {
    "DR17": (True, False),
    "NBS18": (False, False),
    "Aro+18": (False, False),
    "Occam (Theorem 4.1)": (True, True),
    "Theorem 5.1": (True, True),
}


@dataclass(frozen=True)
class Line:
    """A row of Table 1: for MNIST and for ImageNet, whether the method says something; None where not tried."""

    method: str
    structure: str
    published: tuple[bool, bool]
    here: tuple[bool | None, bool | None]


def table_1(comparison: Comparison) -> list[Line]:
    """The paper's Table 1: DR17 on its own network with true labels, the others on the run's; then ImageNet."""
    own, true, _, imagenet = (
        {row.found.method: row.found for row in setting.rows} for setting in comparison.settings
    )
    lines = []
    for method, published in PUBLISHED.items():
        first = own.get(method) or true[method]
        here = (_informative(first), _informative(imagenet[method]))
        structure = first.structure or imagenet[method].structure
        lines.append(Line(method, structure, published, here))
    return lines


def _informative(found: Estimate | Missing) -> bool | None:
    """Whether it is a bound, and below what guessing reaches."""
    if isinstance(found, Missing):
        return None
    return found.kind is Kind.BOUND and found.outcome is Outcome.INFORMATIVE
