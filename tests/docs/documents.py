"""Reading documents: their fenced blocks, and the commands in them."""

import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_FILE = re.compile(r"(?<![\w./*-])(?:[a-z_]+/)+[\w-]+\.(?:py|json|yaml)\b")
_LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


@dataclass(frozen=True)
class Document:
    """A page."""

    path: Path

    @property
    def name(self) -> str:
        """To be told in a test's name."""
        return self.path.name

    def python(self) -> str:
        """All blocks of Python, one after the other."""
        return "\n".join(text for language, text in self._blocks() if language == "python")

    def commands(self) -> list[list[str]]:
        """The words of every line that calls ``netrazor``, comments left out."""
        lines = [line for language, text in self._blocks() if not language for line in text.splitlines()]
        return [shlex.split(line, comments=True)[1:] for line in lines if line.startswith("netrazor ")]

    def files(self) -> list[str]:
        """Every script, result, record and source file of the project that is named by its folder."""
        return _FILE.findall(self.path.read_text())

    def links(self) -> list[str]:
        """Every address of a link within the project."""
        return [link for link in _LINK.findall(self.path.read_text()) if "://" not in link]

    def _blocks(self) -> list[tuple[str, str]]:
        return _FENCE.findall(self.path.read_text())


def documents() -> list[Document]:
    """README and docs."""
    return [Document(path) for path in DOCUMENTS]
