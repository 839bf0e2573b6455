"""Where picking may stop: numbers of picks declared in advance, each certified at its share of delta."""

from collections.abc import Sequence
from itertools import pairwise

from netrazor.errors import InvalidArgument

DEFAULT_STOPS = 16


def check_stops(stops: Sequence[int], counted: int) -> tuple[int, ...]:
    """``stops``, if picking among ``counted`` examples can stop there.

    Raises:
        InvalidArgument: no stops, stops that do not increase, or one outside of 0 .. ``counted``.
    """
    if not stops or any(isinstance(stop, bool) or not isinstance(stop, int) for stop in stops):
        raise InvalidArgument(f"stops: must be at least one whole number of picks, got {list(stops)}")
    if any(later <= stop for stop, later in pairwise(stops)):
        raise InvalidArgument(f"stops: must increase, got {list(stops)}; sort them and name each once")
    if stops[0] < 0:
        raise InvalidArgument(f"stops: must not be negative, got {stops[0]}")
    if stops[-1] > counted:
        which = "first" if stops[0] > counted else "last"
        raise InvalidArgument(
            f"stops: the {which} asks for {stops[0 if which == 'first' else -1]} picks, and {counted} examples are "
            "counted; declare smaller stops, or give more examples"
        )
    return tuple(stops)


def geometric_stops(first: int, last: int, number: int = DEFAULT_STOPS) -> tuple[int, ...]:
    """At most ``number`` stops from ``first`` to ``last``, at about equal ratios, equal ones once.

    Raises:
        InvalidArgument: not 1 <= first <= last, or no stops.
    """
    if not 1 <= first <= last or number < 1:
        raise InvalidArgument(
            f"stops: first, last and number must fit 1 <= first <= last and number >= 1, got {first}, {last}, "
            f"{number}"
        )
    steps = max(1, number - 1)
    between = (round(first * (last / first) ** (step / steps)) for step in range(number - 1))
    return tuple(sorted({*between, last}))


def share_of_delta(delta: float, stops: Sequence[int], candidates: int = 1) -> float:
    """What of ``delta`` each stop has, if the best stop of ``candidates`` declared recipes is certified."""
    return delta / (len(stops) * candidates)
