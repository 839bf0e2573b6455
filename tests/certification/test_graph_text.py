"""The text of a graph: one for each graph, everything else refused by name, and its numbers priced."""

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from netrazor.certification.graph_literals import FREE_STEPS, Literals, price_literals
from netrazor.certification.graph_operation_names import (
    ON_SHAPES,
    ON_SIZES,
    ON_VALUES,
    is_listed,
    takes_sizes,
)
from netrazor.certification.graph_structure import price_structure
from netrazor.certification.graph_text import MAX_BYTES, MAX_STEPS, ExportedGraph, Step, parse_graph
from netrazor.errors import CertificateError

SMALL = (
    '{"arrays":[["w","parameter","float32",[3,5]]],"format":1,"input":["float32",[5]],"output":2,'
    '"steps":[["aten.linear.default",[{"value":1},{"value":0}],{}]]}\n'
)


def with_steps(*steps: tuple[str, list[Any]]) -> ExportedGraph:
    return ExportedGraph((), "float32", (5,), tuple(Step(name, held, {}) for name, held in steps), 0)


def test_one_graph_has_one_text() -> None:
    graph = parse_graph(SMALL.encode())
    assert graph.text == SMALL
    assert graph.arrays[0].shape == (3, 5)
    assert parse_graph(with_steps(("aten.mul.Scalar", [{"value": 0}, 0.25])).text.encode()).steps[0].name


@pytest.mark.parametrize(
    "edit",
    [
        ('"aten.linear.default"', "3"),
        ('{"value":0}', '{"value":2}'),
        ('{"value":0}', '{"value":-1}'),
        ('{"value":0}', '{"value":true}'),
        ('{"value":0}', '{"value":0,"x":1}'),
        ('{"value":0}', '{"dtype":"complex64"}'),
        ('{"value":0}', '{"device":"cuda:0"}'),
        ('{"value":0}', "NaN"),
        ('{"value":0}', "1e999"),
        ('{"value":0}', str(2**63)),
        ('{"value":0}', "1" * 5000),
        ('{"value":0}', '"' + 65 * "x" + '"'),
        ('{"value":0}', "[[[[[[0]]]]]]"),
        ('{"value":0}', "[" + 10_001 * "0," + "0]"),
        ('"output":2', '"output":7'),
        ('"output":2', '"output":"2"'),
        ('"output":2', '"output":true'),
        ('"format":1', '"format":2'),
        ('"format":1', '"format":true'),
        ('"arrays":[', '"arrays": ['),
        ('"arrays":', '"arrays":[],"arrays":'),
        ('"parameter"', '"weight"'),
        ('"float32",[3,5]', '"float32",[3,-5]'),
        ('"float32",[3,5]', '"float32",[3,5.0]'),
        ('"float32",[3,5]', f'"float32",[{2**41}]'),
        ('"float32",[3,5]', '"quint8",[3,5]'),
        ('["w","parameter","float32",[3,5]]', ",".join(2 * ['["w","parameter","float32",[3,5]]'])),
        ('"w"', '""'),
        ("{}]]}", "{}]]} "),
        ("{}]]}", "{}],7]}"),
        ('"steps":[[', '"steps":[' + "[" * 100_000),
        ('"input":["float32",[5]]', '"input":["float32",[5],5]'),
        (SMALL, ""),
        (SMALL, "[]"),
        (SMALL, "\N{SNOWMAN}"),
    ],
)
def test_altered_texts_are_refused_by_name(edit: tuple[str, str]) -> None:
    altered = SMALL.replace(*edit)
    assert altered != SMALL
    with pytest.raises(CertificateError, match="graph: must be a text that netrazor writes"):
        parse_graph(altered.encode())


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_give_a_graph_or_a_named_error(text: bytes) -> None:
    with pytest.raises(CertificateError):
        parse_graph(text)


@given(st.integers(0, len(SMALL) - 1), st.characters(max_codepoint=127))
def test_one_character_altered_gives_another_graph_or_a_named_error(place: int, other: str) -> None:
    altered = SMALL[:place] + other + SMALL[place + 1 :]
    with suppress(CertificateError):
        assert parse_graph(altered.encode()).text == altered


