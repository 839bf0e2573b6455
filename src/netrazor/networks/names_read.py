"""The names that a function's code reads: globals, attributes, and modules that it imports."""

import dis
import functools
import types
from collections.abc import Iterator
from dataclasses import dataclass

_OF_GLOBALS = ("LOAD_GLOBAL", "LOAD_NAME")
_OF_ATTRIBUTES = ("LOAD_ATTR", "LOAD_METHOD", "LOAD_SUPER_ATTR", "IMPORT_FROM")


@dataclass(frozen=True)
class NamesRead:
    """Names in the order in which the code, with the functions that it defines, reads or (``stored``) writes them."""

    in_globals: tuple[str, ...]
    of_objects: tuple[str, ...]
    imported: tuple[str, ...]
    stored: tuple[str, ...]


@functools.lru_cache(maxsize=4096)
def names_read(code: types.CodeType) -> NamesRead:
    """What ``code`` reads by name. What it looks up by a name that it computes is not among them."""
    found = list(_instructions(code))
    return NamesRead(
        tuple(dict.fromkeys(name for kind, name in found if kind in _OF_GLOBALS)),
        tuple(dict.fromkeys(name for kind, name in found if kind in _OF_ATTRIBUTES)),
        tuple(dict.fromkeys(name for kind, name in found if kind == "IMPORT_NAME")),
        tuple(dict.fromkeys(name for kind, name in found if kind == "STORE_ATTR")),
    )


def _instructions(code: types.CodeType) -> Iterator[tuple[str, str]]:
    for instruction in dis.get_instructions(code):
        if instruction.opname in (*_OF_GLOBALS, *_OF_ATTRIBUTES, "IMPORT_NAME", "STORE_ATTR"):
            yield instruction.opname, instruction.argval
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _instructions(constant)
