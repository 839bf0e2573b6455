"""The mixer, the corrector, counts and tables of docs/format.md; contexts are any keys."""

from collections import defaultdict

from reference_range import CHANCE, Stream, below, level_of, log


class Mixer:
    def __init__(self, contexts: int = 0, weight: float = 0.0, rate: float = 0.0) -> None:
        self.base_weight, self.weights, self.rate = 1.0, [weight] * contexts, rate
        self.bases = defaultdict(lambda: [0.4, 0.4])
        self.seen = defaultdict(lambda: [0, 0])

    def bit(self, stream: Stream, contexts=(), base=0) -> int:
        zeros, ones = self.bases[base]
        base_odds = log(ones / zeros)
        q = CHANCE[max(-2047, min(2047, 40 * round(4 * base_odds)))]
        log_odds = self.base_weight * base_odds
        evidences = []
        for context, weight in zip(contexts, self.weights, strict=True):
            z, o = self.seen[context]
            drop = max((o + z).bit_length() - 8, 0)
            m = (o + z) >> drop << drop
            expected = log(m * (1 - q) + 0.7) - log(m * q + 0.7)
            evidences.append(log(o + 0.7) - log(z + 0.7) + expected)
            log_odds += weight * evidences[-1]
        level = level_of(log_odds)
        bit = stream.bit(level)
        step = self.rate * (bit - CHANCE[level])
        self.base_weight += step * base_odds
        self.weights = [w + step * e for w, e in zip(self.weights, evidences, strict=True)]
        for context in contexts:
            self.seen[context][bit] += 1
        self.bases[base][bit] += 1
        return bit


class Corrector:
    def __init__(self, contexts: int) -> None:
        self.given_weight, self.weights = 1.0, [0.15] * contexts
        self.seen = defaultdict(lambda: [0, 0.0])

    def bit(self, stream: Stream, given: float, contexts) -> int:
        evidences = [log(self.seen[c][0] + 0.7) - log(self.seen[c][1] + 0.7) for c in contexts]
        log_odds = self.given_weight * given
        for weight, evidence in zip(self.weights, evidences, strict=True):
            log_odds += weight * evidence
        level = level_of(log_odds)
        bit = stream.bit(level)
        step = 0.02 * (bit - CHANCE[level])
        self.given_weight += 0.1 * step * given
        self.weights = [w + step * e for w, e in zip(self.weights, evidences, strict=True)]
        for context in contexts:
            self.seen[context][0] += bit
            self.seen[context][1] += CHANCE[level_of(given)]
        return bit


def count(stream: Stream, mixer: Mixer, most: int, contexts) -> int:
    def decide(node):
        return mixer.bit(stream, [(context, node) for context in contexts], node)

    length = 1
    while length < (most + 1).bit_length() and decide(("longer than", length)):
        length += 1
    value = 1
    for shift in range(length - 2, -1, -1):
        bit = 0
        if 2 * value + 1 << shift <= most + 1:
            bit = decide((length, value)) if length - 2 - shift < 3 else stream.bit(0)
        value = 2 * value + bit
    return value - 1


def table(stream: Stream, sizes: Mixer, entries: int) -> list[int]:
    if entries == 1:
        return [1]
    precision = below(stream, 5)
    if precision == 4:
        return [1] * entries
    counts, before = [], 0
    for _ in range(entries):
        before = _size(stream, sizes, before)
        kept = min(before - 1, precision)
        counts.append((1 << kept | below(stream, 1 << kept)) << before - 1 - kept)
    return counts


def _size(stream: Stream, sizes: Mixer, before: int) -> int:
    if before and not sizes.bit(stream, base=0):
        return before
    up = before < 36
    if 1 < before < 36:
        up = bool(sizes.bit(stream, base=2))
    room = 36 - before if up else before - 1
    steps = 1
    while steps < room and sizes.bit(stream, base=3 if before else 4):
        steps += 1
    return before + steps if up else before - steps
