"""A graph cut in two: what depends on inputs and fixed arrays alone comes first, and is the same for all messages."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from netrazor.certification.graph_text import ExportedGraph, Step, values_in
from netrazor.errors import UnsupportedModel
from netrazor.networks.graph_program import prepared, run_call

_SIZES = (2, 3)  # numbers of examples with which it is seen what of the boundary grows with a batch


@dataclass(frozen=True)
class Boundary:
    """A value that the second part reads and the first one gives.

    Attributes:
        number: of the value in the graph.
        rows: how many rows of it there are for each example; 0 for a number, which is ``factor`` times the examples.
        shape: of a row.
        dtype: of its elements.
        factor: of a number.
    """

    number: int
    rows: int
    shape: tuple[int, ...]
    dtype: torch.dtype | None
    factor: int = 0


@dataclass(frozen=True)
class GraphPartition:
    """The steps of a graph by what they depend on.

    Attributes:
        graph: the whole.
        fixed: places of the steps that depend on fixed arrays alone: their values are computed once.
        first: places of the steps that depend on inputs and fixed arrays.
        rest: places of those that depend on what is coded.
        reads: numbers of the values that ``rest``, or the output, reads of ``first`` and the inputs.
    """

    graph: ExportedGraph
    fixed: tuple[int, ...]
    first: tuple[int, ...]
    rest: tuple[int, ...]
    reads: tuple[int, ...]

    @cached_property
    def calls(self) -> list[Any]:
        """The steps, ready to run."""
        return [prepared(step, ()) for step in self.graph.steps]

    @property
    def input_number(self) -> int:
        """The number of the input among the values."""
        return len(self.graph.arrays)

    @property
    def uses_given(self) -> bool:
        """Whether the first part computes anything with fixed arrays, so that it is worth computing once."""
        of_input = {self.input_number, *map(self.number_of, self.first)}
        return any(_read_by(self.graph.steps[place]) - of_input for place in self.first)

    def number_of(self, place: int) -> int:
        """The number of the value that a step gives."""
        return self.input_number + 1 + place


def partition(graph: ExportedGraph, coded: Collection[str]) -> GraphPartition:
    """``graph`` cut where it first reads an array of those ``coded``."""
    arrays = len(graph.arrays)
    of_coded = {number for number, array in enumerate(graph.arrays) if array.name in coded}
    of_input = {arrays}
    fixed, first, rest = [], [], []
    for place, step in enumerate(graph.steps):
        read, number = _read_by(step), arrays + 1 + place
        if read & of_coded:
            of_coded.add(number)
            rest.append(place)
        elif read & of_input:
            of_input.add(number)
            first.append(place)
        else:
            fixed.append(place)
    wanted = {graph.output} | {number for place in rest for number in _read_by(graph.steps[place])}
    return GraphPartition(graph, tuple(fixed), tuple(first), tuple(rest), tuple(sorted(wanted & of_input)))


def boundaries(parts: GraphPartition, fixed: Mapping[int, Any], example: Tensor) -> tuple[Boundary, ...]:
    """How the values between the two parts are made up, seen on the first few inputs of ``example``.

    Raises:
        UnsupportedModel: a value that does not consist of rows, equally many for each example.
    """
    few = [example[torch.arange(size) % len(example)] for size in _SIZES]
    found = [compute_first(parts, fixed, inputs) for inputs in few]
    return tuple(_boundary(number, *values) for number, *values in zip(parts.reads, *found, strict=True))


def compute_first(parts: GraphPartition, fixed: Mapping[int, Any], inputs: Tensor) -> list[Any]:
    """The values that the second part reads, for a batch of inputs; ``fixed`` as `compute_fixed` gives it."""
    values = {**fixed, parts.input_number: inputs}
    _execute(parts, parts.first, values, inputs.device, keep=set(parts.reads))
    return [values[number] for number in parts.reads]


def compute_fixed(
    parts: GraphPartition, arrays: Mapping[str, Tensor], device: torch.device
) -> dict[int, Any]:
    """Fixed arrays on ``device``, and what depends on them alone, by number; what no step reads later is left out."""
    values: dict[int, Any] = {
        number: arrays[array.name].to(device)
        for number, array in enumerate(parts.graph.arrays)
        if array.name in arrays
    }
    wanted = {
        number for place in (*parts.first, *parts.rest) for number in _read_by(parts.graph.steps[place])
    }
    _execute(parts, parts.fixed, values, device, keep=wanted | {parts.graph.output})
    return {number: value for number, value in values.items() if number in wanted}


def compute_rest(parts: GraphPartition, values: dict[int, Any], device: torch.device, call: Any) -> Tensor:
    """The scores, from the values of fixed and coded arrays and of the first part by number; they are used up.

    ``call`` is given a step's place, and gives a function to call instead of its operation, or None.
    """
    _execute(parts, parts.rest, values, device, keep={parts.graph.output}, call=call)
    scores = values[parts.graph.output]
    if not isinstance(scores, Tensor):
        raise UnsupportedModel(f"output: must be a tensor of scores, got {type(scores).__name__}")
    return scores


def _execute(
    parts: GraphPartition,
    places: tuple[int, ...],
    values: dict[int, Any],
    device: torch.device,
    *,
    keep: set[int],
    call: Any = None,
) -> None:
    """Run the steps at ``places`` in order; values that no later one reads, and that are not kept, are dropped."""
    last = {number: place for place in places for number in _read_by(parts.graph.steps[place])}
    for place in places:
        step = parts.graph.steps[place]
        ready = parts.calls[place]
        instead = call and call(place)
        ready = replace(ready, function=instead) if instead else ready
        values[parts.number_of(place)] = run_call(ready, values, device)
        for number in _read_by(step):
            if last[number] == place and number not in keep:
                values.pop(number, None)


def _boundary(number: int, small: Any, large: Any) -> Boundary:
    """What a value is made up of, from its values for two and for three examples."""
    two, three = _SIZES
    if isinstance(small, Tensor) and isinstance(large, Tensor) and small.ndim:
        rows, left = divmod(len(small), two)
        if not left and len(large) == three * rows and rows and small.shape[1:] == large.shape[1:]:
            return Boundary(number, rows, tuple(small.shape[1:]), small.dtype)
    elif type(small) is int and small % two == 0 and large * two == small * three:
        return Boundary(number, 0, (), None, small // two)
    raise UnsupportedModel("model: what its given part computes does not come apart by examples")


def _read_by(step: Step) -> set[int]:
    return set(values_in(step.held))
