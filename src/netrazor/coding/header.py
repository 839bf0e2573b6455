"""The header of the content: what is said once for all arrays."""

from dataclasses import dataclass

from netrazor.coding.coder import Coder
from netrazor.coding.integer_codes import code_number
from netrazor.errors import UnsupportedMessage

MAX_ARCHITECTURE = 2**16

_FALSE_LEVEL = -160


@dataclass(frozen=True)
class Header:
    """Flags, and an index into the declared architectures (0 for none)."""

    extended: bool
    """Masks may be coded by margin totals, and values as smooth: two more choices, offered only where they pay."""
    architecture: int
    static: bool
    """Values are in a stream of their own, under tables sent before."""
    side_information: bool


def code_header(coder: Coder, header: Header | None) -> Header:
    """The header; behind a set flag ``extended`` a reserved bit, by which a later format would announce itself.

    Raises:
        UnsupportedMessage: the reserved bit is set.
    """
    extended = bool(coder.bit(None if header is None else int(header.extended), 0))
    if extended and coder.bit(None if header is None else 0, 0):
        raise UnsupportedMessage(
            "the reserved bit of the header must be 0, got 1: the message is of a later format; "
            "install a newer netrazor"
        )
    return Header(
        extended,
        code_number(coder, None if header is None else header.architecture, MAX_ARCHITECTURE),
        bool(coder.bit(None if header is None else int(header.static), _FALSE_LEVEL)),
        bool(coder.bit(None if header is None else int(header.side_information), _FALSE_LEVEL)),
    )
