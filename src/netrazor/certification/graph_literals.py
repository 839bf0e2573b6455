"""What the text of a graph costs: a table that was learnt could be written there instead of an array.

Free are the numbers that networks are made of: whole numbers where an operation wants axes, sizes and strides, and a
few constants everywhere, the usual scales of attention among them. All others are paid for at their length in the
text, eight bits for each character and one more for what ends them. A step that repeats an earlier one, operation and
numbers, costs nothing again. What the kind and order of the steps say is priced in
`netrazor.certification.graph_structure`.
"""

from dataclasses import dataclass

from netrazor.certification.graph_operation_names import takes_sizes
from netrazor.certification.graph_structure import price_structure
from netrazor.certification.graph_text import ExportedGraph, Step, numbers_in
from netrazor.units import BITS_PER_BYTE

LARGEST_FREE = 4096  # of whole numbers that say a size
FREE_NUMBERS, FREE_STEPS = 16, 32  # such numbers in a step; different steps with such numbers
_WIDTHS = (8, 16, 24, 32, 48, 64, 72, 80, 96, 112, 128, 256)  # of the heads of attention
FREE_CONSTANTS = (
    *(-1, 0, 1, 2, 3, 6, 0.5, 2**63 - 1),
    *(float(f"1e-{places}") for places in range(1, 17)),
    *(width**-0.5 for width in _WIDTHS),
)


@dataclass(frozen=True)
class Literals:
    """The numbers of a graph that are paid for.

    Attributes:
        count: how many.
        bits: what they cost, with what the steps cost.
    """

    count: int
    bits: int


def price_literals(graph: ExportedGraph) -> Literals:
    """What the numbers in the steps of ``graph`` cost, and the steps themselves."""
    seen: set[tuple[object, ...]] = set()
    free_steps, paid = 0, []
    for step in graph.steps:
        numbers = list(numbers_in(step.held))
        if (step.name, *map(repr, numbers)) in seen:
            continue
        seen.add((step.name, *map(repr, numbers)))
        unusual = [n for n in numbers if not _is_constant(n)]
        sizes = [n for n in unusual if _is_size(n, step)][:FREE_NUMBERS] if free_steps < FREE_STEPS else []
        free_steps += bool(sizes)
        for size in sizes:
            unusual.remove(size)
        paid += unusual
    numbers_cost = sum(BITS_PER_BYTE * (len(repr(number)) + 1) for number in paid)
    return Literals(len(paid), numbers_cost + price_structure(graph))


def _is_constant(number: float | str) -> bool:
    return isinstance(number, str) or number in FREE_CONSTANTS


def _is_size(number: float | str, step: Step) -> bool:
    return takes_sizes(step.name) and isinstance(number, int) and abs(number) <= LARGEST_FREE
