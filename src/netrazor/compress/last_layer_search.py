"""Changes of single weights of a last linear layer, with the errors and the bits that each of them causes."""

import math

import torch
from pydantic import Field
from pydantic.dataclasses import dataclass
from torch import Tensor, nn

from netrazor.compress.order_zero import count_symbols, order_zero_bits, tabulate_moves
from netrazor.counting import wrong


@dataclass(frozen=True, config={"extra": "forbid"})
class DescentConfig:
    """How long to search.

    Attributes:
        rounds: passes over the classes, at most; the search ends earlier where a pass gains nothing.
        pairs: also try to set one weight to zero and change another of the same class instead.
        hardest: examples of the smallest margins, by which moves are ranked; each move that is made is counted on
            all examples.
    """

    rounds: int = Field(default=20, ge=0)
    pairs: bool = True
    hardest: int = Field(default=15_000, ge=1)


class LastLayerSearch:
    """The last layer as one matrix, classes x features; the last feature is 1, and its weight the bias.

    A single output is the score of the second of two classes; that of the first is zero, and so are its weights,
    which no move changes and no message holds.

    Attributes:
        weights: the matrix.
        first: the first class whose weights are the layer's.
        values: what a weight may be: zero, and every value that the matrix holds at first; in rising order.
        widths: columns of the weights and of the biases, which are two tensors in the message.
        live: columns of features that are not always zero; no other weight is changed.
        scores: of all examples, examples x classes.
    """

    def __init__(self, config: DescentConfig, layer: nn.Linear, features: Tensor, labels: Tensor) -> None:
        self.config, self.layer, self.labels = config, layer, labels
        self.n = len(labels)
        parts = [_widened(self.layer.weight.detach())]
        features = _widened(features)
        if self.layer.bias is not None:
            features = torch.cat([features, torch.ones(self.n, 1)], 1)
            parts.append(_widened(self.layer.bias.detach())[:, None])
        self.live = features.any(0).nonzero()[:, 0]  # a feature that is always zero cannot be used
        self.features = features[:, self.live]
        self.weights = torch.cat(parts, 1)
        self.first = int(len(self.weights) == 1)
        if self.first:
            self.weights = torch.cat([torch.zeros_like(self.weights), self.weights])
        self.values = torch.unique(torch.cat([self.weights.flatten(), torch.zeros(1)]))
        self.widths = [part.shape[1] for part in parts]
        self._compute_scores()

    def set_weights(self, weights: Tensor) -> None:
        """Make ``weights`` those of the layer."""
        self.weights = weights
        matrix, *bias = torch.split(weights[self.first :], self.widths, 1)
        self.layer.weight.copy_(matrix)
        if bias and self.layer.bias is not None:
            self.layer.bias.copy_(bias[0][:, 0])
        self._compute_scores()

    def _compute_scores(self) -> None:
        self.scores = self.features @ self.weights[:, self.live].T

    def count_errors(self) -> int:
        """The errors on all examples."""
        return int(wrong(self.scores, self.labels).sum())

    def sweep(self, errors_per_bit: float) -> int:
        """One pass over the classes; the number of weights changed. ``errors_per_bit``: what a bit costs."""
        self._choose_hardest()
        made = 0
        for label in range(self.first, len(self.weights)):
            while self._try_best_change(label, errors_per_bit, None):
                made += 1
            if self.config.pairs:
                for column in self.weights[label, self.live].nonzero()[:, 0].tolist():
                    made += 2 * self._try_best_change(label, errors_per_bit, column)
        self.set_weights(self.weights)  # scores without the rounding of the steps
        return made

    def _choose_hardest(self) -> None:
        own = self.scores.gather(1, self.labels[:, None])[:, 0]
        others = self.scores.scatter(1, self.labels[:, None], -math.inf).amax(1)
        number = min(self.config.hardest, self.n)
        self.hardest = (own - others).abs().topk(number, largest=False).indices.sort().values
        self.hard_features = self.features[self.hardest].contiguous()
        self.hard_labels = self.labels[self.hardest]

    def _try_best_change(self, label: int, errors_per_bit: float, zeroed: int | None) -> bool:
        """Make the best change of one weight of a class, with ``zeroed`` set to zero, if it gains; whether it did."""
        now = self.weights[label, self.live]
        start = now.clone()
        if zeroed is not None:
            start[zeroed] = 0.0
        errors = self._count_errors_of_moves(label, start, start - now)
        bits, before = self._estimate_bits_of_moves(label, start)
        cost = errors + errors_per_bit * (bits - before)
        if zeroed is not None:
            cost[:, zeroed] = math.inf
        target, column = divmod(int(cost.argmin()), cost.shape[1])
        errors_now = int(wrong(self.scores[self.hardest], self.hard_labels).sum())
        if not cost[target, column] < errors_now - 1e-6:
            return False
        return self._change_if_better(
            label, start, column, target, errors_per_bit * float(bits[target, column] - before)
        )

    def _change_if_better(self, label: int, start: Tensor, column: int, target: int, added: float) -> bool:
        """Set a weight if that gains on all examples; ``added`` is what its bits cost, in errors."""
        after = start.clone()
        after[column] = self.values[target]
        change = after - self.weights[label, self.live]
        changed = change.nonzero()[:, 0]
        scores = self.scores.clone()
        scores[:, label] += self.features[:, changed] @ change[changed]
        if not int(wrong(scores, self.labels).sum()) + added < self.count_errors() - 1e-6:
            return False
        self.scores = scores
        self.weights[label, self.live] = after
        return True

    def _count_errors_of_moves(self, label: int, start: Tensor, change: Tensor) -> Tensor:
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
        least = (rest.amax(1) - own_score)[is_own, None]  # what the change of the score must exceed
        most = (theirs - own_score)[contested, None]  # what it must stay below
        own_features, other_features = self.hard_features[is_own], self.hard_features[contested]
        errors = torch.empty(len(self.values), len(start))
        for row, value in enumerate(self.values):
            step = value - start
            right = (own_features * step > least).sum(0) + (other_features * step < most).sum(0)
            errors[row] = len(labels) - right
        return errors

    def _estimate_bits_of_moves(self, label: int, start: Tensor) -> tuple[Tensor, Tensor]:
        """Bits of the layer after each change, values x columns, and as it is.

        They are infinite where a tensor does not hold the value. Both are added up in float32 and in one order: a
        move that changes nothing must not seem to gain, or it would be made again and again.
        """
        now = torch.bucketize(self.weights[self.first :], self.values)
        moved, row = now.clone(), label - self.first
        moved[row, self.live] = torch.bucketize(start, self.values)
        zero = int(torch.bucketize(torch.zeros(()), self.values))
        bits, before, column = torch.zeros(len(self.values), len(start)), torch.zeros(()), 0
        for width in self.widths:
            block = slice(column, column + width)
            here = (self.live >= column) & (self.live < column + width)
            table = tabulate_moves(
                tuple(count_symbols(moved[:, block], len(self.values)).tolist()), zero
            ).clone()
            unused = count_symbols(now[:, block], len(self.values)) == 0
            unused[zero] = False
            table[:, torch.from_numpy(unused)] = math.inf
            before += order_zero_bits(count_symbols(now[:, block], len(self.values)), zero)
            changed = table[moved[row, self.live]].T
            unchanged = float(order_zero_bits(count_symbols(moved[:, block], len(self.values)), zero))
            bits += torch.where(here[None, :], changed, torch.full_like(changed, unchanged))
            column += width
        return bits, before


def _widened(tensor: Tensor) -> Tensor:
    """Half precision as float32, in which sums of it are exact enough to be compared; others as they are."""
    return tensor.float() if tensor.dtype in (torch.float16, torch.bfloat16) else tensor
