"""The support of an array in a message that offers masks of tiles and of groups: these, or the usual models.

A mask of tiles is coded as one of the tiles, by the usual models, and what lies inside of those in use.
"""

from dataclasses import dataclass, replace

from netrazor.coding.array_view import ArrayView
from netrazor.coding.coder import Meter
from netrazor.coding.element_contexts import Mask
from netrazor.coding.group_mask import Groups, code_group_mask, find_groups
from netrazor.coding.message_context import MessageContext, TrialKey
from netrazor.coding.support import Support, code_support
from netrazor.coding.tile_mask import Tiles, code_tile_mask, find_tiles, tiles_of

Structure = Tiles | Groups | None
"""How a mask is cut; None: by the usual models."""


@dataclass(frozen=True)
class _Place:
    """Which array is coded: the key of its trials, its shape, and its view for the usual models."""

    key: TrialKey
    shape: tuple[int, ...]
    view: ArrayView


def code_structured_support(
    context: MessageContext, key: TrialKey, mask: Mask | None, shape: tuple[int, ...], view: ArrayView
) -> Support:
    """The support of an array of ``shape``, the mask in that shape; as tiles, as groups, or along ``view``."""
    place = _Place(key, shape, view)
    structure: Structure = None
    if mask is not None:
        structure, known = context.plan(key, "structure", lambda: _planned(context, place, mask))
        if known and isinstance(structure, Tiles):  # of another arrangement
            structure = tiles_of(mask, structure.tile)
    return _code(context, place, mask, structure)


def _code(context: MessageContext, place: _Place, mask: Mask | None, structure: Structure) -> Support:
    if context.choose("tiles", None if mask is None else isinstance(structure, Tiles)):
        tiles = structure if isinstance(structure, Tiles) else None

        def code_used(used: Mask | None, shape: tuple[int, ...]) -> Mask:
            key = replace(place.key, name=f"{place.key.name}\0tiles")
            return code_support(context, key, used, ArrayView(shape)).mask

        found = code_tile_mask(context.coder, mask, place.shape, tiles, code_used)
    elif context.choose("groups", None if mask is None else isinstance(structure, Groups)):
        groups = structure if isinstance(structure, Groups) else None
        found = code_group_mask(context.coder, mask, place.shape, groups)
    else:
        seen = None if mask is None else mask.reshape(place.view.shape)
        return code_support(context, place.key, seen, place.view)
    return Support(place.view, context.outputs, found.reshape(place.view.shape))


def _planned(context: MessageContext, place: _Place, mask: Mask) -> Structure:
    """Of the usual models and the best tiles and groups what takes the fewest bits, by coding all of them."""
    found: list[tuple[float, Structure]] = [(_measured(context, place, mask, None), None)]
    for best in (find_tiles(mask), find_groups(mask)):
        if best is not None and best[0] < found[0][0]:
            found.append((_measured(context, place, mask, best[1]), best[1]))
    return min(found, key=lambda each: each[0])[1]


def _measured(context: MessageContext, place: _Place, mask: Mask, structure: Structure) -> float:
    meter = Meter()
    _code(context.continued(meter), place, mask, structure)
    return meter.spent
