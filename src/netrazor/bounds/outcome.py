"""What a bound says, as a word of its own: a vacuous bound is an outcome, not a special number."""

import enum

from netrazor.bounds._arguments import UNIT, at_least


class Outcome(enum.Enum):
    """What an upper bound on an error probability amounts to."""

    VACUOUS = "vacuous: every classifier has an error of at most 1"
    GUESSING = "no better than guessing among the classes"
    INFORMATIVE = "non-vacuous"


def outcome(bound: float, classes: int) -> Outcome:
    """What ``bound`` says about a classifier of ``classes`` classes.

    Raises:
        InvalidArgument: a bound outside [0, 1], fewer than 2 classes.
    """
    UNIT.check("bound", bound)
    at_least(2).check("classes", classes)
    if bound >= 1:
        return Outcome.VACUOUS
    return Outcome.GUESSING if bound >= 1 - 1 / classes else Outcome.INFORMATIVE
