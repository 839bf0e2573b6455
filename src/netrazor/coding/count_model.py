"""Counts predicted from contexts: the length in bits of count + 1 in unary, then the bits behind the leading one."""

from collections.abc import Sequence

from netrazor.coding.coder import Coder
from netrazor.coding.context_mixing import Mixer

WEIGHT = 0.2
RATE = 0.02
_MODELLED_BITS = 3  # behind the leading one; those below are taken as equally likely
NODES = 512  # numbers for the decisions of one context


class CountModel:
    """Counts that are asked in the same number of contexts."""

    def __init__(self, contexts: int) -> None:
        self._mixer = Mixer(contexts, WEIGHT, RATE)

    @staticmethod
    def decisions(number: int, limit: int) -> int:
        """At most so many decisions are made on ``number`` counts up to ``limit``."""
        return 2 * number * (limit + 1).bit_length()

    def code(self, coder: Coder, count: int | None, limit: int, contexts: Sequence[int]) -> int:
        """A count in [0, limit]."""
        value = None if count is None else count + 1
        longest = (limit + 1).bit_length()
        length = 1
        while length < longest and self._decide(
            coder, None if value is None else int(value.bit_length() > length), contexts, length
        ):
            length += 1
        coded = 1
        for shift in range(length - 2, -1, -1):
            upper = 2 * coded + 1
            bit = 0
            if upper << shift <= limit + 1:
                chosen = None if value is None else value >> shift & 1
                if length - 2 - shift < _MODELLED_BITS:
                    bit = self._decide(coder, chosen, contexts, 64 + 8 * length + coded)
                else:
                    bit = coder.bit(chosen, 0)
            coded = upper - 1 + bit
        return coded - 1

    def _decide(self, coder: Coder, bit: int | None, contexts: Sequence[int], node: int) -> int:
        cells = [context * NODES + node for context in contexts]
        return self._mixer.code(coder, bit, cells, node)
