"""The JavaScript package as one script: each module a function that is called once, in the order of their imports.

A page that is opened from a file may not load modules, so its script is in the page. The few forms of import and
export that the package uses are turned into plain constants; anything else is refused.
"""

import re
from graphlib import TopologicalSorter
from pathlib import Path

from netrazor.errors import ConfigurationError

SOURCE = Path(__file__).parent / "decoder"  # a link to js/src; in an installation, a copy
FACE = "index.js"

_IMPORT = re.compile(r'^import (?P<what>\{[^}]*\}|\* as \w+) from "\./(?P<module>[\w.]+)";$', re.MULTILINE)
_PASSED_ON = re.compile(r'^export \{(?P<names>[^}]*)\} from "\./(?P<module>[\w.]+)";$', re.MULTILINE)
_LISTED = re.compile(r"^export \{(?P<names>[^}]*)\};$", re.MULTILINE)
_DECLARED = re.compile(r"^export (?:const|class|function\*?) (?P<name>\w+)", re.MULTILINE)
_COMMENTS = re.compile(r"^ *//.*\n|^ */\*\*(?:(?!\*/).|\n)*?\*/\n", re.MULTILINE)
_LEFT_OVER = re.compile(r"^(?:import|export)\b.*$", re.MULTILINE)


def bundle(source: Path = SOURCE) -> str:
    """A script in which `netrazor` is an object of all that the package's face exports.

    Raises:
        ConfigurationError: the package is not there (in a clone made without symbolic links, say), or a form of
            import or export that is not known here.
    """
    if not (source / FACE).is_file():
        raise ConfigurationError(
            f"js: the page's decoder is read from {source}, where it is not; copy js/src there, or clone with "
            "symbolic links"
        )
    texts = {path.name: path.read_text() for path in source.glob("*.js")}
    needs = {name: _needed(text) for name, text in texts.items()}
    order = TopologicalSorter(needs).static_order()
    return "".join(_function(name, texts[name]) for name in order) + f"const netrazor = {_constant(FACE)};\n"


def _needed(text: str) -> set[str]:
    return {found["module"] for form in (_IMPORT, _PASSED_ON) for found in form.finditer(text)}


def _function(name: str, text: str) -> str:
    """The module as a constant: an object of what it exports."""
    exported = [found["name"] for found in _DECLARED.finditer(text)]
    exported += [name for found in _LISTED.finditer(text) for name in _names(found["names"])]
    passed_on = [
        f"...pick({_constant(found['module'])}, {_names(found['names'])})"
        for found in _PASSED_ON.finditer(text)
    ]
    body = _PASSED_ON.sub("", _LISTED.sub("", _COMMENTS.sub("", text)))
    body = _DECLARED.sub(
        lambda found: found[0].removeprefix("export "), _IMPORT.sub(_as_constant, body)
    ).strip()
    if found := _LEFT_OVER.search(body):
        raise ConfigurationError(f"js: {name}: an import or export that can be joined needed, got {found[0]}")
    helper = "const pick = (from, names) => Object.fromEntries(names.map((name) => [name, from[name]]));\n"
    head = helper if passed_on else ""
    returned = ", ".join(exported + passed_on)
    return f"const {_constant(name)} = (() => {{\n{head}{body}\nreturn {{ {returned} }};\n}})();\n"


def _as_constant(found: re.Match[str]) -> str:
    what = found["what"].removeprefix("* as ")
    return f"const {what} = {_constant(found['module'])};"


def _constant(module: str) -> str:
    return "module_" + module.removesuffix(".js")


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]
