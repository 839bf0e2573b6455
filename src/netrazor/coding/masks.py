"""The mask of an array by whichever model is shorter: full, by blocks, by totals, or mixed from contexts."""

import math
from dataclasses import dataclass
from functools import partial
from math import prod

import numpy as np

from netrazor.coding.blocks import Partition, best_partition, code_blocks
from netrazor.coding.contexts import Places
from netrazor.coding.costs import Costs
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
from netrazor.coding.rangecoder import Coder
from netrazor.coding.totals import code_by_totals, decisions_by_totals

_EMPTY_ROW_BITS = 5  # about what an empty row costs where it is not told first


@dataclass(frozen=True)
class MaskPlan:
    """A cut for the model of blocks; else a box, full, by totals, or mixed with empty slices told first or not."""

    box: tuple[int, ...]
    cut: Partition | None = None
    full: bool = False
    totals: bool = False
    live: Liveness | None = None


class MaskCoder:
    """Codes masks, one array after another."""

    def __init__(
        self, coder: Coder, history: History, version: int, limits: Limits, budget: int, costs: Costs
    ) -> None:
        self._coder = coder
        self._history = history
        self._version = version
        self._limits = limits
        self._budget = budget
        self._costs = costs

    def code(self, name: str, mask: Mask | None, view: View) -> tuple[Mask, Mask, Places | None]:
        """The mask, the part of it inside its box, and how busy the outputs are that feed the box."""
        plan = None if mask is None else self._plan(name, mask, view)
        if self._choose("blocks", None if plan is None else plan.cut is not None):
            coded = code_blocks(self._coder, mask, view.shape, None if plan is None else plan.cut)
            box = bounding_box(coded) if coded.any() else (0,) * coded.ndim
            return coded, coded[corner(box)], links_of(view, box, self._history)
        box = code_box(self._coder, None if plan is None else plan.box, view, self._history)
        links = links_of(view, box, self._history)
        if self._choose("full", None if plan is None else plan.full):
            inside = np.ones(box, dtype=np.bool_)
        else:
            inside = self._code_inside(None if mask is None else mask[corner(box)], box, links, plan)
        coded = np.zeros(view.shape, dtype=np.bool_)
        coded[corner(box)] = inside
        return coded, inside, links

    def _code_inside(
        self, inside: Mask | None, box: tuple[int, ...], links: Places | None, plan: MaskPlan | None
    ) -> Mask:
        """The mask inside a box that is not full."""
        can_total = self._version > 1 and len(box) > 1
        if can_total and self._choose("totals", None if plan is None else plan.totals):
            return code_by_totals(self._coder, inside, box, links, self._history, self._limits)
        self._history.spend(prod(box), self._limits)
        return code_mixed(self._coder, inside, box, links, None if plan is None else plan.live, self._history)

    def _plan(self, name: str, mask: Mask, view: View) -> MaskPlan:
        box = bounding_box(mask)
        inside = mask[corner(box)]
        if inside.all():
            return MaskPlan(box, full=True)
        links = links_of(view, box, self._history)
        bits, cut = best_partition(mask)
        found = [(bits, MaskPlan(box, cut))]
        if self._affords(inside.size):
            for live in _live_choices(inside):
                model = partial(code_mixed, inside=inside, box=box, links=links, live=live, history=History())
                bits = self._costs.of((name, live), model)
                found.append((bits, MaskPlan(box, live=live)))
        if self._version > 1 and len(box) > 1 and self._affords(decisions_by_totals(inside)):
            model = partial(
                code_by_totals, mask=inside, box=box, links=links, history=History(), limits=self._limits
            )
            bits = self._costs.of((name, "totals"), model)
            before = min(other for other, _ in found)
            if bits < before:
                self._costs.saved += before - bits
                return MaskPlan(box, totals=True)
        return min(found, key=lambda candidate: candidate[0])[1]

    def _affords(self, decisions: int) -> bool:
        return self._history.decisions + decisions <= self._budget

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