def test_too_long() -> None:
    with pytest.raises(CertificateError, match="at most"):
        parse_graph(b" " * (MAX_BYTES + 1))
    steps = with_steps(*(("aten.relu.default", [{"value": 0}]) for _ in range(MAX_STEPS + 1)))
    with pytest.raises(CertificateError, match="at most 10,000 steps"):
        parse_graph(steps.text.encode())


def test_what_networks_are_made_of_costs_nothing() -> None:
    graph = with_steps(
        ("aten.conv2d.default", [{"value": 0}, {"value": 0}, None, [2, 2], [7, 7], [1, 1], 512]),
        ("aten.batch_norm.default", [{"value": 1}, None, None, None, None, False, 0.1, 1e-5, True]),
        ("aten.view.default", [{"value": 2}, [-1, 4096]]),
        ("aten.clamp.default", [{"value": 3}, {"float": "-inf"}, 6]),
    )
    assert price_literals(graph) == Literals(0, 0)


def test_other_numbers_cost_their_length() -> None:
    graph = with_steps(("aten.mul.Scalar", [{"value": 0}, 0.3081]), ("aten.add.Scalar", [{"value": 1}, 37]))
    assert price_literals(graph) == Literals(2, 8 * (len("0.3081,") + len("37,")))
    assert price_literals(with_steps(("aten.view.default", [{"value": 0}, [-1, 4097]]))) == Literals(1, 40)
    assert price_literals(with_steps(("aten.select.int", [{"value": 0}, 1.5]))) == Literals(1, 32)


def test_counting_up_to_a_length_is_a_size_and_any_other_counting_a_value() -> None:
    """Masks of transformers count their places; what `ones` and a sum can say is no more in `arange`."""
    assert price_literals(with_steps(("aten.arange.default", [128]))) == Literals(0, 0)
    assert price_literals(with_steps(("aten.arange.default", [4097]))).bits == 8 * len("4097,")
    assert price_literals(with_steps(("aten.arange.default", [12.5]))).bits == 8 * len("12.5,")
    assert price_literals(with_steps(("aten.arange.start_step", [0, 128, 7]))).count == 2


def test_a_step_that_repeats_another_costs_nothing_again() -> None:
    once = ("aten.mul.Scalar", [{"value": 0}, 0.1307])
    assert price_literals(with_steps(once)) == price_literals(with_steps(once, once, once))


def test_a_long_list_of_sizes_is_a_table() -> None:
    long = with_steps(("aten.repeat.default", [{"value": 0}, [7] * 100]))
    assert price_literals(long) == Literals(84, 84 * 16)


def test_many_different_sizes_are_a_table() -> None:
    picks = [("aten.select.int", [{"value": 0}, 1, place]) for place in range(10, 10 + FREE_STEPS + 50)]
    graph = with_steps(*picks)
    assert price_literals(graph) == Literals(50, 50 * 24 + price_structure(graph))


def test_a_table_of_floats_costs_more_than_its_bits() -> None:
    table = [("aten.add.Scalar", [{"value": 0}, 1 / place]) for place in range(3, 1003)]
    assert price_literals(with_steps(*table)).bits > 32 * 1000


def test_operations_that_give_chance_files_or_memory_are_not_listed() -> None:
    for name in (
        "aten.rand.default",
        "aten.from_file.default",
        "aten.empty.memory_format",
        "aten.add_.Tensor",
    ):
        assert not is_listed(name)
    for name in ("prim.device.default", "os.system", "aten.relu", "aten.relu.default.x", "aten.__class__.x"):
        assert not is_listed(name)
    assert is_listed("aten.relu.default")
    assert is_listed("getitem")
    assert takes_sizes("aten.view.default")
    assert not takes_sizes("aten.add.Tensor")


def test_each_operation_is_listed_once() -> None:
    assert not ON_SHAPES & ON_VALUES
    assert json.dumps(sorted(ON_SIZES | ON_SHAPES | ON_VALUES)).islower()
