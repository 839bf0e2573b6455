"""Descent over whole numbers: the best change of a row, of one weight or of two at once, as long as one gains."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from netrazor.compress.integer_tail import IntegerTail, Moves

_GAIN = 1e-6  # errors


@dataclass(frozen=True)
class DescentTerms:
    """What a descent weighs, and how far it looks.

    Attributes:
        per_bit: errors that a bit is worth.
        most: changes of weights that are zero that are counted for a row of the last layer; None: all.
        paired: of how many changes of a row all pairs are counted, once no single one gains; 0: none.
    """

    per_bit: float
    most: int | None = None
    paired: int = 0


def descend(state: IntegerTail, terms: DescentTerms, random: np.random.Generator) -> None:
    """Change ``state`` until no change of one weight gains, nor of two in a row of those that are tried in pairs."""
    rows = [(layer, row) for layer, matrix in enumerate(state.integers) for row in range(len(matrix))]
    while True:
        _descend_by_ones(state, rows, terms, random)
        order = [rows[place] for place in random.permutation(len(rows))] if terms.paired else []
        if not any(_change_pair(state, layer, row, terms) for layer, row in order):
            return


def _descend_by_ones(
    state: IntegerTail, rows: list[tuple[int, int]], terms: DescentTerms, random: np.random.Generator
) -> None:
    """The best change of a row, in rows in random order, until all rows are quiet."""
    errors, quiet, waiting = state.errors(), 0, list[tuple[int, int]]()
    while quiet < len(rows):
        waiting = waiting or [rows[place] for place in random.permutation(len(rows))]
        layer, row = waiting.pop()
        moves = state.moves(layer, row, terms.most)
        costs = moves.errors + terms.per_bit * moves.bits
        best = int(costs.argmin())
        if costs[best] < errors - _GAIN:
            changed = int(moves.columns[best]), int(moves.values[best]), int(moves.biases[best])
            state.change(layer, row, *changed)
            errors, quiet = int(moves.errors[best]), 0
            waiting.append((layer, row))
        else:
            quiet += 1


def _change_pair(state: IntegerTail, layer: int, row: int, terms: DescentTerms) -> bool:
    """Make the best change of two weights of a row at once, if it gains."""
    moves = state.moves(layer, row, terms.most)
    chosen = _best_of_weights(state, layer, row, moves, terms)
    first, second = np.triu_indices(len(chosen), 1)
    first, second = chosen[first], chosen[second]
    apart = moves.columns[first] != moves.columns[second]
    first, second = first[apart], second[apart]
    if not len(first):
        return False
    moved = state.sums_moved(layer, row, moves.columns[chosen], moves.values[chosen])
    places = np.zeros(len(moves.columns), dtype=np.int64)
    places[chosen] = np.arange(len(chosen))
    errors, biases = state.count_moved(layer, row, moved[:, places[first]] + moved[:, places[second]])
    at = int((errors + terms.per_bit * (moves.bits[first] + moves.bits[second])).argmin())
    before, bits, old = state.errors(), state.bits(), state.integers[layer][row].copy()
    for one in (int(first[at]), int(second[at])):
        state.change(layer, row, int(moves.columns[one]), int(moves.values[one]), int(biases[at]))
    if state.errors() + terms.per_bit * (state.bits() - bits) < before - _GAIN:
        return True
    for column in {int(moves.columns[first[at]]), int(moves.columns[second[at]])}:
        state.change(layer, row, column, int(old[column]), int(old[-1]))
    return False


def _best_of_weights(
    state: IntegerTail, layer: int, row: int, moves: Moves, terms: DescentTerms
) -> NDArray[np.intp]:
    """Places of the best changes of weights: half of them of any, half of weights that are not zero.

    So one weight may take the place of another: to take one away costs more errors than most changes do, and would
    not be among the best by itself.
    """
    old = state.integers[layer][row]
    weights = np.flatnonzero((moves.columns < len(old) - 1) & (moves.values != old[moves.columns]))
    best = weights[np.argsort((moves.errors + terms.per_bit * moves.bits)[weights], kind="stable")]
    of_used = best[old[moves.columns[best]] != 0][: terms.paired // 2]
    return np.concatenate([of_used, best[~np.isin(best, of_used)][: terms.paired - len(of_used)]])
