"""The masks of tiles and of groups in docs/format.md; a mask is a list of zeros and ones in C order."""

from itertools import combinations
from math import comb, prod

from reference_masks import index_of
from reference_mixing import Mixer, table
from reference_range import Stream, below


def tiles(stream: Stream, shape, read_mask) -> list[int]:
    """``read_mask`` reads which tiles are in use, a mask of the shape given."""
    tile = [1 + below(stream, length) for length in shape]
    along = [-(-length // t) for length, t in zip(shape, tile, strict=True)]
    used = read_mask(along)
    mask = []
    for at in range(prod(shape)):
        place = 0
        for index, t, number in zip(index_of(at, shape), tile, along, strict=True):
            place = place * number + index // t
        mask.append(used[place])
    inside = sum(mask)
    ones = below(stream, inside + 1)
    if ones < inside:
        bits = iter(stream.symbols([inside - ones, max(ones, 1)], inside))
        mask = [next(bits) if one else 0 for one in mask]
    return mask


def groups(stream: Stream, shape) -> list[int]:
    axis = below(stream, len(shape) + 1)
    places = 2 + below(stream, 15)
    size = prod(shape)
    order = list(range(size))
    if axis < len(shape):
        assert shape[axis] % places == 0
        step = prod(shape[axis + 1 :])
        order.sort(key=lambda at: (at // (step * shape[axis]), at % step, at // step % shape[axis]))
    assert size % places == 0
    ones = stream.symbols(table(stream, Mixer(), places + 1), size // places)
    patterns = [[int(number == places)] * places for number in ones]
    for k in range(1, places):
        chosen = [group for group, number in enumerate(ones) if number == k]
        known = _patterns(places, k)
        ranks = stream.symbols([1] * comb(places, k), len(chosen))
        for group, rank in zip(chosen, ranks, strict=True):
            patterns[group] = known[rank]
    mask = [0] * size
    for place, at in enumerate(order):
        mask[at] = patterns[place // places][place % places]
    return mask


def _patterns(places: int, ones: int) -> list[list[int]]:
    """All patterns of so many ones, ascending as binary numbers."""
    return sorted([int(at in chosen) for at in range(places)] for chosen in combinations(range(places), ones))
