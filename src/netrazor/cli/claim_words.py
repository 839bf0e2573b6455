"""Claims as words of the command line: ``--claims classes,confusion*2,top5,withheld=0.95 --groups site``.

A word is ``NAME`` or ``NAME=VALUE``, with ``*WEIGHT`` behind it where its share of delta is not to be that of others.
"""

import csv
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from netrazor.certification import claims
from netrazor.certification.claims import AnyClaim
from netrazor.errors import ConfigurationError

GRAMMAR = (
    "error, topK, classes, precision, confusion, balanced, ordinal, cost=FILE.csv, withheld[=SHARE]; of labels "
    "subset, hamming, labels; of numbers within=DISTANCE, absolute=SCALE, squared=SCALE; of images pixels[=IGNORED]"
)

Number = TypeVar("Number", int, float)

_WORD = re.compile(r"(?P<name>[a-z]+)(?P<k>\d*)(?:=(?P<value>[^*]+))?(?:\*(?P<weight>[^*]+))?")
_PLAIN: dict[str, Callable[..., AnyClaim]] = {
    "error": claims.Error,
    "classes": claims.ClassErrors,
    "precision": claims.ClassPrecision,
    "confusion": claims.Confusion,
    "balanced": claims.BalancedError,
    "ordinal": claims.OrdinalDistance,
    "subset": claims.SubsetError,
    "hamming": claims.HammingLoss,
    "labels": claims.LabelErrors,
    "pixels": claims.PixelErrors,
}
_OF_NUMBERS: dict[str, Callable[[float, int], AnyClaim]] = {
    "within": lambda value, weight: claims.Within(tolerance=value, weight=weight),
    "absolute": lambda value, weight: claims.AbsoluteError(scale=value, weight=weight),
    "squared": lambda value, weight: claims.SquaredError(scale=value, weight=weight),
}


@dataclass(frozen=True)
class GroupsRead:
    """The columns of ``--groups``, by name, and which of them are columns of the data that are no inputs."""

    columns: dict[str, Any] = field(default_factory=dict)
    leave_out: tuple[str, ...] = ()


def claims_of(words: str | None, groups: Sequence[str] = ()) -> tuple[AnyClaim, ...] | None:
    """The claims that ``words`` name, and one for each column of ``groups``; None where nothing was asked for.

    Raises:
        ConfigurationError: a word that names no claim, or a value that does not fit it.
    """
    if words is None and not groups:
        return None
    asked = [_claim(word.strip()) for word in (words or "").split(",") if word.strip()]
    if not asked and not groups:
        raise ConfigurationError(f"claims: words with commas between needed, got none; choose of {GRAMMAR}")
    if asked and all(claim.task != "single-label" for claim in asked) and not groups:
        return tuple(asked)
    first = [claim for claim in asked if claim.kind == "error"] or [claims.Error()]
    others = [claim for claim in asked if claim.kind != "error"]
    return (*first, *others, *(claims.GroupErrors(column=name) for name in groups))


def read_groups(references: Sequence[str], data: str | None) -> GroupsRead:
    """The columns that ``--groups`` names, from the CSV file of the data or files beside it.

    Raises:
        ConfigurationError: a column of data that is no CSV file, or two columns of one name.
        InvalidArgument, BadDataset: no such file or column.
    """
    if not references:
        return GroupsRead()
    from netrazor.data.csv_tables import column_from_csv

    columns: dict[str, Any] = {}
    leave_out = []
    for reference in references:
        file, _, name = reference.rpartition(":")
        if not file and (data is None or not data.endswith(".csv")):
            raise ConfigurationError(
                f"groups: FILE.csv:COLUMN needed where --data is no CSV file, got {reference!r}; write the column "
                "into a CSV file, a row for each example in the order of the data"
            )
        if name in columns:
            raise ConfigurationError(f"groups: each column once allowed, got {name!r} twice; leave one out")
        if not file:
            leave_out.append(name)
        columns[name] = column_from_csv(file or str(data), name)
    return GroupsRead(columns, tuple(leave_out))


def _claim(word: str) -> AnyClaim:
    parts = _WORD.fullmatch(word)
    if parts is None:
        raise _no_claim(word)
    name, k, value = parts["name"], parts["k"], parts["value"]
    weight = 1 if parts["weight"] is None else _number(word, parts["weight"], int)
    try:
        if name == "top" and k and value is None:
            return claims.TopK(k=int(k), weight=weight)
        if name == "withheld" and not k:
            answered = claims.ANSWERED if value is None else _number(word, value, float)
            return claims.Withheld(answered=answered, weight=weight)
        if name == "cost" and not k and value is not None:
            return claims.Cost(costs=_costs(Path(value)), weight=weight)
        if name in _OF_NUMBERS and not k and value is not None:
            return _OF_NUMBERS[name](_number(word, value, float), weight)
        if name == "pixels" and not k and value is not None:
            return claims.PixelErrors(ignored=_number(word, value, int), weight=weight)
        if name in _PLAIN and not k and value is None:
            return _PLAIN[name](weight=weight)
    except ValidationError as error:
        told = str(error.errors()[0]["msg"]).removeprefix("Value error, ")
        raise ConfigurationError(f"claims: {word!r} is none that can be made: {told}") from error
    raise _no_claim(word)


def _no_claim(word: str) -> ConfigurationError:
    return ConfigurationError(
        f"claims: words of {GRAMMAR} allowed, each with *WEIGHT if wanted, got {word!r}; groups are asked for with "
        "--groups COLUMN"
    )


def _number(word: str, text: str, kind: Callable[[str], Number]) -> Number:
    try:
        return kind(text)
    except ValueError as error:
        raise ConfigurationError(
            f"claims: a number needed after = and a whole one after * in {word!r}, got {text!r}; withheld=0.95*2, say"
        ) from error


def _costs(path: Path) -> tuple[tuple[float, ...], ...]:
    """The cost matrix in a CSV file without a line of names."""
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            return tuple(tuple(map(float, line)) for line in csv.reader(file, strict=True) if line)
    except OSError as error:
        raise ConfigurationError(
            f"claims: cost needs a CSV file, got {path} ({error.strerror}); correct the path"
        ) from error
    except (csv.Error, ValueError) as error:
        raise ConfigurationError(
            f"claims: {path} must hold a row of numbers for each class, without names, got something else ({error}); "
            "write the cost of each answer, commas between"
        ) from error
