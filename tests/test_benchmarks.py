"""Every benchmark imports what there is, and none imports another in a circle: they are not run."""

import ast
import importlib.util
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from fresh_interpreter import in_a_fork

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
MODULES = {path.stem: path for path in sorted(BENCHMARKS.glob("*.py"))}
# What other coders need stands in an environment of its own.
OTHERS = {"codec_others": ("brotli", "nncodec", "zstandard")}


@pytest.mark.parametrize("name", MODULES)
def test_it_imports_what_there_is(name: str) -> None:
    if missing := [other for other in OTHERS.get(name, ()) if importlib.util.find_spec(other) is None]:
        pytest.skip(f"{', '.join(missing)} not installed")
    code, printed, errors = in_a_fork(f"import sys; sys.path.insert(0, {str(BENCHMARKS)!r}); import {name}")
    assert code == 0, errors
    assert printed == "", "it does something when imported"


def test_there_are_no_circles() -> None:
    graph = {name: imports(path) & MODULES.keys() for name, path in MODULES.items()}
    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def imports(path: Path) -> set[str]:
    """Every module that a file imports, anywhere."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(str(node.module))
    return found
