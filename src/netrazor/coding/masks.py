"""The mask of an array by whichever model is shorter: full, by blocks, by totals, or mixed from contexts."""

import math
from dataclasses import dataclass
from functools import partial
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
from netrazor.coding.pattern import Mask, code_pattern
from netrazor.coding.rangecoder import Coder
from netrazor.coding.session import Session
from netrazor.coding.totals import code_by_totals, decisions_by_totals
from netrazor.coding.where import Where

_EMPTY_ROW_BITS = 5  # about what an empty row costs where it is not told first


@dataclass(frozen=True)
class MaskPlan:
    """A cut for the model of blocks; else a box, full, by totals, or mixed with empty slices told first or not."""

    box: tuple[int, ...]
    cut: Partition | None = None
    full: bool = False
    totals: bool = False
    live: Liveness | None = None


def code_mask(session: Session, name: str, mask: Mask | None, view: View) -> Where:
    """The mask of array ``name``, seen along the axes of ``view``."""
    coder, history = session.coder, session.history
    plan = None if mask is None else _plan(session, name, mask, view)
    if session.choose("blocks", None if plan is None else plan.cut is not None):
        coded = code_blocks(coder, mask, view.shape, None if plan is None else plan.cut)
        box = bounding_box(coded) if coded.any() else (0,) * coded.ndim
        return Where(coded, coded[corner(box)], links_of(view, box, history))
    box = code_box(coder, None if plan is None else plan.box, view, history)
    links = links_of(view, box, history)
    if session.choose("full", None if plan is None else plan.full):
        inside = np.ones(box, dtype=np.bool_)
    else:
        inside = _code_inside(session, None if mask is None else mask[corner(box)], box, links, plan)
    coded = np.zeros(view.shape, dtype=np.bool_)
    coded[corner(box)] = inside
    return Where(coded, inside, links)


def _code_inside(
    session: Session, inside: Mask | None, box: tuple[int, ...], links: Places | None, plan: MaskPlan | None
) -> Mask:
    """The mask inside a box that is not full."""
    can_total = session.version > 1 and len(box) > 1
    if can_total and session.choose("totals", None if plan is None else plan.totals):
        return code_by_totals(session.coder, inside, box, links, session.history, session.limits)
    session.spend(prod(box))
    return code_mixed(session.coder, inside, box, links, None if plan is None else plan.live, session.history)


def _plan(session: Session, name: str, mask: Mask, view: View) -> MaskPlan:
    """The plan with the fewest bits, of those that can be afforded."""
    box = bounding_box(mask)
    inside = mask[corner(box)]
    if inside.all():
        return MaskPlan(box, full=True)
    links = links_of(view, box, session.history)
    bits, cut = best_partition(mask)
    found = [(bits, MaskPlan(box, cut))]
    if session.affords(inside.size):
        for live in _live_choices(inside):
            model = partial(code_mixed, inside=inside, box=box, links=links, live=live, history=History())
            found.append((session.costs.of((name, live), model), MaskPlan(box, live=live)))
    best, plan = min(found, key=lambda candidate: candidate[0])
    if session.version > 1 and len(box) > 1 and session.affords(decisions_by_totals(inside)):
        model = partial(
            code_by_totals, mask=inside, box=box, links=links, history=History(), limits=session.limits
        )
        bits = session.costs.of((name, "totals"), model)
        if bits < best:
            session.costs.saved += best - bits
            return MaskPlan(box, totals=True)
    return plan


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
