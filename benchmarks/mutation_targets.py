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
        kept: modules of tests/ whose cached functions are called once, before any change: the certificates that they
            issue are the unchanged source's, and the mutant is to agree with them.
        kept_with: modules of whose classes these certificates are: a mutant that changes one has its own issued.
    """

    sources: tuple[str, ...]
    tests: tuple[str, ...]
    slowest: float = 2.0
    options: tuple[str, ...] = ()
    preload: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    kept_with: tuple[str, ...] = ()

    def files(self) -> list[Path]:
        """Every source file but the faces, which hold no code, in the order of the patterns."""
        found = {path: None for pattern in self.sources for path in sorted(ROOT.glob(pattern))}
        return [path for path in found if path.name != "__init__.py"]

    def test_files(self) -> list[Path]:
        """Every file in the folders of the tests: a helper of theirs counts as well."""
        folders = {
            place if place.is_dir() else place.parent for place in (ROOT / test for test in self.tests)
        }
        return sorted(file for folder in folders for file in folder.glob("*.py"))


def _bounds(*names: str) -> tuple[str, ...]:
    return tuple(f"tests/bounds/test_{name}.py" for name in names)


def _sources(room: str, *names: str) -> tuple[str, ...]:
    return tuple(f"src/netrazor/{room}/{name}.py" for name in names)


TARGETS = {
    "bounds": Target(
        sources=("src/netrazor/bounds/*.py",),
        # Coverage by simulation is left out: slow, and blind to all that the exact values do not see.
        tests=_bounds(
            "arguments",
            "binomial",
            "rounding",
            "roots",
            "limits_of_bounds",
            "means",
            "memorization",
            "preferent",
            "quadrature",
            "bounded_loss",
            "bounds",
            "exactness",
            "perturbation",
        ),
        slowest=0.5,
        options=("--noconftest",),
        preload=("mpmath", "scipy.special", "scipy.stats", "hypothesis.strategies", "pydantic"),
    ),
    "charging, checking, recount": Target(
        sources=(
            *_sources("certification", "checking", "claim_check", "charging", "bounding", "delta_shares"),
            *_sources("verification", "recounting", "redrawing", "replaying", "sample_check"),
            *_sources("certification", "spending", "ledger", "canonical", "noise_description"),
            *_sources("verification", "rebuilding"),
        ),
        tests=(
            *("tests/certification", "tests/verification"),
            *("tests/pipeline/test_spent_examples.py", "tests/pipeline/test_certify_learners.py"),
            "tests/pipeline/test_claims.py",  # groups of a column that a verifier brings
        ),
        slowest=6.0,
        preload=("mpmath", "scipy.special", "scipy.stats", "hypothesis.strategies", "torch.func"),
        kept=("tiny", "spent_runs"),
        kept_with=("netrazor.certification.record",),
    ),
}
