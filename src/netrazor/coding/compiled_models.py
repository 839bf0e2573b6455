"""The loops over single decisions, compiled: the same arithmetic as in the modules that call them, to the bit.

A kernel is given a `Source`. A writer's source gives nothing: the kernel finds the decisions in its arguments and
notes the level of each. A reader's source holds the state of the range decoder, and the kernel reads the decisions.
No operation is reordered or fused (numba's default), so every machine computes the levels that Python would.

All of them are in one file because numba keeps what it compiled until the kernel's own file changes: a kernel would
go on with an old helper that was changed in another one.
"""

import math
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar, cast

import numba
import numpy as np
from numpy.typing import NDArray

from netrazor.coding.coder import Source
from netrazor.coding.log_odds import LOG_2, LOG_MANTISSA, PROBABILITY, STEPS_PER_NAT, TOP_LEVEL

_F = TypeVar("_F", bound=Callable[..., Any])
_compile = cast(Callable[[_F], _F], numba.njit(cache=True))

_CHANCES = np.array(PROBABILITY)
_EDGES = np.array([int((1 - p) * (2**24 - 2)) + 1 for p in PROBABILITY], dtype=np.uint64)
_LOGS = np.array(LOG_MANTISSA)
_HALF = np.uint64(32)
_SHIFT = np.uint64(24)
_PLACES = np.uint64(2**24)
_ONE_WORD = np.uint64(2**32)
_ONE = np.uint64(1)
_ABOVE, _RANGE, _NEXT, _FAILED = 0, 1, 2, 3

COUNT_NODES = 512
COUNT_CLASSES = 128
_MIXED_COUNT_BITS = 3
_KERNEL_SPAN = 8
_TEMPLATE_SPAN = 6


class Noted(NamedTuple):
    """The decisions of a kernel in order, their levels, and how many there are."""

    bits: NDArray[np.uint8]
    levels: NDArray[np.int16]
    number: NDArray[np.int64]


class MixerState(NamedTuple):
    """A `Mixer`: its weights, that of the base rate last; its rate; counts of the bases and of the contexts."""

    weights: NDArray[np.float64]
    rate: float
    bases: NDArray[np.float64]
    zeros: NDArray[np.int32]
    ones: NDArray[np.int32]
    evidences: NDArray[np.float64]
    cells: NDArray[np.int64]


class OddsState(NamedTuple):
    """An `AdaptiveOdds`: its weights, that of the given odds last; and of each context what it saw and expected."""

    weights: NDArray[np.float64]
    ones: NDArray[np.int64]
    expected: NDArray[np.float64]
    evidences: NDArray[np.float64]


class Elements(NamedTuple):
    """The elements of a grid in order: where they are, their contexts, and how far its axes step, and how long.

    The contexts that what is one step back makes are numbered from ``first_neighbour`` on.
    """

    positions: NDArray[np.int64]
    contexts: NDArray[np.int32]
    steps: NDArray[np.int64]
    lengths: NDArray[np.int64]
    first_neighbour: int


class ValueModel(NamedTuple):
    """A `mixed_values._ValueModel`: its mixers, the entries on each side of zero, and the nodes of their tree."""

    sign: MixerState
    distance: MixerState
    fine: MixerState
    negatives: int
    positives: int
    nodes: int
    mixed_nodes: int


class Template(NamedTuple):
    """The signs around an element (`ContextTemplate`): where its neighbours are, and where contexts are counted.

    Contexts of the kernel and of the votes are numbered from ``offsets`` on.
    """

    signs: NDArray[np.uint8]
    offsets: NDArray[np.int64]
    has_space: bool
    kernel: NDArray[np.int64]
    kernel_weights: NDArray[np.int64]
    places: NDArray[np.int64]
    outputs: NDArray[np.int64]
    width: int
    votes: NDArray[np.int64]


def noted(most: int) -> Noted:
    """Room for so many decisions."""
    return Noted(np.zeros(most, np.uint8), np.zeros(most, np.int16), np.zeros(1, np.int64))


def mixer_state(contexts: int, weight: float, rate: float, cells: int, bases: int) -> MixerState:
    """A mixer that has seen nothing, of so many contexts at a time, cells in all, and base rates."""
    return MixerState(
        np.array([weight] * contexts + [1.0]),
        rate,
        np.full((bases, 2), 0.4),
        np.zeros(cells, np.int32),
        np.zeros(cells, np.int32),
        np.zeros(contexts),
        np.zeros(contexts, np.int64),
    )


