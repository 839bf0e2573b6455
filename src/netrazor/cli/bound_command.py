"""`netrazor bound`: a calculator with all bounds side by side."""

import json
import re
from dataclasses import asdict, dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter
from rich.table import Table

from netrazor.cli.console import open_console
from netrazor.errors import ConfigurationError
from netrazor.units import (
    BITS_PER_BYTE,
    BYTES_PER_KIB,
    bits_from_nats,
    decimal_up,
    kib_from_bits,
    nats_from_bits,
    percent_up,
)

if TYPE_CHECKING:
    from netrazor.bounds import Outcome
    from netrazor.bounds.comparison import Line

_LARGEST = 1e300  # of a size
_LONGEST_RISK = 1000  # characters


@Parameter(name="*")
@dataclass(frozen=True)
class Observed:
    """What was observed on the sample; one of the two.

    Attributes:
        risk: empirical risk, as a fraction: 0.35.
        errors: errors among the n examples, instead of --risk.
    """

    risk: str | None = None
    errors: int | None = None


@Parameter(name="*")
@dataclass(frozen=True)
class Length:
    """What is paid for; one of the four.

    Attributes:
        bits: length of the message.
        bytes: the same in bytes.
        kib: the same in KiB.
        nats: a divergence instead of a length.
    """

    bits: float | None = None
    bytes: float | None = None
    kib: float | None = None
    nats: float | None = None


def bound(
    *,
    n: int,
    observed: Observed = Observed(),
    length: Length = Length(),
    delta: float = 0.05,
    classes: int | None = None,
    as_json: Annotated[bool, Parameter(name="--json", negative="")] = False,
) -> None:
    """Bound the error on new examples from the error on n examples and a length, by every method.

    Args:
        n: number of independent examples.
        delta: failure probability.
        classes: number of classes, to tell what guessing reaches; nothing is said of it without.
        as_json: print JSON.
    """
    from netrazor import bounds

    kl_nats = length_in_nats(length)
    lines = bounds.side_by_side(exact_risk(observed, n), n, kl_nats, delta)
    outcomes = [None if classes is None else bounds.outcome(line.bound, classes) for line in lines]
    if as_json:
        found = [
            {
                "method": line.method,
                "bound": line.bound,
                "holds_for": line.holds_for,
                **({} if word is None else {"outcome": word.name.lower()}),
            }
            for line, word in zip(lines, outcomes, strict=True)
        ]
        print(json.dumps({"n": n, "nats": kl_nats, "delta": delta, "bounds": found}, indent=2))
        return
    console = open_console()
    console.print(_table(lines, outcomes, f"{n} examples, {_size(kl_nats)}, delta {delta:g}"))
    if classes is not None:
        console.print(f"A uniform guess among {classes} classes errs on {100 * (1 - 1 / classes):.2f} %.")
    console.print("Each line holds alone; to quote the least of k lines, ask for --delta divided by k.")


def length_in_nats(length: Length) -> float:
    """The one size that was given.

    Raises:
        ConfigurationError: none was, or more than one, or it is no size.
    """
    given = {name: value for name, value in asdict(length).items() if value is not None}
    if len(given) != 1:
        raise ConfigurationError(
            f"--bits, --bytes, --kib or --nats: exactly one must be given, got {len(given)}; state one size"
        )
    ((unit, size),) = given.items()
    if not 0 <= size <= _LARGEST:
        raise ConfigurationError(
            f"--{unit}: a number from 0 to {_LARGEST:g} allowed, got {size:g}; state the size"
        )
    bits = {"bits": 1, "bytes": BITS_PER_BYTE, "kib": BITS_PER_BYTE * BYTES_PER_KIB}
    return float(size) if unit == "nats" else nats_from_bits(size * bits[unit])


def exact_risk(observed: Observed, n: int) -> Fraction:
    """The empirical risk, without rounding.

    Raises:
        ConfigurationError: none or both are given, or it is no number.
    """
    if (observed.risk is None) == (observed.errors is None):
        raise ConfigurationError(
            "--risk or --errors: exactly one must be given; state the errors on the sample"
        )
    if observed.errors is not None:
        if n < 1 or not 0 <= observed.errors <= n:
            raise ConfigurationError(
                f"--errors: must be from 0 to n = {n}, got {observed.errors}; count them again"
            )
        return Fraction(observed.errors, n)
    try:
        text = str(observed.risk)
        if len(text) > _LONGEST_RISK or re.search(
            r"[eE][+-]?0*\d{4}", text
        ):  # exact, it would fill the memory
            raise ValueError
        return Fraction(text)
    except (ValueError, ZeroDivisionError) as error:
        raise ConfigurationError(
            f"--risk: must be a number in [0, 1], got {observed.risk!r}; write 0.35"
        ) from error


def _table(lines: "list[Line]", outcomes: "list[Outcome | None]", title: str) -> Table:
    """The last column says what a bound is worth, where the number of classes is known."""
    heads = ["bound", "error on new examples", "holds for", *(["outcome"] if None not in outcomes else [])]
    table = Table(*heads, title=title, title_justify="left")
    for line, word in zip(lines, outcomes, strict=True):
        table.add_row(
            line.method, percent_up(line.bound), line.holds_for, *([] if word is None else [word.value])
        )
    return table


def _size(kl_nats: float) -> str:
    return f"{decimal_up(kl_nats, 1)} nats, {decimal_up(kib_from_bits(bits_from_nats(kl_nats)), 3)} KiB"
