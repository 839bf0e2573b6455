"""What the steps of a graph say is paid for: a program that holds a table costs what the table does."""

import random
from hashlib import sha256
from typing import Any

import pytest

import tiny
from netrazor.certification import RunFiles, check_run
from netrazor.certification.graph_literals import Literals, price_literals
from netrazor.certification.graph_structure import (
    FREE_BITS,
    FREE_BITS_FOR_EACH_ARRAY,
    MOST_FREE_ARRAYS,
    describe_arrays,
    describe_steps,
    price_structure,
)
from netrazor.certification.graph_text import ExportedGraph, GraphArray, Step
from tampering import conclude_again, find


def graph(*steps: tuple[str, list[Any]], arrays: int = 0) -> ExportedGraph:
    held = tuple(GraphArray(f"w{place}", "parameter", "float32", (2, 2)) for place in range(arrays))
    return ExportedGraph(held, "float32", (2,), tuple(Step(name, given, {}) for name, given in steps), 0)


def layers(number: int) -> ExportedGraph:
    """Linear layers, each with weights of its own."""
    return graph(
        *(("aten.linear.default", [{"value": number + place}, {"value": place}]) for place in range(number)),
        arrays=number,
    )


def doublings(digits: list[int]) -> ExportedGraph:
    return graph(
        *(
            (name, [{"value": 2 * place + after}, constant])
            for place, digit in enumerate(digits)
            for after, name, constant in ((0, "aten.mul.Tensor", 2), (1, "aten.add.Tensor", digit))
        )
    )


def choices(digits: list[int]) -> ExportedGraph:
    """One step that lists references to one of two values."""
    first = [("aten.zeros_like.default", [{"value": 0}]), ("aten.ones_like.default", [{"value": 0}])]
    return graph(*first, ("aten.cat.default", [[{"value": 1 + digit} for digit in digits]]))


def test_layers_that_are_alike_cost_little_and_nothing_beyond_what_is_free() -> None:
    assert describe_steps(layers(200)) < 300
    assert price_structure(layers(200)) == 0


@pytest.mark.parametrize("write", [doublings, choices])
@pytest.mark.parametrize("bits", [1000, 4000])
def test_random_digits_cost_at_least_as_many_bits(write: Any, bits: int) -> None:
    digits = random.Random(0).choices((0, 1), k=bits)
    assert describe_steps(write(digits)) >= bits
    assert describe_steps(write([0] * bits)) < bits + 250


def test_text_and_whole_numbers_cost_what_they_are_long() -> None:
    plain = describe_steps(graph(("aten.einsum.default", ["a,b->ab", []])))
    assert describe_steps(graph(("aten.einsum.default", ["a,b->ab" + 20 * "x", []]))) == plain + 80
    small = describe_steps(graph(("aten.zeros.default", [[7]])))
    assert describe_steps(graph(("aten.zeros.default", [[7777]]))) == small + 12


def test_so_much_is_free() -> None:
    digits = random.Random(0).choices((0, 1), k=4000)
    cost = describe_steps(doublings(digits))
    assert price_structure(doublings(digits)) == cost - FREE_BITS
    more = ExportedGraph(layers(10).arrays, "float32", (2,), (), 0)
    assert FREE_BITS_FOR_EACH_ARRAY * len(more.arrays) < FREE_BITS
    assert price_structure(more) == 0


def test_steps_with_keywords_are_read_whole() -> None:
    def step(**keywords: Any) -> ExportedGraph:
        return ExportedGraph((), "float32", (2,), (Step("aten.sum.default", [{"value": 0}], keywords),), 0)

    assert describe_steps(step(dtype={"dtype": "float32"}, dim=123_456)) > describe_steps(step()) + 24


