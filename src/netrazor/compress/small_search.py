"""Iterated local search on the certified risk, over all weights of a linear classifier or of one with a hidden layer.

From several starts, changes of single weights are made while errors plus bits fall, bits at the rate at which the
bound trades them for errors; then a few weights are changed at random and the descent begins again (Lourenco, Martin
and Stuetzle 2003). Lengths are estimated meanwhile; the best few are coded, and the true length decides. All of it
chooses among messages of one decoder, so it costs nothing, however long it takes.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import torch
from pydantic import Field
from pydantic.dataclasses import dataclass as configuration
from torch import nn

from netrazor import bounds
from netrazor.compress.integer_tail import Integers, IntegerTail
from netrazor.compress.linear_tail import LinearTail, read_tail
from netrazor.compress.row_descent import DescentTerms, descend
from netrazor.compress.search_objective import SearchContext, approximate_bound
from netrazor.compress.search_starts import StartLimits, bias_units, starts
from netrazor.units import percent_up


@configuration(frozen=True, config={"extra": "forbid"})
class SmallSearchConfig:
    """How long to search, and among which numbers.

    Attributes:
        limit: largest magnitude of a weight.
        bias_limit: largest magnitude of a bias.
        scales: starts: the trained weights, their largest rounded to so many steps, and for a single layer sparse
            weights too; there is one more then, from weights that are all zero.
        kicks: random changes after which the descent begins again, from the best start.
        searched: examples, evenly spread, that the search counts on; the last steps count on all.
        coded: of how many of the best the true length is taken.
        polish: changes of single weights whose true length is taken, at most.
        most: changes of weights that are zero that are counted for a row of the last layer, those that an estimate
            of the cross-entropy ranks first; of a table of a hundred columns or more that is far faster.
        paired: of how many changes of a row all pairs are tried, where no single change gains: the best ones, half of
            them of weights that are in use, so that one may take the place of another.
    """

    limit: int = Field(default=3, ge=1, le=127)
    bias_limit: int = Field(default=63, ge=1, le=1000)
    scales: tuple[float, ...] = (1.0, 2.0, 4.0)
    kicks: int = Field(default=400, ge=0)
    searched: int = Field(default=6000, ge=1)
    coded: int = Field(default=12, ge=1)
    polish: int = Field(default=200, ge=0)
    most: int = Field(default=192, ge=1)
    paired: int = Field(default=16, ge=0)


@dataclass(frozen=True)
class Found:
    """Whole numbers of a tail, with their errors, about their bits, and about the bound of both."""

    bound: float
    errors: int
    bits: float
    integers: tuple[Integers, ...]
    steps: tuple[float, ...]

    @property
    def key(self) -> bytes:
        """The same for the same weights."""
        return repr(self.steps).encode() + b"".join(matrix.tobytes() for matrix in self.integers)


@torch.no_grad()
def search_small(
    model: nn.Module, code_bits: Callable[[], float], config: SmallSearchConfig, context: SearchContext
) -> float:
    """Put whole numbers into the last one or two linear layers of ``model``, in place, of the lowest bound found.

    Args:
        model: trained; its scores are the output of a linear layer.
        code_bits: the charged length of the message of ``model`` as it is when called.
        config: of the search.
        context: the examples, delta and seed.

    Returns:
        the bound of the message then.

    Raises:
        UnsupportedModel: no such layers.
    """
    return _SmallSearch(read_tail(model, context.dataset), code_bits, config, context).run()


class _SmallSearch:
    def __init__(
        self,
        tail: LinearTail,
        code_bits: Callable[[], float],
        config: SmallSearchConfig,
        context: SearchContext,
    ) -> None:
        self.tail, self.code_bits, self.config, self.context = tail, code_bits, config, context
        self.n = len(tail.labels)
        self.part = tail.spread(config.searched)
        self.grids = tuple(tuple(range(-limit, limit + 1)) for limit in (config.limit, config.bias_limit))
        self.units = bias_units(tail)
        self.random = np.random.default_rng(context.seed)
        self.best: dict[bytes, Found] = {}

    def run(self) -> float:
        limits = StartLimits(self.config.limit, self.config.bias_limit, self.config.scales)
        found = [self._descended(self._put(*start)) for start in starts(self.tail, limits)]
        now = self._paired(min(found, key=lambda each: each.bound))
        with self.context.reporter.stage("search", self.config.kicks) as tick:
            for _ in range(self.config.kicks):
                state = self._put(list(now.integers), now.steps)
                self._kick(state)
                near = self._descended(state)
                if near.bound <= now.bound + 0.1 * (1 - now.bound) / math.sqrt(self.n):
                    now = self._paired(near)  # a little worse is accepted: plateaus are wide
                if self.random.random() < 0.05:
                    now = min(self.best.values(), key=lambda known: known.bound)
                tick()
        return self._coded()

    def _put(self, integers: list[Integers], steps: tuple[float, ...]) -> IntegerTail:
        return self._state(self.part, integers, steps)

    def _state(self, tail: LinearTail, integers: list[Integers], steps: tuple[float, ...]) -> IntegerTail:
        state = IntegerTail(tail, (self.grids[0], self.grids[1]), steps, self.units)
        state.put(integers)
        return state

    def _descended(self, state: IntegerTail, paired: int = 0) -> Found:
        """The state after the best changes of rows were made as long as any gains."""
        errors = state.errors()
        per_bit = self._errors_per_bit(errors * self.n / state.n, state.bits()) * state.n / self.n
        descend(state, DescentTerms(per_bit, self.config.most, paired), self.random)
        return self._noted(state)

    def _paired(self, found: Found) -> Found:
        """The same after changes of two weights at once too, which are too many to be tried everywhere."""
        if not self.config.paired:
            return found
        state = self._put(list(found.integers), found.steps)
        return min(found, self._descended(state, self.config.paired), key=lambda each: each.bound)

    def _errors_per_bit(self, errors: float, bits: float) -> float:
        """How many more errors the bound allows for one bit less."""
        here, step = self._estimate(errors, bits), max(1, self.n // 200)
        more_bits = self._estimate(errors, bits + 2) - here
        more_errors = (self._estimate(errors + step, bits) - here) / step
        return min(5.0, max(0.02, more_bits / 2 / more_errors)) if more_errors > 0 else 1.0

    def _estimate(self, errors: float, bits: float) -> float:
        """About the exact bound: the kl bound without the term that the binomial tail does not have."""
        less = max(0.0, bits - math.log2(2 * math.sqrt(self.n)))
        return approximate_bound(errors / self.n, less, self.n, self.context.delta)

    def _noted(self, state: IntegerTail) -> Found:
        """What the state comes to; kept if it is among the best."""
        errors, bits = state.errors(), state.bits()
        found = Found(
            self._estimate(errors * self.n / state.n, bits), errors, bits, tuple(state.integers), state.steps
        )
        self.best[found.key] = found
        if len(self.best) > 2 * self.config.coded:
            kept = sorted(self.best.values(), key=lambda known: known.bound)[: self.config.coded]
            self.best = {known.key: known for known in kept}
        return found

    def _kick(self, state: IntegerTail) -> None:
        """One to three weights taken away or any made one step, or a hidden unit taken out."""
        integers = [matrix.copy() for matrix in state.integers]
        if len(integers) > 1 and self.random.random() < 0.15:
            unit = self.random.integers(len(integers[0]))
            integers[0][unit], integers[1][:, unit] = 0, 0
        for _ in range(self.random.integers(1, 4)):
            layer = int(self.random.integers(len(integers)))
            matrix = integers[layer]
            used = np.argwhere(matrix != 0)
            if len(used) and self.random.random() < 0.6:
                matrix[tuple(used[self.random.integers(len(used))])] = 0
            else:
                width = matrix.shape[1] - (not state.has_bias(layer))
                place = int(self.random.integers(len(matrix))), int(self.random.integers(width))
                matrix[place] = self.random.choice((-1, 1))
        state.put(integers)

    def _coded(self) -> float:
        """Put the best of the best into the network, by true lengths, and change single weights while that gains."""
        known = [self._on_all(found) for found in self.best.values()]
        known = sorted(known, key=lambda found: found.bound)[: self.config.coded]
        measured = [(self._measured(found), place) for place, found in enumerate(known)]
        bound, place = min(measured)
        best, left = known[place], self.config.polish
        while left > 0:
            candidates = self._neighbours(best)[: min(left, 40)]
            left -= max(1, len(candidates))
            tried = [(self._measured(found), at) for at, found in enumerate(candidates)]
            if not tried or min(tried)[0] >= bound:
                break
            bound, at = min(tried)
            best = candidates[at]
        bound = self._measured(best)
        self.context.reporter.say(f"search ends at {percent_up(bound)}, {self.tail.errors()} errors")
        return bound

    def _on_all(self, found: Found) -> Found:
        """The same weights with their errors on all examples."""
        if self.part is self.tail:
            return found
        errors = self._state(self.tail, list(found.integers), found.steps).errors()
        return replace(found, errors=errors, bound=self._estimate(errors, found.bits))

    def _neighbours(self, found: Found) -> list[Found]:
        """Changes of one weight, those of the lowest estimated bound first."""
        state = self._state(self.tail, list(found.integers), found.steps)
        per_bit, bits = self._errors_per_bit(found.errors, found.bits), state.bits()
        ranked = []
        for layer, matrix in enumerate(found.integers):
            for row in range(len(matrix)):
                moves = state.moves(layer, row)
                changed = moves.values != matrix[row, moves.columns]
                costs = moves.errors + per_bit * moves.bits
                for at in np.flatnonzero(changed)[np.argsort(costs[changed])[:40]].tolist():
                    where = (layer, row, int(moves.columns[at]), int(moves.values[at]), int(moves.biases[at]))
                    ranked.append(
                        (float(costs[at]), where, int(moves.errors[at]), bits + float(moves.bits[at]))
                    )
        neighbours = []
        for _, (layer, row, column, value, bias), errors, length in sorted(ranked)[:40]:
            integers = [matrix.copy() for matrix in found.integers]
            integers[layer][row, column], integers[layer][row, -1] = value, bias
            neighbours.append(Found(0.0, errors, length, tuple(integers), found.steps))
        return neighbours

    def _measured(self, found: Found) -> float:
        """The bound by the true length and the layers' own errors, with the weights in the network."""
        of_layers = zip(self.tail.layers, found.integers, found.steps, self.units, strict=True)
        for layer, matrix, step, unit in of_layers:
            real = torch.from_numpy(matrix * step).to(layer.weight.dtype)
            layer.weight.copy_(real[:, :-1])
            if layer.bias is not None:
                layer.bias.copy_(real[:, -1] * unit)
        return float(bounds.occam(self.tail.errors(), self.n, self.code_bits(), self.context.delta))
