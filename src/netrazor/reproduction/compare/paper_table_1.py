"""The paper's Table 1: for which data sets a method says something, as printed and as computed here."""

from netrazor.baselines import Estimate, Kind, Missing
from netrazor.bounds import Outcome
from netrazor.reproduction.compare.comparison_record import Line, Setting

# As printed: whether a non-vacuous guarantee was given for MNIST and for ImageNet.
PUBLISHED = {
    "DR17": (True, False),
    "NBS18": (False, False),
    "Aro+18": (False, False),
    "Occam (Theorem 4.1)": (True, True),
    "Theorem 5.1": (True, True),
}


def table_1(own: Setting, true: Setting, imagenet: Setting) -> tuple[Line, ...]:
    """The paper's Table 1: DR17 on its own network with true labels, the others on the run's; then ImageNet."""
    first, second, third = (
        {row.found.method: row.found for row in setting.rows} for setting in (own, true, imagenet)
    )
    lines = []
    for method, published in PUBLISHED.items():
        mnist, large = first.get(method) or second[method], third[method]
        here = (_informative(mnist), _informative(large))
        structure = mnist.structure or large.structure
        lines.append(Line(method, structure, published, here))
    return tuple(lines)


def _informative(found: Estimate | Missing) -> bool | None:
    """Whether it is a bound, and below what guessing reaches."""
    if isinstance(found, Missing):
        return None
    return found.kind is Kind.BOUND and found.outcome is Outcome.INFORMATIVE
