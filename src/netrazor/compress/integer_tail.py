"""The tail of a network in small whole numbers: its errors now, and after every change of one weight of a row.

One layer: a change of a weight moves one score of each example in proportion to a feature, so the examples that
become right are counted by comparing it with the distance to the other scores. Two layers: it moves the activation of
one hidden unit, and with it all scores. Either way all changes of a row are counted together.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from netrazor.compress.best_bias import count_at_best_bias
from netrazor.compress.integer_prices import count_values, move_prices, tensor_bits
from netrazor.compress.linear_tail import LinearTail
from netrazor.compress.loss_derivatives import loss_derivatives

Floats = NDArray[np.float32]
Integers = NDArray[np.int64]
_HEADER_BITS = 3.0
_TOGETHER = 2**24  # numbers that a count of many changes holds at once


@dataclass(frozen=True)
class Moves:
    """Changes of one weight of a row each: where, to what, the errors then, and the bits that it adds.

    Arrays of one length. ``biases`` are the row's bias then, which may change along with a weight.
    """

    columns: Integers
    values: Integers
    biases: Integers
    errors: Integers
    bits: NDArray[np.float64]


class IntegerTail:
    """A tail whose weights are whole numbers times a step for each layer.

    Args:
        tail: layers, inputs and labels.
        grids: whole numbers that a weight may be, and those that a bias may be; both with zero.
        steps: of each layer, a power of two.
        bias_units: what one step of a bias is worth beside one of a weight, of each layer, a power of two; 1.
    """

    def __init__(
        self,
        tail: LinearTail,
        grids: tuple[tuple[int, ...], tuple[int, ...]],
        steps: tuple[float, ...],
        bias_units: tuple[float, ...] | None = None,
    ) -> None:
        self.grids, self.steps = grids, steps
        self._bias_units = bias_units or (1.0,) * len(tail.layers)
        self.labels = tail.labels.numpy()
        self.n = len(self.labels)
        self._activation = tail.activation
        self._has_bias = [layer.bias is not None for layer in tail.layers]
        self._inputs = _with_bias(tail.inputs.numpy(), self._bias_units[0])
        self._rows = np.arange(self.n)
        self._single = tail.layers[-1].out_features == 1  # of two classes: that of the first is zero
        shapes = [(layer.out_features, layer.in_features + 1) for layer in tail.layers]
        self.integers: list[Integers] = []
        self.put([np.zeros(shape, dtype=np.int64) for shape in shapes])

    def put(self, integers: list[Integers]) -> None:
        """Take these whole numbers, outputs x (inputs + 1) for each layer; the last column is the bias."""
        self.integers = [matrix.copy() for matrix in integers]
        self._layer_inputs, self._sums = [self._inputs], list[Floats]()
        for place in range(len(self.integers)):
            self._sums.append(self._layer_inputs[place] @ self._real(place).T)
            if place + 1 < len(self.integers):
                hidden = self._activate(self._sums[place])
                self._layer_inputs.append(_with_bias(hidden, self._bias_units[place + 1]))
        self._update_scores()

    def change(self, layer: int, row: int, column: int, value: int, bias: int | None = None) -> None:
        """Make one weight another whole number, and the row's bias, unless it is to stay."""
        self.integers[layer][row, column] = value
        if bias is not None:
            self.integers[layer][row, -1] = bias
        weights = self._real(layer)[row]
        self._sums[layer][:, row] = self._layer_inputs[layer] @ weights
        if layer + 1 < len(self.integers):
            hidden = self._layer_inputs[layer + 1]
            hidden[:, row] = self._activate(self._sums[layer][:, row])
            self._sums[layer + 1] = hidden @ self._real(layer + 1).T
        self._update_scores()

    def errors(self) -> int:
        """Wrong answers, ties among them."""
        own = self._scores[self._rows, self.labels]
        return self.n - int(((self._scores >= own[:, None]).sum(1) == 1).sum())

    def bits(self) -> float:
        """About the charged bits of the message."""
        return _HEADER_BITS + sum(
            tensor_bits(part.size, count_values(part), first=place == 0)
            for place, part in enumerate(self.tensors())
        )

    def tensors(self) -> list[Integers]:
        """Weights and biases of all layers, as the message holds them."""
        found = []
        for matrix, has_bias in zip(self.integers, self._has_bias, strict=True):
            found += [matrix[:, :-1], matrix[:, -1]] if has_bias else [matrix[:, :-1]]
        return found

    def has_bias(self, layer: int) -> bool:
        """Whether a layer has biases."""
        return self._has_bias[layer]

    def moves(self, layer: int, row: int, most: int | None = None) -> Moves:
        """Every change of one weight or of the bias of a row.

        Where one score decides between two classes, a weight changes together with the bias that is best then: a
        threshold that fits the old weights hides what new ones are worth.

        Args:
            layer: the last one, or the one before.
            row: of it.
            most: of the last layer so many changes of weights that are zero at most, those of the lowest estimated
                loss; None: all.
        """
        old = self.integers[layer][row]
        weights, biases = self.grids
        width = self.integers[layer].shape[1] - 1
        columns = np.tile(np.arange(width), len(weights))
        values = np.repeat(np.array(weights), width)
        if most is not None and layer + 1 == len(self.integers):
            kept = self._promising(row, columns, values, most)
            columns, values = columns[kept], values[kept]
        best_bias = self.finds_bias(layer)
        if self._has_bias[layer]:
            alone = old[-1:] if best_bias else biases
            columns = np.append(columns, np.full(len(alone), width))
            values = np.append(values, alone)
        change = ((values - old[columns]) * self.steps[layer]).astype(np.float32)
        errors = np.empty(len(columns), dtype=np.int64)
        found = np.where(columns == width, values, old[-1])
        together = max(1, _TOGETHER // self.n // (4 if best_bias else 1))
        for start in range(0, len(columns), together):
            part = slice(start, start + together)
            moved = self._layer_inputs[layer][:, columns[part]] * change[part]
            errors[part], best = self.count_moved(layer, row, moved)
            found[part] = best if best_bias else found[part]
        prices = self._prices(layer, row, columns, values)
        if best_bias:
            values = np.where(columns == width, found, values)
            prices = np.where(columns == width, 0.0, prices)
            prices += self._prices(layer, row, np.full(len(found), width), found)
        return Moves(columns, values, found, errors, prices)

    def finds_bias(self, layer: int) -> bool:
        """Whether a change of a weight comes with the bias that is best then."""
        return layer + 1 == len(self.integers) and self._single and self._has_bias[layer]

    def sums_moved(self, layer: int, row: int, columns: Integers, values: Integers) -> Floats:
        """By how much the sum of a row moves if weights take other values: examples x changes."""
        change = (values - self.integers[layer][row, columns]) * self.steps[layer]
        moved: Floats = self._layer_inputs[layer][:, columns] * change.astype(np.float32)
        return moved

    def count_moved(self, layer: int, row: int, moved: Floats) -> tuple[Integers, Integers]:
        """Errors, and the biases then, if the sum of a row moves by each column of ``moved``."""
        if self.finds_bias(layer):
            return self._errors_at_best_bias(moved)
        last = layer + 1 == len(self.integers)
        errors = self._errors_of_score(row, moved) if last else self._errors_of_unit(row, moved)
        return errors, np.full(len(errors), self.integers[layer][row, -1])

    def _promising(self, row: int, columns: Integers, values: Integers, most: int) -> Integers:
        """Places of the changes of weights that are not zero, and of ``most`` others that the loss ranks first."""
        old, step, place = self.integers[-1][row], self.steps[-1], row + self._single
        slopes, curvatures = loss_derivatives(self._layer_inputs[-1], self._scores, self.labels, place)
        change = (values - old[columns]) * step
        losses = change * slopes[columns] + change**2 / 2 * curvatures[columns]
        losses[old[columns] != 0] = -math.inf
        used = int((old[columns] != 0).sum())
        return np.sort(np.argsort(losses, kind="stable")[: used + most])

    def _errors_at_best_bias(self, moved: Floats) -> tuple[Integers, Integers]:
        """The fewest errors, and the bias of the grid that makes them, if the one score moves by each column."""
        layer, grid = len(self.integers) - 1, self.grids[1]
        unit = self.steps[layer] * self._bias_units[layer]
        sums = self._sums[layer] - unit * self.integers[layer][0, -1] + moved
        return count_at_best_bias(sums / np.float32(unit), self.labels == 1, np.array(grid))

    def _errors_of_score(self, row: int, moved: Floats) -> Integers:
        """Errors if the score of a row moves by each column of ``moved``, examples x changes."""
        place = row + self._single
        own = self.labels == place
        rest = self._scores.copy()
        rest[:, place] = -math.inf
        score, theirs = self._scores[:, place], rest[self._rows, self.labels]
        least = (rest.max(1) - score)[own]  # what the change of an example of the class must exceed
        rest[self._rows, self.labels] = -math.inf
        open_ = ~own & (theirs > rest.max(1))
        most = (theirs - score)[open_]  # what it must stay below for one of another class
        right = (moved[own] > least[:, None]).sum(0) + (moved[open_] < most[:, None]).sum(0)
        return np.asarray(self.n - right, dtype=np.int64)

    def _errors_of_unit(self, row: int, moved: Floats) -> Integers:
        """Errors if the sum of a hidden unit moves by each column of ``moved``."""
        shift = self._activate(self._sums[0][:, row, None] + moved) - self._layer_inputs[1][:, row, None]
        fan_out = self._real(1)[:, row]
        if self._single:
            fan_out = np.append(np.float32(0), fan_out)
        own = self._scores[self._rows, self.labels]
        right = np.ones(moved.shape, dtype=np.bool_)
        for place, weight in enumerate(fan_out):
            margin = (own - self._scores[:, place])[:, None]
            slope = (fan_out[self.labels] - weight)[:, None]
            right &= (margin + shift * slope > 0) | (self.labels == place)[:, None]
        return np.asarray(self.n - right.sum(0), dtype=np.int64)

    def _prices(self, layer: int, row: int, columns: Integers, values: Integers) -> NDArray[np.float64]:
        """The bits that each change adds, from a table for each value that is there now."""
        matrix, (weights, biases) = self.integers[layer], self.grids
        prices = np.empty(len(columns))
        is_bias = columns == matrix.shape[1] - 1
        old = matrix[row, columns]
        for part, grid, tensor in (
            (~is_bias, weights, matrix[:, :-1]),
            (is_bias, biases, matrix[:, -1]),
        ):
            counts, first = count_values(tensor), layer == 0 and tensor.ndim == 2
            place = np.searchsorted(np.array(grid), values)
            for value in np.unique(old[part]).tolist():
                table = np.array(move_prices(tensor.size, counts, grid, value, first=first))
                here = part & (old == value)
                prices[here] = table[place[here]]
        return prices

    def _real(self, layer: int) -> Floats:
        return (self.integers[layer] * self.steps[layer]).astype(np.float32)

    def _activate(self, sums: Floats) -> Floats:
        return self._activation(torch.from_numpy(sums)).numpy()

    def _update_scores(self) -> None:
        scores = self._sums[-1]
        self._scores = np.concatenate([np.zeros_like(scores), scores], 1) if self._single else scores


def _with_bias(features: Floats, unit: float) -> Floats:
    return np.concatenate([features, np.full((len(features), 1), unit, np.float32)], 1)
