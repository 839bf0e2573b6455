"""The header of the content: the version of the format, and what is said once for all arrays."""

from dataclasses import dataclass

from netrazor.coding.integers import code_number
from netrazor.coding.rangecoder import Coder
from netrazor.errors import UnsupportedMessage

MAX_ARCHITECTURE = 2**16
VERSIONS = 2
"""Version 2 has two models more: masks by totals, and smooth values. It is written where they pay."""

_FALSE_LEVEL = -160


@dataclass(frozen=True)
class Header:
    """Index into the declared architectures; whether values are static; whether there is side information."""

    architecture: int
    static: bool
    side_information: bool


def code_header(coder: Coder, version: int | None, header: Header | None) -> tuple[int, Header]:
    """The lowest version that has all models of the message, and the header."""
    version = 1 + coder.bit(None if version is None else version - 1, 0)
    if version > 1 and coder.bit(None if header is None else 0, 0):
        raise UnsupportedMessage(
            f"the message is of a later version, versions 1 to {VERSIONS} are known; install a newer netrazor"
        )
    return version, Header(
        code_number(coder, None if header is None else header.architecture, MAX_ARCHITECTURE),
        bool(coder.bit(None if header is None else int(header.static), _FALSE_LEVEL)),
        bool(coder.bit(None if header is None else int(header.side_information), _FALSE_LEVEL)),
    )
