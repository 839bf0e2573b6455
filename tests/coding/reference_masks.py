"""The models of masks in docs/format.md; a mask is a list of zeros and ones in C order, an element its index."""

from itertools import product
from math import prod

from reference_mixing import Corrector, Mixer, count, table
from reference_range import Stream, below, log


def busy(ones: int) -> int:
    octave = ones.bit_length() - 1
    return ones if ones < 4 else 2 * octave + (ones >> octave - 1 & 1)


def index_of(at: int, shape) -> tuple[int, ...]:
    found = []
    for length in reversed(shape):
        at, place = divmod(at, length)
        found.append(place)
    return tuple(reversed(found))


def inside_places(view, box) -> list[int]:
    """The elements of an array that lie in the box at its corner."""
    places = [0]
    for axis, extent in enumerate(box):
        step = prod(view[axis + 1 :])
        places = [place + step * k for place in places for k in range(extent)]
    return places


def slices(index, shape, links, link_axis) -> list:
    """The slices that an element lies in, each once, and how busy the output is that feeds it."""
    axes = range(len(shape))
    wide = [axis for axis in axes if shape[axis] > 1]
    kinds: list[list[int]] = []
    for wanted in ({0}, {*axes} - {0}, {1}, {0, 1}, {*axes} - {1}):
        kind = [axis for axis in wide if axis in wanted]
        if kind and kind != wide and kind not in kinds:
            kinds.append(kind)
    found: list = [(tuple(kind), tuple(index[axis] for axis in kind)) for kind in kinds]
    if links is not None:
        found.append(("links", links[index[link_axis]]))
    return found


def back(at: int, index, shape, known, outside=0) -> list:
    """What is known one step back along each axis longer than one."""
    return [
        known[at - prod(shape[axis + 1 :])] if index[axis] else outside
        for axis in range(len(shape))
        if shape[axis] > 1
    ]


def mixed(stream: Stream, shape, candidates, links=None, link_axis=0) -> list[int]:
    mask = [0] * prod(shape)
    mixer = None
    for at in candidates:
        index = index_of(at, shape)
        near = back(at, index, shape, mask)
        contexts = slices(index, shape, links, link_axis) + ([("near", *near)] if near else [])
        mixer = mixer or Mixer(len(contexts), 0.2, 0.02)
        mask[at] = mixer.bit(stream, contexts)
    return mask


def mixed_box(stream: Stream, box, links, choose) -> list[int]:
    open_rows, width = [1] * (box[0] if box else 1), prod(box[1:])
    open_columns = [1] * width
    if len(box) > 1:
        if choose("live rows"):
            open_rows = mixed(stream, box[:1], range(box[0]))
        if choose("live columns"):
            open_columns = mixed(stream, box[1:], range(width), links, 0)
    open_elements = [at for at in range(prod(box)) if open_rows[at // width] and open_columns[at % width]]
    return mixed(stream, box, open_elements, links, min(1, len(box) - 1))


def classes(stream: Stream, slices_: int, most: int) -> list[list[int]]:
    """The members of each class."""
    bits = below(stream, most + 1)
    if not bits:
        return [list(range(slices_))]
    member = stream.symbols(table(stream, Mixer(), 1 << bits), slices_)
    return [[at for at in range(slices_) if member[at] == k] for k in range(1 << bits)]


def blocks(stream: Stream, shape) -> list[int]:
    split = 1 + (below(stream, len(shape) - 1) if len(shape) > 2 else 0)
    height, width = prod(shape[:split]), prod(shape[split:])
    rows = classes(stream, height, 4 if width >= 8 else 0)
    columns = classes(stream, width, 4 if height >= 8 else 0)
    mask = [0] * (height * width)
    for some_rows, some_columns in product(rows, columns):
        block = [row * width + column for row in some_rows for column in some_columns]
        ones = below(stream, len(block) + 1)
        rarer = int(2 * ones <= len(block))
        bits = [1 - rarer] * len(block)
        if 0 < ones < len(block) < 2**16:
            bits = stream.symbols([len(block) - ones, ones], len(block))
        elif len(block) >= 2**16:
            for place in _marked(stream, ones if rarer else len(block) - ones, len(block)):
                bits[place] = rarer
        for at, bit in zip(block, bits, strict=True):
            mask[at] = bit
    return mask


def _marked(stream: Stream, marks: int, size: int) -> list[int]:
    """Places that come after gaps, each of which is sent in pieces that are not longer than the table."""
    found, place, table, reached = [], 0, [], 1.0
    while not table or (reached > 2**-8 and len(table) < 4096):
        table.append(1 + int(2**32 * (reached * (marks / size))))
        reached *= (size - marks) / size
    table.append(1 + int(2**32 * reached))
    while len(found) < marks:
        (gap,) = stream.symbols(table, 1)
        place += gap
        if gap < len(table) - 1:
            found.append(place)
            place += 1
    assert place <= size
    return found


def totals(stream: Stream, box, links) -> list[int]:
    height, width = box[0], prod(box[1:])
    rows = _totals(stream, box[:1], None, width, None)
    live_rows = [row for row in range(height) if rows[row]]
    left = _totals(stream, box[1:], links, len(live_rows), sum(rows))
    live = [column for column in range(width) if left[column]]
    mask, corrector = [0] * prod(box), None
    for r, row in zip(range(len(live_rows), 0, -1), live_rows, strict=True):
        undecided = [column for column in live if 0 < left[column] < r]
        k, n = rows[row] - sum(left[column] == r for column in live), len(undecided)
        supply = sum(left[column] for column in undecided)
        assert 0 <= k <= n
        for column in live:
            c, at = left[column], row * width + column
            if 0 < c < r and 0 < k < n:
                given = log(c) - log(r - c) + log(k) - log(n - k) - log(supply) + log(n * r - supply)
                index = index_of(at, box)
                contexts = [*_interactions(index, box), ("near", *back(at, index, box, mask))]
                corrector = corrector or Corrector(len(contexts))
                mask[at] = corrector.bit(stream, given, contexts)
            else:
                mask[at] = int(c == r or (c > 0 and k > 0))
            if 0 < c < r:
                k, n, supply = k - mask[at], n - 1, supply - c
            left[column] -= mask[at]
    return mask


def _interactions(index, box) -> list:
    column = tuple(axis for axis in range(1, len(box)) if box[axis] > 1)
    return [found for found in slices(index, box, None, 0) if found[0] not in ((0,), column)]


def _totals(stream: Stream, shape, links, most, altogether) -> list[int]:
    places, found, mixer = prod(shape), [], None
    for at in range(places):
        index = index_of(at, shape)
        near = back(at, index, shape, found)
        near += [sum(near), max(near)] if len(near) > 1 else []
        limit = most
        if altogether is not None:
            left = altogether - sum(found)
            if at == places - 1:
                assert left <= most
                return [*found, left]
            near.append(4 * left // (places - at))
            limit = min(most, left)
        contexts = slices(index, shape, links, 0) + [(kind, busy(n)) for kind, n in enumerate(near)]
        mixer = mixer or Mixer(len(contexts), 0.2, 0.02)
        found.append(count(stream, mixer, limit, contexts))
    return found
