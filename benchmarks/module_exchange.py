"""Puts given code in place of one module of netrazor in this process, also where the package is loaded already."""

import ast
import functools
import importlib.util
import sys
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType

from mutation_targets import ROOT

_SOURCE = ROOT / "src"


def exchange(path: Path, code: str, kept: tuple[str, ...] = (), kept_with: tuple[str, ...] = ()) -> None:
    """From now on the module at ``path`` is ``code``, for whoever imports it or what rests on it.

    Modules that import it, by however many steps, are forgotten, so that they are loaded anew when they are asked
    for. Those of ``kept`` stay as they are, with what they remember and the old modules that they use, unless one of
    ``kept_with`` is forgotten: what they remember would be of classes that no longer are.
    """
    module = name_of(path)
    stale = _resting_on(module)
    for name in stale:
        sys.modules.pop(name, None)
    if stale & set(kept_with):
        for name in kept:
            sys.modules.pop(name, None)
    if (face := sys.modules.get("netrazor")) is not None:
        for name in set(face.__all__) & set(vars(face)) - {"__version__"}:
            delattr(face, name)  # it finds them again
    sys.meta_path.insert(0, _Finder(module, path, code))  # type: ignore[arg-type]


def prepare() -> None:
    """Read the sources once, for all processes that are forked."""
    _imports()


def name_of(path: Path) -> str:
    """The module's full name."""
    parts = path.relative_to(_SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


class _Changed(SourceFileLoader):
    """Loads a module from given code in place of its file."""

    code = ""

    def get_code(self, fullname: str) -> CodeType:
        return compile(self.code, self.path, "exec")


class _Finder:
    """Finds the one changed module, before any other finder is asked."""

    def __init__(self, module: str, path: Path, code: str) -> None:
        self.module, self.path, self.code = module, path, code

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if name != self.module:
            return None
        loader = _Changed(name, str(self.path))
        loader.code = self.code
        return importlib.util.spec_from_file_location(name, self.path, loader=loader)


@functools.cache
def _resting_on(module: str) -> set[str]:
    """The module and all that import it, directly or by others."""
    found, imports = {module}, _imports()
    while more := {name for name, used in imports.items() if used & found} - found:
        found |= more
    return found


@functools.cache
def _imports() -> dict[str, set[str]]:
    """What each module of netrazor imports anywhere in its source."""
    files = {name_of(path): path for path in (_SOURCE / "netrazor").rglob("*.py")}
    imports = {}
    for module, path in files.items():
        used = set()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                used |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                members = {f"{node.module}.{alias.name}" for alias in node.names}
                used |= {member if member in files else str(node.module) for member in members}
        imports[module] = used & set(files) - {"netrazor"}
    return imports
