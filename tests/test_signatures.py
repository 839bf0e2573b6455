"""A function that is told many things is told them by typed values: few have more than seven parameters."""

import ast
from pathlib import Path

import netrazor

SOURCE = Path(netrazor.__file__).parent
MOST = 7

# What people call by keyword, each of which they may leave out.
BY_KEYWORD = {"certify", "certify_picked", "certify_hold_out"}


def parameters(function: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    """The names of all parameters but the object itself."""
    arguments = function.args
    named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    names = [a.arg for a in (*named, arguments.vararg, arguments.kwarg) if a is not None]
    return names[1:] if names[:1] in (["self"], ["cls"]) else names


def functions_of(source: str) -> list[tuple[str, int]]:
    """Each function of a module with the number of its parameters."""
    return [
        (node.name, len(parameters(node)))
        for node in ast.walk(ast.parse(source))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
    ]


def test_all_kinds_of_parameters_count() -> None:
    source = "class A:\n async def f(self, a, /, b, *c, d, **e): ...\ndef g(a, *, b=1): ..."
    assert sorted(functions_of(source)) == [("f", 5), ("g", 2)]


def test_no_function_but_the_three_front_doors_has_more_than_seven_parameters() -> None:
    found = [function for path in SOURCE.rglob("*.py") for function in functions_of(path.read_text())]
    assert len(found) > 1000, "the source was read"
    assert sorted(name for name, number in found if number > MOST) == sorted(BY_KEYWORD)
