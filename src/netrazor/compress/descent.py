"""Greedy descent on the certified risk itself, over the weights of a network's last linear layer.

The scores are linear in these weights, so the errors that a change of any one of them causes are counted exactly,
on every example and for all changes at once, from features computed once. A search among messages of one decoder
costs nothing: the bound holds for all of them together.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass as plain_dataclass

import torch
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor import bounds
from netrazor.compress.last_layer import last_layer
from netrazor.compress.order_zero import bits_by_move, counts_of, tensor_bits
from netrazor.counting import wrong
from netrazor.errors import UnsupportedModel
from netrazor.runtime import devices
from netrazor.runtime.reporting import Reporter, Silent


@dataclass(frozen=True, config={"extra": "forbid"})
class DescentConfig:
    """How long to search.

    Attributes:
        rounds: passes over the classes at most; the search ends before, where a pass gains nothing.
        pairs: also try to give up one weight and change another of the same class in its place.
        hardest: examples of the smallest margins by which moves are ranked; each move that is made is counted on
            all examples.
    """

    rounds: int = Field(default=20, ge=0)
    pairs: bool = True
    hardest: int = Field(default=15_000, ge=1)


@plain_dataclass(frozen=True)
class DescentReport:
    """Before and after: the bound, the errors, the bits; and the number of weights changed by what was kept."""

    bounds: tuple[float, float]
    errors: tuple[int, int]
    code_bits: tuple[float, float]
    moves: int


@torch.no_grad()
def descend(
    model: nn.Module,
    dataset: Dataset[tuple[Tensor, int]],
    code_bits: Callable[[], float],
    config: DescentConfig | None = None,
    *,
    delta: float = 0.05,
    device: torch.device = devices.CPU,
    reporter: Reporter | None = None,
) -> DescentReport:
    """Change weights and biases of the last linear layer, in place, while the certified risk falls.

    Every weight may take zero or any value that its tensor holds already. Moves are ranked by errors plus bits at
    the bound's own rate of exchange, the bits estimated by an adaptive code of order zero; after each pass the
    true length decides whether the pass is kept, so the bound never rises.

    Args:
        model: its scores must be the output of its last `torch.nn.Linear`.
        dataset: the whole training set.
        code_bits: the length of the message of ``model`` as it is when called.
        config: how long to search.
        delta: failure probability that the bound will be stated with.
        device: computes what the last layer is given; the search itself is the CPU's.
        reporter: told of the passes.

    Raises:
        UnsupportedModel: the scores come from something else than a linear layer.
    """
    config = config or DescentConfig()
    search = _Search(config, *last_layer(model, dataset, device=device))
    if search.n == 0 or search.weights.numel() == 0:
        raise UnsupportedModel("last layer: at least one weight and one example needed, got none")

    def state() -> tuple[float, int, float]:
        errors, bits = search.errors(), code_bits()
        return float(bounds.occam(errors, search.n, bits, delta)), errors, bits

    first = best = state()
    moves = 0
    with (reporter or Silent()).stage("descend", config.rounds) as tick:
        for _ in range(config.rounds):
            kept = search.weights.clone()
            made = search.sweep(errors_per_bit(best[1], search.n, best[2], delta))
            now = state()
            if made == 0 or now[0] >= best[0]:
                search.put(kept)
                break
            best, moves = now, moves + made
            tick()
    return DescentReport(*((a, b) for a, b in zip(first, best, strict=True)), moves)


def errors_per_bit(errors: int, n: int, code_bits: float, delta: float) -> float:
    """How many errors more the bound bears for one bit less: the ratio of its two slopes."""
    here = float(bounds.occam(errors, n, code_bits, delta))
    step = max(1, n // 2000)
    more_errors = float(bounds.occam(min(n, errors + step), n, code_bits, delta)) - here
    more_bits = float(bounds.occam(errors, n, code_bits + step, delta)) - here
    return more_bits / more_errors if more_errors > 0 else 1.0


class _Search:
    """The last layer as one matrix, classes x features; the last feature is one, and its weight the bias."""

    def __init__(self, config: DescentConfig, layer: nn.Linear, features: Tensor, labels: Tensor) -> None:
        self.config, self.layer, self.labels = config, layer, labels
        self.n = len(labels)
        parts = [self.layer.weight.detach()]
        if self.layer.bias is not None:
            features = torch.cat([features, torch.ones(self.n, 1)], 1)
            parts.append(self.layer.bias.detach()[:, None])
        self.live = features.any(0).nonzero()[:, 0]  # a feature that is always zero cannot be used
        self.features = features[:, self.live]
        self.weights = torch.cat(parts, 1)
        self.values = torch.unique(torch.cat([self.weights.flatten(), torch.zeros(1)]))
        self.groups = [part.shape[1] for part in parts]
        self._score()

    def put(self, weights: Tensor) -> None:
        """Make ``weights`` those of the layer."""
        self.weights = weights
        matrix, *bias = weights.split(self.groups, 1)
        self.layer.weight.copy_(matrix)
        if bias and self.layer.bias is not None:
            self.layer.bias.copy_(bias[0][:, 0])
        self._score()

    def _score(self) -> None:
        self.scores = self.features @ self.weights[:, self.live].T

    def errors(self) -> int:
        """On all examples."""
        return int(wrong(self.scores, self.labels).sum())

    def sweep(self, exchange: float) -> int:
        """One pass over the classes; the number of weights changed. ``exchange`` is in errors for a bit."""
        self._choose_hardest()
        made = 0
        for label in range(len(self.weights)):
            while self._improve(label, exchange, None):
                made += 1
            if self.config.pairs:
                for column in self.weights[label, self.live].nonzero()[:, 0].tolist():
                    made += 2 * self._improve(label, exchange, column)
        self.put(self.weights)  # scores without the rounding of the steps
        return made

    def _choose_hardest(self) -> None:
        own = self.scores.gather(1, self.labels[:, None])[:, 0]
        others = self.scores.scatter(1, self.labels[:, None], -math.inf).amax(1)
        number = min(self.config.hardest, self.n)
        self.hardest = (own - others).abs().topk(number, largest=False).indices.sort().values
        self.hard_features = self.features[self.hardest].contiguous()
        self.hard_labels = self.labels[self.hardest]

    def _improve(self, label: int, exchange: float, given_up: int | None) -> bool:
        """The best change of one weight of a class, made if it gains; after ``given_up`` has become zero."""
        now = self.weights[label, self.live]
        start = now.clone()
        if given_up is not None:
            start[given_up] = 0.0
        errors = self._errors_of_moves(label, start, start - now)
        bits, before = self._bits_of_moves(label, start)
        cost = errors + exchange * (bits - before)
        if given_up is not None:
            cost[:, given_up] = math.inf
        target, column = divmod(int(cost.argmin()), cost.shape[1])
        standing = int(wrong(self.scores[self.hardest], self.hard_labels).sum())
        if not cost[target, column] < standing - 1e-6:
            return False
        return self._make(label, start, column, target, exchange * float(bits[target, column] - before))

    def _make(self, label: int, start: Tensor, column: int, target: int, more: float) -> bool:
        """Make a move if it gains on all examples; ``more`` is what its bits cost, in errors."""
        after = start.clone()
        after[column] = self.values[target]
        change = after - self.weights[label, self.live]
        changed = change.nonzero()[:, 0]
        scores = self.scores.clone()
        scores[:, label] += self.features[:, changed] @ change[changed]
        if not int(wrong(scores, self.labels).sum()) + more < self.errors() - 1e-6:
            return False
        self.scores = scores
        self.weights[label, self.live] = after
        return True

    def _errors_of_moves(self, label: int, start: Tensor, change: Tensor) -> Tensor:
        """Errors on the hardest examples if one weight of class ``label`` goes from ``start`` to a value.

        values x columns. An example of the class is right if its score is above all others; one of another
        class, if that class is above the rest and above this score too.
        """
        scores, labels = self.scores[self.hardest], self.hard_labels
        own_score = scores[:, label] + self.hard_features @ change
        rest = scores.clone()
        rest[:, label] = -math.inf
        is_own = labels == label
        theirs = rest.gather(1, labels[:, None])[:, 0]
        rivals = rest.scatter(1, labels[:, None], -math.inf).amax(1)
        contested = ~is_own & (theirs > rivals)
        over = (rest.amax(1) - own_score)[is_own, None]  # what the change must exceed
        under = (theirs - own_score)[contested, None]  # what it must stay below
        own_features, other_features = self.hard_features[is_own], self.hard_features[contested]
        errors = torch.empty(len(self.values), len(start))
        for row, value in enumerate(self.values):
            step = value - start
            right = (own_features * step > over).sum(0) + (other_features * step < under).sum(0)
            errors[row] = len(labels) - right
        return errors

    def _bits_of_moves(self, label: int, start: Tensor) -> tuple[Tensor, Tensor]:
        """Bits of the layer for each value x column, infinite where the value is not the tensor's; and as it is.

        Both are added up in float32 and in one order: a move that changes nothing must not seem to gain, or it would
        be made for ever.
        """
        now = torch.bucketize(self.weights, self.values)
        moved = now.clone()
        moved[label, self.live] = torch.bucketize(start, self.values)
        zero = int(torch.bucketize(torch.zeros(()), self.values))
        bits, before, first = torch.zeros(len(self.values), len(start)), torch.zeros(()), 0
        for width in self.groups:
            block = slice(first, first + width)
            here = (self.live >= first) & (self.live < first + width)
            table = bits_by_move(tuple(counts_of(moved[:, block], len(self.values)).tolist()), zero).clone()
            unused = counts_of(now[:, block], len(self.values)) == 0
            unused[zero] = False
            table[:, torch.from_numpy(unused)] = math.inf
            before += tensor_bits(counts_of(now[:, block], len(self.values)), zero)
            own = table[moved[label, self.live]].T
            still = float(tensor_bits(counts_of(moved[:, block], len(self.values)), zero))
            bits += torch.where(here[None, :], own, torch.full_like(own, still))
            first += width
        return bits, before
