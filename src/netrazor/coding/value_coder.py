"""The values of an array by whichever model is shorter: tables sent before, or decisions mixed from contexts."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from netrazor.coding.contexts import Places
from netrazor.coding.costs import Costs
from netrazor.coding.history import History
from netrazor.coding.limits import Limits
from netrazor.coding.pattern import Mask
from netrazor.coding.rangecoder import Coder, Symbols
from netrazor.coding.table_values import TablePlan, best_tables, code_tables, code_under_tables
from netrazor.coding.tables import Counts
from netrazor.coding.values import MAX_MIXED_ENTRIES, Sides, can_be_smooth, code_values
from netrazor.errors import CorruptMessage


@dataclass(frozen=True)
class Where:
    """The mask of an array, the part of it inside its box, and how busy the outputs are that feed the box."""

    mask: Mask
    inside: Mask
    links: Places | None

    def rows(self) -> Places:
        """The slice along axis 0 of each non-zero element."""
        counts = np.count_nonzero(self.mask.reshape(len(self.mask) if self.mask.ndim else 1, -1), axis=1)
        return np.repeat(np.arange(len(counts)), counts)


@dataclass(frozen=True)
class ValuePlan:
    """The best tables; or mixed instead, smooth or not."""

    tables: TablePlan
    mixed: bool = False
    smooth: bool = False


class ValueCoder:
    """Codes values, one array after another; symbols are places in a codebook."""

    def __init__(
        self, coder: Coder, history: History, version: int, limits: Limits, budget: int, costs: Costs
    ) -> None:
        self._coder = coder
        self._history = history
        self._version = version
        self._limits = limits
        self._budget = budget
        self._costs = costs

    def code_table(self, symbols: Symbols | None, where: Where, sides: Sides) -> Counts:
        """One table for all values, which are coded elsewhere."""
        rows = where.rows()
        plan = None if symbols is None else best_tables(symbols, rows, sum(sides), single=True)[1]
        return code_tables(self._coder, symbols, rows, sum(sides), self._history.tables, plan, True)[1][0]

    def code(
        self, name: str, symbols: Symbols | None, where: Where, sides: Sides, charge: Callable[[str], None]
    ) -> Symbols:
        """The values of array ``name``; calls ``charge`` with the kind of what was just coded."""
        rows = where.rows()
        decisions = int(np.count_nonzero(where.inside)) * sum(sides).bit_length()
        plan = None if symbols is None else self._plan(name, symbols, rows, where, sides, decisions)
        if self._choose("mixed values", None if plan is None else plan.mixed):
            if sum(sides) > MAX_MIXED_ENTRIES:
                raise CorruptMessage("a codebook is too large for its model of values; get the message again")
            self._history.spend(decisions, self._limits)
            smooth = False
            if self._version > 1 and can_be_smooth(sides):
                smooth = self._choose("smooth values", None if plan is None else plan.smooth)
            coded = code_values(self._coder, symbols, where.inside, where.links, sides, smooth)
        else:
            places, tables = code_tables(
                self._coder,
                symbols,
                rows,
                sum(sides),
                self._history.tables,
                None if plan is None else plan.tables,
                single=False,
            )
            charge("table")
            coded = code_under_tables(self._coder, symbols, places, tables)
        charge("values")
        return coded

    def _plan(
        self, name: str, symbols: Symbols, rows: Places, where: Where, sides: Sides, decisions: int
    ) -> ValuePlan:
        bits, tables = best_tables(symbols, rows, sum(sides), single=False)
        plan = ValuePlan(tables)
        if sum(sides) > MAX_MIXED_ENTRIES or self._history.decisions + decisions > self._budget:
            return plan
        model = partial(code_values, symbols=symbols, mask=where.inside, links=where.links, sides=sides)
        mixed = self._costs.of((name, "mixed"), partial(model, smooth=False))
        if mixed < bits:
            bits, plan = mixed, ValuePlan(tables, mixed=True)
        if self._version > 1 and can_be_smooth(sides):
            smooth = self._costs.of((name, "smooth"), partial(model, smooth=True))
            if smooth < bits:
                self._costs.saved += bits - smooth
                plan = ValuePlan(tables, mixed=True, smooth=True)
        return plan

    def _choose(self, name: str, choice: bool | None) -> bool:
        return bool(self._history.choices[name].code(self._coder, None if choice is None else int(choice)))
