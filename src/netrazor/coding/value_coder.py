"""The values of an array by whichever model is shorter: tables sent before, or decisions mixed from contexts."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from netrazor.coding.coder import Coder, Counts, Symbols
from netrazor.coding.message_context import MessageContext, TrialKey
from netrazor.coding.mixed_values import MAX_MIXED_ENTRIES, Sides, can_be_smooth, code_mixed_values
from netrazor.coding.support import Support
from netrazor.coding.tabled_values import TablePlan, best_tables, code_tables, code_under_tables
from netrazor.errors import CorruptMessage


@dataclass(frozen=True)
class ValuePlan:
    """The best tables; or mixed instead, smooth or not."""

    tables: TablePlan
    mixed: bool = False
    smooth: bool = False


def code_table(context: MessageContext, symbols: Symbols | None, support: Support, entries: int) -> Counts:
    """One table for all values of an array, which are coded elsewhere."""
    rows = support.row_counts
    plan = None if symbols is None else best_tables(symbols, rows, entries, single=True)[1]
    return code_tables(context, symbols, rows, entries, plan, single=True).tables[0]


def code_symbols(
    context: MessageContext,
    key: TrialKey,
    symbols: Symbols | None,
    support: Support,
    sides: Sides,
    charge: Callable[[str], None],
) -> Symbols:
    """The values of an array; calls ``charge`` with the kind of what was just coded."""
    plan = None if symbols is None else _planned(context, key, symbols, support, sides)
    if context.choose("mixed values", None if plan is None else plan.mixed):
        if sum(sides) > MAX_MIXED_ENTRIES:
            raise CorruptMessage("a codebook is too large for its model of values; get the message again")
        context.spend(_decisions(support, sides))
        smooth = False
        if context.extended and can_be_smooth(sides):
            smooth = context.choose("smooth values", None if plan is None else plan.smooth)
        coded = context.run((key, "smooth", smooth), _model(symbols, support, sides, smooth))
    else:
        tables = None if plan is None else plan.tables
        found = code_tables(context, symbols, support.row_counts, sum(sides), tables, single=False)
        charge("table")
        coded = code_under_tables(context, symbols, found)
    charge("values")
    return coded


def _model(
    symbols: Symbols | None, support: Support, sides: Sides, smooth: bool
) -> Callable[[Coder], Symbols]:
    return partial(
        code_mixed_values,
        symbols=symbols,
        mask=support.inside,
        activity=support.activity,
        sides=sides,
        smooth=smooth,
    )


def _decisions(support: Support, sides: Sides) -> int:
    """At most so many decisions are made on mixed values."""
    return int(np.count_nonzero(support.inside)) * sum(sides).bit_length()


def _planned(
    context: MessageContext, key: TrialKey, symbols: Symbols, support: Support, sides: Sides
) -> ValuePlan:
    """The plan of an array; that of another arrangement has the same models, but tables of its own."""
    plan, known = context.plan(key, "values", lambda: _plan(context, key, symbols, support, sides))
    if not known or (plan.mixed and sum(sides) <= MAX_MIXED_ENTRIES):
        return plan
    return ValuePlan(best_tables(symbols, support.row_counts, sum(sides), single=False)[1])


def _plan(
    context: MessageContext, key: TrialKey, symbols: Symbols, support: Support, sides: Sides
) -> ValuePlan:
    """The plan with the fewest bits, of those that can be afforded."""
    bits, tables = best_tables(symbols, support.row_counts, sum(sides), single=False)
    plan = ValuePlan(tables)
    if sum(sides) > MAX_MIXED_ENTRIES or not context.affords(_decisions(support, sides)):
        return plan
    costs = [
        context.run_cost((key, "smooth", smooth), _model(symbols, support, sides, smooth))
        for smooth in (False, True)[: 1 + (context.extended and can_be_smooth(sides))]
    ]
    if costs[0] < bits:
        bits, plan = costs[0], ValuePlan(tables, mixed=True)
    if len(costs) > 1 and costs[1] < bits and context.trials is not None:
        context.trials.saved += bits - costs[1]
        plan = ValuePlan(tables, mixed=True, smooth=True)
    return plan
