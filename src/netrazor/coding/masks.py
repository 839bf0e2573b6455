"""The mask of an array by whichever model is shorter: full, by blocks, or mixed from contexts."""

import math
from dataclasses import dataclass
from math import prod

import numpy as np

from netrazor.coding.blocks import Partition, best_partition, code_blocks
from netrazor.coding.contexts import Places
from netrazor.coding.frame import (
    Liveness,
    View,
    bounding_box,
    code_box,
    code_live,
    corner,
    links_of,
    output_counts,
)
from netrazor.coding.history import History
from netrazor.coding.limits import Limits
from netrazor.coding.pattern import Mask, code_pattern
from netrazor.coding.rangecoder import Coder, Meter

_EMPTY_ROW_BITS = 5  # about what an empty row costs where it is not told first


@dataclass(frozen=True)
class MaskPlan:
    """A cut for the model of blocks; else a box, full, or mixed with empty slices told first or not."""

    box: tuple[int, ...]
    cut: Partition | None = None
    full: bool = False
    live: Liveness | None = None


class MaskCoder:
    """Codes masks, one array after another."""

    def __init__(self, coder: Coder, history: History, limits: Limits, budget: int) -> None:
        self._coder = coder
        self._history = history
        self._limits = limits
        self._budget = budget

    def code(self, mask: Mask | None, view: View) -> tuple[Mask, Mask, Places | None]:
        """The mask, the part of it inside its box, and how busy the outputs are that feed the box."""
        plan = None if mask is None else self._plan(mask, view)
        if self._choose("blocks", None if plan is None else plan.cut is not None):
            coded = code_blocks(self._coder, mask, view.shape, None if plan is None else plan.cut)
            box = bounding_box(coded) if coded.any() else (0,) * coded.ndim
            return coded, coded[corner(box)], links_of(view, box, self._history)
        box = code_box(self._coder, None if plan is None else plan.box, view, self._history)
        links = links_of(view, box, self._history)
        if self._choose("full", None if plan is None else plan.full):
            inside = np.ones(box, dtype=np.bool_)
        else:
            self._history.spend(prod(box), self._limits)
            part = None if mask is None else mask[corner(box)]
            inside = code_mixed(
                self._coder, part, box, links, None if plan is None else plan.live, self._history
            )
        coded = np.zeros(view.shape, dtype=np.bool_)
        coded[corner(box)] = inside
        return coded, inside, links

    def _plan(self, mask: Mask, view: View) -> MaskPlan:
        box = bounding_box(mask)
        inside = mask[corner(box)]
        if inside.all():
            return MaskPlan(box, full=True)
        bits, cut = best_partition(mask)
        plan = MaskPlan(box, cut)
        if self._history.decisions + inside.size > self._budget:
            return plan
        links = links_of(view, box, self._history)
        for live in _live_choices(inside):
            meter = Meter()
            code_mixed(meter, inside, box, links, live, History())
            if meter.spent < bits:
                bits, plan = meter.spent, MaskPlan(box, live=live)
        return plan

    def _choose(self, name: str, choice: bool | None) -> bool:
        return bool(self._history.choices[name].code(self._coder, None if choice is None else int(choice)))


def code_mixed(
    coder: Coder,
    inside: Mask | None,
    box: tuple[int, ...],
    links: Places | None,
    live: Liveness | None,
    history: History,
) -> Mask:
    """The mask inside a box, element by element."""
    return code_pattern(coder, inside, code_live(coder, inside, box, links, live, history))


def _live_choices(inside: Mask) -> list[Liveness]:
    if inside.ndim < 2:
        return [Liveness()]
    rows = output_counts(inside) > 0
    dead = len(rows) - int(np.count_nonzero(rows))
    told = False
    if dead:
        share = dead / len(rows)
        entropy = -share * math.log2(share) - (1 - share) * math.log2(1 - share)
        told = len(rows) * entropy < _EMPTY_ROW_BITS * dead
    choices = [Liveness(told, False)]
    if not inside.any(axis=0).all():
        choices.append(Liveness(told, True))
    return choices
