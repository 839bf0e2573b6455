"""Values coded under tables of frequencies: one for the array, or one for each class of its rows."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netrazor.coding.coder import Counts, Meter, Symbols
from netrazor.coding.frequency_tables import FLAT, TableModel, histogram
from netrazor.coding.message_context import MessageContext
from netrazor.coding.slice_classes import Classes, class_cost, code_classes, equal_width_classes, surprise

_MAX_CLASS_BITS = 3
_ALL_PRECISIONS = 2**12  # values up to which a coarse table may be worth its bits
_BITS_AN_ENTRY = 5  # about what an entry of a table costs, where that matters little

Part = NDArray[np.bool_] | slice


@dataclass(frozen=True)
class TablePlan:
    """Classes of rows (along axis 0), and the precision of their tables."""

    classes: Classes
    bits: int
    precision: int


@dataclass(frozen=True)
class ClassTables:
    """The class of each symbol, and a table for each class."""

    class_of_symbol: Classes
    tables: list[Counts]

    def parts(self) -> Iterator[tuple[Part, int, Counts]]:
        """Which symbols are of a class, how many, and their table, for one class after another."""
        if len(self.tables) == 1:
            yield slice(None), len(self.class_of_symbol), self.tables[0]
            return
        for member, table in enumerate(self.tables):
            part = self.class_of_symbol == member
            yield part, int(np.count_nonzero(part)), table


def code_tables(
    context: MessageContext,
    symbols: Symbols | None,
    row_counts: NDArray[np.int64],
    entries: int,
    plan: TablePlan | None,
    single: bool,
) -> ClassTables:
    """Tables of ``entries`` for the symbols of rows with so many of them; ``single`` allows one table only."""
    height = int(np.flatnonzero(row_counts)[-1]) + 1
    most = 0 if single or height < 2 else _MAX_CLASS_BITS
    chosen, bits = (None, None) if plan is None else (plan.classes, plan.bits)
    classes, number = code_classes(context.coder, chosen, bits, height, most)
    context.spend_on_tables((number - 1) * entries)
    found = ClassTables(np.repeat(classes, row_counts[:height]), [np.ones(0, dtype=np.int64)] * number)
    for member, (part, _, _) in enumerate(found.parts()):
        counts = None if symbols is None else histogram(symbols[part], entries)
        precision = None if plan is None else plan.precision
        found.tables[member] = context.tables.code(context.coder, counts, entries, precision)
    return found


def code_under_tables(context: MessageContext, symbols: Symbols | None, found: ClassTables) -> Symbols:
    """The symbols, those of one table after those of another."""
    if len(found.tables) == 1:
        return context.coder.symbols(symbols, found.tables[0], len(found.class_of_symbol))
    coded = np.zeros(len(found.class_of_symbol), dtype=np.int32)
    for part, number, table in found.parts():
        coded[part] = context.coder.symbols(None if symbols is None else symbols[part], table, number)
    return coded


def best_tables(
    symbols: Symbols, row_counts: NDArray[np.int64], entries: int, single: bool
) -> tuple[float, TablePlan]:
    """The plan with the fewest bits among a few, and about these bits; ``single`` allows one table only."""
    height = int(np.flatnonzero(row_counts)[-1]) + 1
    rows = np.repeat(np.arange(height), row_counts[:height])
    distance = np.abs(symbols - (entries - 1) / 2)
    mean = np.bincount(rows, distance, height) / np.maximum(np.bincount(rows, minlength=height), 1)
    most = 0 if single or height < 2 else _MAX_CLASS_BITS
    finest = equal_width_classes(mean, most)
    joint = np.bincount(finest[rows].astype(np.intp) * entries + symbols, minlength=entries << most).reshape(
        -1, entries
    )
    found = []
    for bits in range(most + 1):
        classes: Classes = (finest >> most - bits).astype(np.uint8)
        merged = joint.reshape(1 << bits, -1, entries).sum(axis=1)
        cost = class_cost(np.bincount(classes, minlength=1 << bits))
        if len(symbols) > _ALL_PRECISIONS:
            total = cost + sum(_rough_cost(seen) for seen in merged)
            found.append((total, TablePlan(classes, bits, FLAT - 1)))
            continue
        for precision in range(FLAT + 1):
            least = cost + sum(_least_cost(seen, precision) for seen in merged)
            if found and least >= min(total for total, _ in found):
                continue
            total = cost + sum(_table_cost(seen, precision) for seen in merged)
            found.append((total, TablePlan(classes, bits, precision)))
    return min(found, key=lambda candidate: candidate[0])


def _rough_cost(seen: Counts) -> float:
    return surprise(seen) - surprise(seen.sum()) + _BITS_AN_ENTRY * len(seen)


def _least_cost(seen: Counts, precision: int) -> float:
    """What `_table_cost` is never below: symbols under their own frequencies, and the bits kept of each entry."""
    kept = np.minimum(np.frexp(np.maximum(seen, 1))[1] - 1, precision) if precision < FLAT else 0
    return surprise(seen) - surprise(seen.sum()) + float(np.sum(kept))


def _table_cost(seen: Counts, precision: int) -> float:
    meter = Meter()
    table = TableModel().code(meter, np.maximum(seen, 1), len(seen), precision)
    return meter.spent + float(seen @ np.log2(table.sum() / table))
