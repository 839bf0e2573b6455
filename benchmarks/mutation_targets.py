"""What `make mutate` mutates, and by which tests: the one list to add to.

A target's sources are mutated one after the other, and its tests are to notice.
"""

from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Target:
    """Source files and the tests that are to notice a change in them.

    Args:
        sources: patterns of files, relative to the repository.
        tests: test files or folders of them.
        slowest: seconds of the processor; tests that take longer are left out. What survives may be noticed by them:
            the share of killed mutants is then a lower bound.
        options: of pytest, in each run.
        preload: modules of other packages that the tests import, loaded once and not for each mutant.
    """

    sources: tuple[str, ...]
    tests: tuple[str, ...]
    slowest: float = 2.0
    options: tuple[str, ...] = ()
    preload: tuple[str, ...] = ()

    def files(self) -> list[Path]:
        """Every source file but the faces, which hold no code."""
        found = {path for pattern in self.sources for path in ROOT.glob(pattern)}
        return sorted(path for path in found if path.name != "__init__.py")

    def test_files(self) -> list[Path]:
        """Every file in the folders of the tests: a helper of theirs counts as well."""
        folders = {
            place if place.is_dir() else place.parent for place in (ROOT / test for test in self.tests)
        }
        return sorted(file for folder in folders for file in folder.glob("*.py"))


def _bounds(*names: str) -> tuple[str, ...]:
    return tuple(f"tests/bounds/test_{name}.py" for name in names)


TARGETS = {
    "bounds": Target(
        sources=("src/netrazor/bounds/*.py",),
        # Coverage by simulation is left out: slow, and blind to all that the exact values do not see.
        tests=_bounds(
            "arguments",
            "rounding",
            "roots",
            "means",
            "memorization",
            "preferent",
            "bounds",
            "exactness",
            "perturbation",
        ),
        slowest=0.5,
        options=("--noconftest",),
        preload=("mpmath", "scipy.special", "scipy.stats", "hypothesis.strategies", "pydantic"),
    ),
}
