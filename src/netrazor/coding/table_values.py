"""Values under tables of frequencies: one for the array, or one for each class of rows."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netrazor.coding.classes import Classes, class_cost, code_classes, equal_classes, surprise
from netrazor.coding.rangecoder import Coder, Meter, Symbols
from netrazor.coding.tables import FLAT, Counts, TableModel, histogram

_MAX_CLASS_BITS = 3
_ALL_PRECISIONS = 2**12  # values up to which a coarse table may be worth its bits
_BITS_AN_ENTRY = 5  # about what an entry of a table costs, where that matters little

Places = NDArray[np.intp]


@dataclass(frozen=True)
class TablePlan:
    """Classes of rows (along axis 0), and the precision of their tables."""

    classes: Classes
    bits: int
    precision: int


def code_tables(
    coder: Coder,
    symbols: Symbols | None,
    rows: Classes,
    entries: int,
    model: TableModel,
    plan: TablePlan | None,
    single: bool,
) -> tuple[list[Places], list[Counts]]:
    """Which symbols each table speaks of, and the tables; ``rows`` numbers the row of each symbol, ascending."""
    height = int(rows[-1]) + 1
    most = 0 if single or height < 2 else _MAX_CLASS_BITS
    groups = code_classes(
        coder, None if plan is None else plan.classes, None if plan is None else plan.bits, height, most
    )
    places = [np.arange(len(rows))]
    if groups is not None:
        member = np.zeros(height, dtype=np.intp)
        for number, group in enumerate(groups):
            member[group] = number
        of_symbol = member[rows]
        places = [np.flatnonzero(of_symbol == number) for number in range(len(groups))]
    tables = []
    for chosen in places:
        counts = None if symbols is None else histogram(symbols[chosen], entries)
        tables.append(model.code(coder, counts, entries, None if plan is None else plan.precision))
    return places, tables


def code_under_tables(
    coder: Coder, symbols: Symbols | None, places: list[Places], tables: list[Counts]
) -> Symbols:
    """The symbols, those of one table after those of another."""
    coded = np.zeros(sum(map(len, places)), dtype=np.int32)
    for chosen, table in zip(places, tables, strict=True):
        coded[chosen] = coder.symbols(None if symbols is None else symbols[chosen], table, len(chosen))
    return coded


def best_tables(symbols: Symbols, rows: Classes, entries: int, single: bool) -> tuple[float, TablePlan]:
    """The plan with the fewest bits among a few, and about these bits; ``single`` allows one table only."""
    height = int(rows[-1]) + 1
    distance = np.abs(symbols - (entries - 1) / 2)
    mean = np.bincount(rows, distance, height) / np.maximum(np.bincount(rows, minlength=height), 1)
    most = 0 if single or height < 2 else _MAX_CLASS_BITS
    finest = equal_classes(mean, most)
    joint = np.bincount(finest[rows] * entries + symbols, minlength=entries << most).reshape(-1, entries)
    found = []
    for bits in range(most + 1):
        classes = finest >> most - bits
        merged = joint.reshape(1 << bits, -1, entries).sum(axis=1)
        cost = class_cost(np.bincount(classes, minlength=1 << bits))
        if len(symbols) > _ALL_PRECISIONS:
            total = cost + sum(_rough_cost(seen) for seen in merged)
            found.append((total, TablePlan(classes, bits, FLAT - 1)))
            continue
        for precision in range(FLAT + 1):
            total = cost + sum(_table_cost(seen, precision) for seen in merged)
            found.append((total, TablePlan(classes, bits, precision)))
    return min(found, key=lambda candidate: candidate[0])


def _rough_cost(seen: Counts) -> float:
    return surprise(seen) - surprise(seen.sum()) + _BITS_AN_ENTRY * len(seen)


def _table_cost(seen: Counts, precision: int) -> float:
    meter = Meter()
    table = TableModel().code(meter, np.maximum(seen, 1), len(seen), precision)
    return meter.spent + float(seen @ np.log2(table.sum() / table))
