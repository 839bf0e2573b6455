"""Names of classes and labels, as tables show them: for people only, bounded, with nothing that a terminal obeys."""

import unicodedata
from collections.abc import Iterable

from netrazor.certification.record import Certificate

MOST_NAMES = 1000  # beyond that, numbers
LONGEST_NAME = 60  # characters


def class_names_of(certificate: Certificate, number: int) -> tuple[str, ...]:
    """A word for each of ``number`` classes or labels: the name that the certificate gives it, or its number.

    Of equal names each has its number beside it. How many classes a certificate says that there are is not believed
    here: a table has as many as it has cells.
    """
    numbers = tuple(map(str, range(number)))
    given = certificate.provenance.class_names
    if given is None or len(given) != len(numbers):
        return numbers
    shown = [readable(name) or number for name, number in zip(given, numbers, strict=True)]
    return tuple(
        name if shown.count(name) == 1 else f"{name} ({number})"
        for name, number in zip(shown, numbers, strict=True)
    )


def recorded_names(names: Iterable[object], classes: int) -> tuple[str, ...] | None:
    """What a certificate records of a data set's names; None where they are too many, or say no more than numbers."""
    found = tuple(readable(str(name)) for name in names)
    if len(found) != classes or classes > MOST_NAMES or found == tuple(map(str, range(classes))):
        return None
    return found


def readable(name: str) -> str:
    """``name`` on one line, of `LONGEST_NAME` characters at most; what is invisible or steers becomes ?."""
    plain = "".join(
        "?" if unicodedata.category(character) in _UNPRINTABLE else character
        for character in name[: 4 * LONGEST_NAME]
    )
    line = " ".join(plain.split())
    return line if len(line) <= LONGEST_NAME else line[: LONGEST_NAME - 3] + "..."


_UNPRINTABLE = {"Cc", "Cf", "Cn", "Co", "Cs"}  # controls, direction marks, what has no character
