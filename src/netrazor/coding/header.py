"""The header of the content: what is said once for all arrays."""

from dataclasses import dataclass

from netrazor.coding.coder import Coder
from netrazor.coding.integer_codes import code_number
from netrazor.errors import CorruptMessage, UnsupportedMessage

MAX_ARCHITECTURE = 2**16

_FALSE_LEVEL = -160
_RESERVED_LEVEL = -320


@dataclass(frozen=True)
class Header:
    """Flags, and an index into the declared architectures (0 for none)."""

    extended: bool
    """Masks may be coded by margin totals, and values as smooth: two more choices, offered only where they pay."""
    architecture: int
    static: bool
    """Values are in a stream of their own, under tables sent before."""
    side_information: bool
    free_orders: bool = False
    """The order of an array's slices may carry bits of what follows (`netrazor.coding.free_order`)."""
    float_models: bool = False
    """Arrays may be scaled codes (`netrazor.coding.scaled_codes`), or bytes of their non-zero elements."""
    structures: bool = False
    """Masks may be tiles or groups, codes those of levels; only together with models for floats."""

    @property
    def announces(self) -> bool:
        """Whether a flag behind ``extended`` is set, so that ``extended`` is said once more behind them."""
        return self.free_orders or self.float_models


def code_header(coder: Coder, header: Header | None) -> Header:
    """The header; behind a set flag ``extended`` whether it announces more, then models for floats, then structures.

    Raises:
        UnsupportedMessage: the reserved bit is set, by which a later format would announce itself.
        CorruptMessage: free orders or models for floats together with static values.
    """
    extended = bool(coder.bit(None if header is None else int(header.extended or header.announces), 0))
    announces = extended and bool(coder.bit(None if header is None else int(header.announces), 0))
    free_orders, float_models, structures = announces, False, False
    if announces:
        float_models = bool(coder.bit(None if header is None else int(header.float_models), _RESERVED_LEVEL))
        if float_models:
            structures = bool(coder.bit(None if header is None else int(header.structures), _RESERVED_LEVEL))
            if structures and coder.bit(None if header is None else 0, _RESERVED_LEVEL):
                raise UnsupportedMessage(
                    "the reserved bit of the header must be 0, got 1: the message is of a later format; "
                    "install a newer netrazor"
                )
            free_orders = bool(coder.bit(None if header is None else int(header.free_orders), 0))
        extended = bool(coder.bit(None if header is None else int(header.extended), 0))
    coded = Header(
        extended,
        code_number(coder, None if header is None else header.architecture, MAX_ARCHITECTURE),
        bool(coder.bit(None if header is None else int(header.static), _FALSE_LEVEL)),
        bool(coder.bit(None if header is None else int(header.side_information), _FALSE_LEVEL)),
        free_orders,
        float_models,
        structures,
    )
    if coded.static and coded.announces:
        raise CorruptMessage(
            "static values and free orders or models for floats exclude each other; get the message again"
        )
    return coded