def odds_state(contexts: int, weight: float, cells: int) -> OddsState:
    """Odds that have seen nothing, of so many contexts at a time, and cells in all."""
    return OddsState(
        np.array([weight] * contexts + [1.0]),
        np.zeros(cells, np.int64),
        np.zeros(cells),
        np.zeros(cells),
    )


@_compile
def _log(x: float) -> float:
    mantissa, exponent = math.frexp(x)
    return float(_LOGS[int(mantissa * len(_LOGS))] + exponent * LOG_2)


@_compile
def _level(log_odds: float) -> int:
    level = np.rint(log_odds * STEPS_PER_NAT)
    return int(min(max(level, -TOP_LEVEL), TOP_LEVEL))


@_compile
def _decide(source: Source, note: Noted, bit: int, level: int) -> int:
    """Read a decision, or take the one that is given; and note it."""
    if source.reads:
        state = source.state
        unit = state[_RANGE] >> _SHIFT
        place = state[_ABOVE] // unit
        if place >= _PLACES:
            state[_FAILED] = _ONE
            return 0
        edge = _EDGES[TOP_LEVEL + level]
        if place >= edge:
            bit = 1
            state[_ABOVE] -= unit * edge
            state[_RANGE] = unit * (_PLACES - edge)
        else:
            bit = 0
            state[_RANGE] = unit * edge
        if state[_RANGE] < _ONE_WORD:
            word = np.uint64(0)
            if state[_NEXT] < np.uint64(len(source.words)):
                word = np.uint64(source.words[state[_NEXT]])
            state[_ABOVE] = state[_ABOVE] << _HALF | word
            state[_RANGE] = state[_RANGE] << _HALF
            state[_NEXT] += _ONE
    at = note.number[0]
    note.bits[at] = bit
    note.levels[at] = level
    note.number[0] = at + 1
    return bit


