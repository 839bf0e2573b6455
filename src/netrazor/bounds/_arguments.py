"""Checked, broadcast arguments: a bound states the domain of each argument once, above its formula."""

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeAlias

import numpy as np
from numpy.typing import NDArray

from netrazor.errors import InvalidArgument

Array: TypeAlias = NDArray[np.float64]
Numbers: TypeAlias = Any  # a number, giving a float; or an array (or nested lists), giving an array
P = ParamSpec("P")


@dataclass(frozen=True)
class Domain:
    """What an argument may be: a sentence for the message, a test for arrays, advice when it fails."""

    allowed: str
    holds: Callable[[Array], NDArray[np.bool_]]
    advice: str

    def check(self, name: str, value: Numbers) -> Array:
        """``value`` as a float64 array.

        Raises:
            InvalidArgument: not real numbers, NaN, or outside the domain.
        """
        numbers = as_numbers(name, value, self)
        wrong = ~self.holds(numbers)
        if wrong.any():
            raise self.refusal(name, numbers[wrong].flat[0])
        return numbers

    def refusal(self, name: str, got: object) -> InvalidArgument:
        """The error that names the argument, what is allowed, what was got and what to do."""
        shown = f"{got:g}" if isinstance(got, float) else repr(got)
        return InvalidArgument(f"{name}: must be {self.allowed}, got {shown}; {self.advice}")


def as_numbers(name: str, value: Numbers, domain: Domain) -> Array:
    """``value`` as float64, refusing text, truth values, complex numbers and ragged lists."""
    try:
        raw = np.asarray(value)
    except ValueError as error:
        raise domain.refusal(name, value) from error
    if raw.dtype.kind == "O":  # integers beyond 64 bits arrive as objects
        whole = all(isinstance(item, int) and not isinstance(item, bool) for item in raw.flat)
        raw = np.vectorize(_float_of_int, otypes=[float])(raw) if whole and raw.size else raw
    if raw.dtype.kind not in "iuf":
        raise domain.refusal(name, value)
    return raw.astype(np.float64)


def _float_of_int(number: int) -> float:
    try:
        return float(number)
    except OverflowError:
        return float("inf")


def at_least(least: int) -> Domain:
    """Whole numbers from ``least`` to 2^53, beyond which a float is no exact count."""
    return Domain(
        f"a whole number from {least} to 2^53",
        lambda x: (x >= least) & (x <= 2.0**53) & (x == np.floor(x)),
        "count them",
    )


def count_of(advice: str) -> Domain:
    """Whole numbers from 0; that none exceeds n, which the domain does not know, is for ``check_within``."""
    return Domain(
        "a whole number from 0 to n",
        lambda x: (x >= 0) & (x <= 2.0**53) & (x == np.floor(x)),
        advice,
    )


def check_within(name: str, counts: Array, n: Array, domain: Domain) -> None:
    """Refuse counts above n.

    Raises:
        InvalidArgument: a count above n.
    """
    beyond = counts > n
    if beyond.any():
        raise domain.refusal(name, f"{counts[beyond][0]:g} with n = {n[beyond][0]:g}")


PROBABILITY = Domain(
    "in the open interval (0, 1)",
    lambda x: (x > 0) & (x < 1),
    "choose a failure probability such as 0.05",
)
UNIT = Domain(
    "in [0, 1]",
    lambda x: (x >= 0) & (x <= 1),
    "pass a fraction, not a percentage or a count",
)
NONNEGATIVE = Domain(
    "a finite number of at least 0",
    lambda x: (x >= 0) & np.isfinite(x),
    "a length or divergence cannot be negative, infinite or NaN",
)
POSITIVE = Domain(
    "a finite number above 0",
    lambda x: (x > 0) & np.isfinite(x),
    "pass a positive scale",
)
FINITE = Domain("a finite number", np.isfinite, "remove NaN and infinite values first")
ABOVE_ONE = Domain(
    "a finite number above 1",
    lambda x: (x > 1) & np.isfinite(x),
    "fix one before looking at the data, such as 1.0001",
)


def elementwise(**domains: Domain) -> Callable[[Callable[P, Numbers]], Callable[P, Numbers]]:
    """Make a formula on equally long vectors a function of numbers or broadcastable arrays.

    The arguments named in ``domains`` are checked, broadcast together and flattened before the formula sees
    them; the result takes their common shape, or becomes a float where all of them are plain numbers. Other
    arguments pass through untouched.
    """

    def decorate(formula: Callable[P, Numbers]) -> Callable[P, Numbers]:
        signature = inspect.signature(formula)

        @functools.wraps(formula)
        def bound(*args: P.args, **kwargs: P.kwargs) -> Numbers:
            call = signature.bind(*args, **kwargs)
            call.apply_defaults()
            given = {name: domain.check(name, call.arguments[name]) for name, domain in domains.items()}
            shape = _common_shape(given)
            for name, numbers in given.items():
                call.arguments[name] = np.broadcast_to(numbers, shape).ravel()
            values = formula(*call.args, **call.kwargs)
            return values.reshape(shape) if shape else float(values[0])

        return bound

    return decorate


def _common_shape(given: dict[str, Array]) -> tuple[int, ...]:
    try:
        return np.broadcast_shapes(*(numbers.shape for numbers in given.values()))
    except ValueError as error:
        shapes = ", ".join(f"{name} {numbers.shape}" for name, numbers in given.items())
        raise InvalidArgument(
            f"{' and '.join(given)}: shapes must broadcast to one shape, got {shapes}; reshape the arrays"
        ) from error