def test_sizes_of_empty_arrays_cost_at_least_what_they_can_hold() -> None:
    """An operation can ask for a size, and an array without elements costs nothing in a message."""
    sizes = random.Random(0).choices(range(1, 4096), k=400)
    arrays = tuple(
        GraphArray(f"w{place}", "buffer", "float32", (0, size)) for place, size in enumerate(sizes)
    )
    steps = tuple(Step("aten.sum.dim_IntList", [{"value": place}, [0]], {}) for place in range(len(arrays)))
    held = ExportedGraph(arrays, "float32", (2,), steps, 0)
    assert describe_arrays(held) >= 12 * len(sizes)
    assert price_structure(held) >= 12 * len(sizes) - FREE_BITS - FREE_BITS_FOR_EACH_ARRAY * MOST_FREE_ARRAYS


def test_arrays_that_hold_nothing_make_no_more_steps_free() -> None:
    digits = random.Random(0).choices((0, 1), k=8000)
    many = tuple(GraphArray(f"w{place}", "buffer", "float32", (0,)) for place in range(4000))
    steps = doublings(digits).steps
    moved = tuple(
        Step(each.name, [{"value": each.arguments[0]["value"] + len(many)}, each.arguments[1]], {})
        for each in steps
    )
    assert price_structure(ExportedGraph(many, "float32", (2,), moved, 0)) >= 8000 - FREE_BITS - 2048


def test_the_sum_over_all_arguments_of_a_tensor_is_at_most_one() -> None:
    """Kraft's inequality: among these references one code tells which it is."""

    def bits(*references: Any) -> int:
        held = ExportedGraph(
            tuple(GraphArray(f"w{place}", "buffer", "float32", (2,)) for place in range(200)),
            "float32",
            (2,),
            (*(Step("aten.relu.default", [{"value": 200}], {}) for _ in range(200)), *references),
            0,
        )
        return describe_steps(held)

    def listing(*values: Any) -> Step:
        return Step("aten.cat.default", [list(values)], {})

    nothing = bits(listing())
    costs = [bits(listing({"value": value})) - nothing for value in range(401)]
    costs.append(bits(listing(None)) - nothing)
    end = 4  # bits of the end of a list
    assert sum(2.0**-cost for cost in (*costs, end)) <= 1


def test_the_sum_over_whole_numbers_leaves_room_for_references() -> None:
    empty = describe_steps(graph(("aten.zeros.default", [[]])))
    costs = [
        describe_steps(graph(("aten.zeros.default", [[number]]))) - empty for number in range(-1000, 10_000)
    ]
    assert sum(2.0**-cost for cost in costs) <= 0.25


def test_a_program_that_holds_a_table_is_charged() -> None:
    digits = random.Random(0).choices((0, 1), k=4000)
    priced = price_literals(doublings(digits))
    assert priced == Literals(0, price_structure(doublings(digits)))
    assert priced.bits > 4000 - FREE_BITS


def test_a_graph_costs_what_the_rule_says() -> None:
    issued = tiny.occam_run().issued
    record = issued.certificate.prior.graph
    assert record is not None
    assert find(conclude_again(issued.certificate, {}), issued.blob) == set()
    for field in ("literals", "literal_bits"):
        other = {f"prior.graph.{field}": getattr(record, field) + 1}
        assert find(conclude_again(issued.certificate, other), issued.blob) == {"graph"}


def test_an_operation_that_is_not_listed_is_found_though_all_else_follows() -> None:
    issued = tiny.occam_run().issued
    assert issued.graph is not None
    for other, found in ((b"aten.tanh.default", set()), (b"aten.rand.default", {"graph"})):
        text = issued.graph.replace(b"aten.relu.default", other)
        assert text != issued.graph
        named = sha256(text).hexdigest()
        changes: dict[str, object] = {
            "prior.graph.sha256": named,
            "prior.graph.bytes": len(text),
            "prior.architecture.source_sha256": named,
        }
        forged = conclude_again(issued.certificate, changes)
        findings, _ = check_run(RunFiles(forged, issued.blob, None, text))
        assert {finding.code for finding in findings} == found
        assert all("listed operations of torch needed, got 'aten.rand" in each.text for each in findings)