@_compile
def _mix(source: Source, note: Noted, mixer: MixerState, bit: int, base: int) -> int:
    """`Mixer.code` in the contexts of ``mixer.cells``."""
    contexts = len(mixer.cells)
    base_log_odds = _log(mixer.bases[base, 1] / mixer.bases[base, 0])
    base_level = int(np.rint(base_log_odds * 4)) * (STEPS_PER_NAT // 4)
    rate = _CHANCES[TOP_LEVEL + max(-TOP_LEVEL, min(TOP_LEVEL, base_level))]
    log_odds = mixer.weights[contexts] * base_log_odds
    for kind in range(contexts):
        one, zero = mixer.ones[mixer.cells[kind]], mixer.zeros[mixer.cells[kind]]
        visits = one + zero
        rounded = visits
        drop = 0
        while rounded >= 256:
            rounded >>= 1
            drop += 1
        rounded <<= drop
        expected = _log(rounded * (1 - rate) + 0.7) - _log(rounded * rate + 0.7)
        evidence = _log(one + 0.7) - _log(zero + 0.7) + expected
        mixer.evidences[kind] = evidence
        log_odds += mixer.weights[kind] * evidence
    level = _level(log_odds)
    bit = _decide(source, note, bit, level)
    step = mixer.rate * (bit - _CHANCES[TOP_LEVEL + level])
    mixer.weights[contexts] += step * base_log_odds
    for kind in range(contexts):
        mixer.weights[kind] += step * mixer.evidences[kind]
        if bit:
            mixer.ones[mixer.cells[kind]] += 1
        else:
            mixer.zeros[mixer.cells[kind]] += 1
    mixer.bases[base, bit] += 1
    return bit


@_compile
def _around(elements: Elements, at: int, known: NDArray[np.uint8], kinds: int) -> int:
    """The context that what is known one step back along each axis makes, each one of ``kinds``.

    Outside stands what is at the end of ``known``.
    """
    position, around = elements.positions[at], 0
    for axis in range(len(elements.steps)):
        step = elements.steps[axis]
        inside = position // step % elements.lengths[axis] > 0
        around = kinds * around + int(known[position - step if inside else len(known) - 1])
    return elements.first_neighbour + around


@_compile
def pattern(
    source: Source,
    note: Noted,
    mixer: MixerState,
    elements: Elements,
    given: NDArray[np.uint8],
    known: NDArray[np.uint8],
) -> None:
    """`mixed_mask.code_pattern`: the elements are written to ``known`` at their positions."""
    kinds = elements.contexts.shape[1]
    for at in range(len(elements.positions)):
        for kind in range(kinds):
            mixer.cells[kind] = elements.contexts[at, kind]
        if len(elements.steps):
            mixer.cells[kinds] = _around(elements, at, known, 2)
        known[elements.positions[at]] = _mix(source, note, mixer, given[at], 0)
        if source.state[_FAILED]:
            return


@_compile
def _count_class(count: int) -> int:
    if count < 4:
        return count
    octave = 0
    while count >> octave + 1:
        octave += 1
    return 2 * octave + (count >> octave - 1 & 1)


@_compile
def _code_count(
    source: Source, note: Noted, mixer: MixerState, found: NDArray[np.int64], count: int, limit: int
) -> int:
    """`CountModel.code`."""
    longest = 0
    while limit + 1 >> longest:
        longest += 1
    value = count + 1
    size = 0
    while value >> size:
        size += 1
    length = 1
    while length < longest:
        for kind in range(len(found)):
            mixer.cells[kind] = found[kind] * COUNT_NODES + length
        if not _mix(source, note, mixer, 1 if size > length else 0, length) or source.state[_FAILED]:
            break
        length += 1
    coded = 1
    for shift in range(length - 2, -1, -1):
        upper = 2 * coded + 1
        bit = 0
        if upper << shift <= limit + 1:
            bit = value >> shift & 1
            if length - 2 - shift < _MIXED_COUNT_BITS:
                node = 64 + 8 * length + coded
                for kind in range(len(found)):
                    mixer.cells[kind] = found[kind] * COUNT_NODES + node
                bit = _mix(source, note, mixer, bit, node)
            else:
                bit = _decide(source, note, bit, 0)
        coded = upper - 1 + bit
    return coded - 1


@_compile
def totals(
    source: Source,
    note: Noted,
    mixer: MixerState,
    elements: Elements,
    most: int,
    ones: int,
    coded: NDArray[np.int64],
) -> None:
    """`margin_totals._code_totals`: ``coded`` holds the totals, or takes them; ``ones``: -1 is none."""
    number, kinds = elements.contexts.shape
    steps, lengths, first_count = elements.steps, elements.lengths, elements.first_neighbour
    found = np.zeros(len(mixer.cells), np.int64)
    left = ones
    for at in range(number):
        if ones >= 0 and at == number - 1:
            coded[at] = left
            return
        for kind in range(kinds):
            found[kind] = elements.contexts[at, kind]
        added, largest = 0, 0
        for axis in range(len(steps)):
            total = coded[at - steps[axis]] if at // steps[axis] % lengths[axis] > 0 else 0
            found[kinds + axis] = first_count + axis * COUNT_CLASSES + _count_class(total)
            added += total
            largest = max(largest, total)
        near = len(steps)
        if near > 1:
            found[kinds + near] = first_count + near * COUNT_CLASSES + _count_class(added)
            found[kinds + near + 1] = first_count + (near + 1) * COUNT_CLASSES + _count_class(largest)
            near += 2
        limit = most
        if ones >= 0:
            found[kinds + near] = first_count + near * COUNT_CLASSES + _count_class(4 * left // (number - at))
            limit = min(most, left)
        coded[at] = _code_count(source, note, mixer, found, coded[at], limit)
        if source.state[_FAILED]:
            return
        left -= coded[at]


@_compile
def places(
    source: Source,
    note: Noted,
    odds: OddsState,
    elements: Elements,
    rows: NDArray[np.int64],
    left: NDArray[np.int64],
    known: NDArray[np.uint8],
) -> bool:
    """`margin_totals._code_places`: elements of ``known`` in live rows and columns; whether the totals fit them.

    ``rows`` and ``left`` are the totals of these; ``left`` is used up.
    """
    weights, evidences = odds.weights, odds.evidences
    kinds = elements.contexts.shape[1]
    found = np.zeros(kinds + 1, np.int64)
    at = 0
    for row in range(len(rows)):
        rows_left = len(rows) - row
        ones, room, supply = rows[row], 0, 0
        for total in left:
            if total == rows_left:
                ones -= 1
            elif total > 0:
                room += 1
                supply += total
        if not 0 <= ones <= room:
            return False
        for column in range(len(left)):
            total = left[column]
            position = elements.positions[at]
            undecided = 0 < total < rows_left
            if undecided and 0 < ones < room:
                for kind in range(kinds):
                    found[kind] = elements.contexts[at, kind]
                found[kinds] = _around(elements, at, known, 2)
                given = _log(float(total)) - _log(float(rows_left - total))
                given = given + _log(float(ones)) - _log(float(room - ones))
                given = given - _log(float(supply)) + _log(float(room * rows_left - supply))
                log_odds = weights[kinds + 1] * given
                for kind in range(kinds + 1):
                    log_odds += weights[kind] * evidences[found[kind]]
                level = _level(log_odds)
                bit = _decide(source, note, known[position], level)
                if source.state[_FAILED]:
                    return True
                step = 0.02 * (bit - _CHANCES[TOP_LEVEL + level])
                weights[kinds + 1] += 0.1 * step * given
                chance = _CHANCES[TOP_LEVEL + _level(given)]
                for kind in range(kinds + 1):
                    weights[kind] += step * evidences[found[kind]]
                for kind in range(kinds + 1):
                    cell = found[kind]
                    odds.ones[cell] += bit
                    odds.expected[cell] += chance
                    evidences[cell] = _log(odds.ones[cell] + 0.7) - _log(odds.expected[cell] + 0.7)
            else:
                bit = 1 if total == rows_left or (total > 0 and ones > 0) else 0
            if undecided:
                ones -= bit
                room -= 1
                supply -= total
            left[column] -= bit
            known[position] = bit
            at += 1
    return True


@_compile
def _distance(
    source: Source,
    note: Noted,
    model: ValueModel,
    found: NDArray[np.int64],
    distance: int,
    entries: int,
) -> int:
    """`mixed_values._ValueModel._code_distance`."""
    shift = 0
    while entries - 1 >> shift:
        shift += 1
    node = model.nodes >> shift
    coded = 0
    while shift:
        shift -= 1
        bit = 0
        if coded + (1 << shift) < entries:
            bit = distance >> shift & 1
            if node < model.mixed_nodes:
                for kind in range(len(found)):
                    model.distance.cells[kind] = found[kind] * model.nodes + node
                bit = _mix(source, note, model.distance, bit, node)
            else:
                bit = _mix(source, note, model.fine, bit, node)
        coded |= bit << shift
        node = 2 * node + bit
    return coded


@_compile
def values(
    source: Source,
    note: Noted,
    model: ValueModel,
    elements: Elements,
    template: Template,
    symbols: NDArray[np.int32],
) -> None:
    """`mixed_values.code_mixed_values`: ``symbols`` holds the symbols, or takes them."""
    negatives, positives, cells = model.negatives, model.positives, model.sign.cells
    kinds = elements.contexts.shape[1]
    found = np.zeros(len(model.distance.cells), np.int64)
    output = -1
    for at in range(len(elements.positions)):
        for kind in range(kinds):
            cells[kind] = elements.contexts[at, kind]
        cells[kinds] = _around(elements, at, template.signs, 3)
        if template.has_space:
            if template.outputs[at] != output:
                output = template.outputs[at]
                template.votes[:] = 0
            kernel = 0
            for step in range(len(template.kernel_weights)):
                kernel += template.kernel_weights[step] * template.signs[template.kernel[step, at]]
            place, width, seen = template.places[at], template.width, template.votes
            votes = (
                2 * seen[place]
                + seen[place - 1]
                + seen[place + 1]
                + seen[place - width]
                + seen[place + width]
            )
            cells[kinds + 1] = template.offsets[0] + kernel
            cells[kinds + 2] = (
                template.offsets[1] + max(-_TEMPLATE_SPAN, min(_TEMPLATE_SPAN, votes)) + _TEMPLATE_SPAN
            )
        sign = 1 if negatives == 0 else 0
        if negatives and positives:
            sign = _mix(source, note, model.sign, 1 if symbols[at] >= negatives else 0, 0)
        distance = symbols[at] - negatives if sign else negatives - 1 - symbols[at]
        found[0] = 1 - sign  # of the contexts -1 and -2; all are moved by 2, so that none is below zero
        for kind in range(len(cells)):
            found[kind + 1] = cells[kind] + 2
        distance = _distance(source, note, model, found, distance, positives if sign else negatives)
        if source.state[_FAILED]:
            return
        symbols[at] = negatives + distance if sign else negatives - 1 - distance
        template.signs[elements.positions[at]] = 1 + (1 if symbols[at] >= negatives else -1)
        if template.has_space:
            template.votes[template.places[at]] += 1 if symbols[at] >= negatives else -1
