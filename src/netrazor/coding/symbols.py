"""The values of an array by whichever model is shorter: tables sent before, or decisions mixed from contexts."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from netrazor.coding.contexts import Places
from netrazor.coding.rangecoder import Symbols
from netrazor.coding.session import Session
from netrazor.coding.table_values import TablePlan, best_tables, code_tables, code_under_tables
from netrazor.coding.tables import Counts
from netrazor.coding.values import MAX_MIXED_ENTRIES, Sides, can_be_smooth, code_values
from netrazor.coding.where import Where
from netrazor.errors import CorruptMessage


@dataclass(frozen=True)
class ValuePlan:
    """The best tables; or mixed instead, smooth or not."""

    tables: TablePlan
    mixed: bool = False
    smooth: bool = False


def code_table(session: Session, symbols: Symbols | None, where: Where, sides: Sides) -> Counts:
    """One table for all values of an array, which are coded elsewhere."""
    rows, entries = where.rows(), sum(sides)
    plan = None if symbols is None else best_tables(symbols, rows, entries, single=True)[1]
    return code_tables(session.coder, symbols, rows, entries, session.history.tables, plan, True)[1][0]


def code_symbols(
    session: Session,
    name: str,
    symbols: Symbols | None,
    where: Where,
    sides: Sides,
    charge: Callable[[str], None],
) -> Symbols:
    """The values of array ``name``; calls ``charge`` with the kind of what was just coded."""
    coder, rows, entries = session.coder, where.rows(), sum(sides)
    plan = None if symbols is None else _plan(session, name, symbols, rows, where, sides)
    if session.choose("mixed values", None if plan is None else plan.mixed):
        if entries > MAX_MIXED_ENTRIES:
            raise CorruptMessage("a codebook is too large for its model of values; get the message again")
        session.spend(_decisions(where, sides))
        smooth = False
        if session.version > 1 and can_be_smooth(sides):
            smooth = session.choose("smooth values", None if plan is None else plan.smooth)
        coded = code_values(coder, symbols, where.inside, where.links, sides, smooth)
    else:
        tables = None if plan is None else plan.tables
        places, counts = code_tables(coder, symbols, rows, entries, session.history.tables, tables, False)
        charge("table")
        coded = code_under_tables(coder, symbols, places, counts)
    charge("values")
    return coded


def _decisions(where: Where, sides: Sides) -> int:
    """At most so many decisions are made on mixed values."""
    return int(np.count_nonzero(where.inside)) * sum(sides).bit_length()


def _plan(
    session: Session, name: str, symbols: Symbols, rows: Places, where: Where, sides: Sides
) -> ValuePlan:
    """The plan with the fewest bits, of those that can be afforded."""
    bits, tables = best_tables(symbols, rows, sum(sides), single=False)
    plan = ValuePlan(tables)
    if sum(sides) > MAX_MIXED_ENTRIES or not session.affords(_decisions(where, sides)):
        return plan
    model = partial(code_values, symbols=symbols, mask=where.inside, links=where.links, sides=sides)
    mixed = session.costs.of((name, "mixed"), partial(model, smooth=False))
    if mixed < bits:
        bits, plan = mixed, ValuePlan(tables, mixed=True)
    if session.version > 1 and can_be_smooth(sides):
        smooth = session.costs.of((name, "smooth"), partial(model, smooth=True))
        if smooth < bits:
            session.costs.saved += bits - smooth
            plan = ValuePlan(tables, mixed=True, smooth=True)
    return plan
