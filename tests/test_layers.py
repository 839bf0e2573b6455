"""Imports go only downward, in no circles, and nothing below ``data`` knows torch: read from the source."""

import ast
import subprocess
import sys
from graphlib import CycleError, TopologicalSorter
from itertools import takewhile
from pathlib import Path

import pytest

import netrazor

SOURCE = Path(netrazor.__file__).parent

# Lowest first; what stands in one line may import from its own line and from those above it.
LAYERS = [
    {"errors", "extras", "units", "files", "progress_bars", "holdings", "counter_hash"},
    {"bounds", "coding"},
    {"certification"},
    {"data", "networks"},
    {"runtime"},
    {"counting"},
    {"train"},
    {"simplify"},
    {"compress"},
    {"perturb"},
    {"picking"},
    {"verification"},
    {"pipeline"},
    {"baselines", "integrations", "export"},
    {"reproduction"},
    {"report"},
    {"website"},
    {"cli", "__main__"},
]
TORCH_FREE = set().union(*takewhile(lambda parts: "data" not in parts, LAYERS))
VERSION = (
    "netrazor.__version__"  # the one thing that the face has for everybody: a constant, set before all else
)
LEVEL = {part: level for level, parts in enumerate(LAYERS) for part in parts}


def module_name(path: Path) -> str:
    parts = ("netrazor", *path.relative_to(SOURCE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(path): path for path in sorted(SOURCE.rglob("*.py"))}


def imports(module: str) -> set[str]:
    """Every module that ``module`` imports anywhere in its source, the package's own ones in full."""
    found = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: write imports in full, not relative"
            members = {f"{node.module}.{alias.name}" for alias in node.names} - {VERSION}
            found |= {member if member in MODULES else str(node.module) for member in members}
    return found


def part(module: str) -> str:
    """The part of the house: the name after ``netrazor.``, empty for the package itself."""
    return module.split(".")[1] if "." in module else ""


INSIDE = {module: {name for name in imports(module) if name in MODULES} for module in MODULES}


@pytest.mark.parametrize("module", [name for name in MODULES if part(name)])
def test_imports_only_go_downward(module: str) -> None:
    assert part(module) in LEVEL, f"{module}: give {part(module)!r} its place in LAYERS"
    for imported in INSIDE[module]:
        assert part(imported), f"{module} imports the package's face, which stands above everything"
        assert LEVEL[part(imported)] <= LEVEL[part(module)], f"{module} imports {imported} from above"


def test_there_are_no_circles() -> None:
    try:
        tuple(TopologicalSorter(INSIDE).static_order())
    except CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_a_circle_would_be_seen() -> None:
    with pytest.raises(CycleError):
        tuple(TopologicalSorter({"a": {"b"}, "b": {"a"}}).static_order())


@pytest.mark.parametrize("module", [name for name in MODULES if part(name) in TORCH_FREE])
def test_the_core_does_not_import_torch(module: str) -> None:
    assert not {name for name in imports(module) if name.split(".")[0] == "torch"}


def test_the_core_loads_without_torch() -> None:
    core = sorted(name for name in MODULES if part(name) in TORCH_FREE)
    script = f"import sys, {', '.join(core)}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], timeout=60).returncode == 0


def test_a_module_name_occurs_once() -> None:
    """A name that stands in two rooms leads a reader to the wrong one."""
    names = [path.stem for path in SOURCE.rglob("*.py") if not path.stem.startswith("__")]
    assert sorted({name for name in names if names.count(name) > 1}) == []
