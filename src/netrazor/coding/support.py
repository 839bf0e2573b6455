"""The support of an array, that is where it is not zero, coded by whichever model is shortest.

Models: all of a box, blocks, margin totals, or decisions mixed from contexts.
"""

import math
from dataclasses import dataclass, replace
from functools import cached_property, partial
from math import prod

import numpy as np
from numpy.typing import NDArray

from netrazor.coding.array_view import ArrayView, bounding_box, code_box, corner, input_activity
from netrazor.coding.block_mask import Partition, best_partition, code_block_mask
from netrazor.coding.element_contexts import Activity, Mask, output_counts
from netrazor.coding.gap_code import Places
from netrazor.coding.margin_totals import code_by_totals, decisions_by_totals
from netrazor.coding.message_context import MessageContext, TrialKey
from netrazor.coding.mixed_mask import EmptySlices, code_mixed_mask

_EMPTY_ROW_BITS = 5  # about what an empty row costs where it is not told first


class Support:
    """Where an array is not zero, as a mask or as flat places; what follows from these is made when asked for."""

    def __init__(
        self,
        view: ArrayView,
        outputs: NDArray[np.int64] | None,
        mask: Mask | None,
        places: Places | None = None,
        box: tuple[int, ...] | None = None,
    ) -> None:
        self._view = view
        self._outputs = outputs
        self._mask = mask
        self._box = box
        self.places = places
        """The flat indices of the non-zero elements, if they are known."""

    @cached_property
    def mask(self) -> Mask:
        """True for each non-zero element, in the shape of the view."""
        if self._mask is not None:
            return self._mask
        mask = np.zeros(prod(self._view.shape), dtype=np.bool_)
        mask[self.places] = True
        return mask.reshape(self._view.shape)

    @cached_property
    def inside(self) -> Mask:
        """The part of the mask inside its box."""
        return self.mask[corner(self._bounds)]

    @cached_property
    def activity(self) -> Activity | None:
        """The activity of the outputs that feed the places of the box along the linked axis."""
        return input_activity(self._view, self._bounds, self._outputs)

    @cached_property
    def row_counts(self) -> NDArray[np.int64]:
        """Non-zero elements of each slice along axis 0."""
        if self.places is None:
            return output_counts(self.mask)
        size = prod(self._view.shape)
        ends = np.searchsorted(self.places, np.arange(0, size + 1, size // self._view.shape[0]))
        return np.diff(ends).astype(np.int64)

    @cached_property
    def _bounds(self) -> tuple[int, ...]:
        return bounding_box(self.mask) if self._box is None else self._box


@dataclass(frozen=True)
class SupportPlan:
    """A partition for the model of blocks; else a box, all of it, by totals, or mixed with what is told first."""

    box: tuple[int, ...]
    cut: Partition | None = None
    full: bool = False
    totals: bool = False
    told: EmptySlices | None = None


def code_support(context: MessageContext, key: TrialKey, mask: Mask | None, view: ArrayView) -> Support:
    """The support of an array, along the axes of ``view``."""
    plan = None if mask is None else _planned(context, key, mask, view)
    if context.choose("blocks", None if plan is None else plan.cut is not None):
        cut = None if plan is None else plan.cut
        return Support(view, context.outputs, *code_block_mask(context.coder, mask, view.shape, cut))
    box = code_box(context, None if plan is None else plan.box, view)
    if context.choose("full", None if plan is None else plan.full):
        inside = np.ones(box, dtype=np.bool_)
    else:
        part = None if mask is None else mask[corner(box)]
        inside = _code_inside(context, key, part, box, input_activity(view, box, context.outputs), plan)
    if box == view.shape:
        return Support(view, context.outputs, inside, box=box)
    coded = np.zeros(view.shape, dtype=np.bool_)
    coded[corner(box)] = inside
    return Support(view, context.outputs, coded, box=box)


def _code_inside(
    context: MessageContext,
    key: TrialKey,
    inside: Mask | None,
    box: tuple[int, ...],
    activity: Activity | None,
    plan: SupportPlan | None,
) -> Mask:
    """The mask inside a box that is not full."""
    can_total = context.extended and len(box) > 1
    if can_total and context.choose("totals", None if plan is None else plan.totals):
        if inside is not None:
            context.spend(decisions_by_totals(inside))
            return context.run((key, "totals"), _totals_model(inside, box, activity))
        return code_by_totals(context.coder, None, box, activity, context.spend)
    context.spend(prod(box))
    return code_mixed_mask(context, key, inside, box, activity, None if plan is None else plan.told)


def _totals_model(inside: Mask, box: tuple[int, ...], activity: Activity | None) -> "partial[Mask]":
    return partial(code_by_totals, mask=inside, box=box, activity=activity, spend=lambda _: None)


def _planned(context: MessageContext, key: TrialKey, mask: Mask, view: ArrayView) -> SupportPlan:
    """The plan of an array; that of another arrangement has the same models, but classes of its own."""
    plan, known = context.plan(key, "support", lambda: _plan(context, key, mask, view))
    return replace(plan, cut=best_partition(mask)[1]) if known and plan.cut is not None else plan


def _plan(context: MessageContext, key: TrialKey, mask: Mask, view: ArrayView) -> SupportPlan:
    """The plan with the fewest bits, of those that can be afforded."""
    box = bounding_box(mask)
    inside = mask[corner(box)]
    if inside.all():
        return SupportPlan(box, full=True)
    activity = input_activity(view, box, context.outputs)
    best, cut = best_partition(mask)
    plan = SupportPlan(box, cut)
    if context.affords(inside.size):
        for told in _told_choices(inside):
            model = partial(code_mixed_mask, key=key, mask=inside, box=box, activity=activity, told=told)
            bits = context.cost(model)
            if bits < best:
                best, plan = bits, SupportPlan(box, told=told)
    if context.extended and len(box) > 1 and context.affords(decisions_by_totals(inside)):
        totals = _totals_model(inside, box, activity)
        bits = context.run_cost((key, "totals"), totals)
        if bits < best and context.trials is not None:
            context.trials.saved += best - bits
            return SupportPlan(box, totals=True)
    return plan


def _told_choices(inside: Mask) -> list[EmptySlices]:
    """The choices worth trying: rows are told if that is clearly shorter, columns tried if some are empty."""
    if inside.ndim < 2:
        return [EmptySlices()]
    rows = output_counts(inside) > 0
    dead = len(rows) - int(np.count_nonzero(rows))
    told = False
    if dead:
        share = dead / len(rows)
        entropy = -share * math.log2(share) - (1 - share) * math.log2(1 - share)
        told = len(rows) * entropy < _EMPTY_ROW_BITS * dead
    choices = [EmptySlices(told, False)]
    if not inside.any(axis=0).all():
        choices.append(EmptySlices(told, True))
    return choices
