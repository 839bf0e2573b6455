"""The project's own files: what is depended on is pinned, and what must not be depended on is not."""

import os
import re
import subprocess
from itertools import chain
from pathlib import Path

import pytest

import netrazor
from netrazor.extras import EXTRAS

ROOT = Path(__file__).parents[1]
PINS = dict(
    re.findall(
        r"^([\w.-]+)==(\S+)$", (ROOT / "constraints.txt").read_text().lower().replace("_", "-"), re.MULTILINE
    )
)


def test_every_dependency_is_pinned() -> None:
    project = pytest.importorskip("tomllib").loads((ROOT / "pyproject.toml").read_text())["project"]
    asked_for = chain(project["dependencies"], *project["optional-dependencies"].values())
    names = {re.split(r"[^\w.-]", requirement)[0].lower() for requirement in asked_for} - {"netrazor"}
    assert names - set(PINS) == set()


def test_extras_hold_what_the_missing_extra_says() -> None:
    """Each package that an error tells to install by an extra is in that extra, and only there."""
    project = pytest.importorskip("tomllib").loads((ROOT / "pyproject.toml").read_text())["project"]
    optional = project["optional-dependencies"]
    distributions = {"PIL": "pillow", "yaml": "pyyaml", "sklearn": "scikit-learn"}
    for extra, packages in EXTRAS.items():
        wanted = {distributions.get(package, package).lower() for package in packages}
        listed = {re.split(r"[^\w.-]", requirement)[0].lower() for requirement in optional[extra]}
        assert listed - {"netrazor"} == wanted
    assert "netrazor[torch,fast,report,sklearn,onnx,lightning,transformers,docs]" in optional["dev"]


def test_the_version_is_written_once() -> None:
    project = (ROOT / "pyproject.toml").read_text()
    assert 'dynamic = ["version"]' in project
    assert re.fullmatch(r"\d+\.\d+\.\d+", netrazor.__version__)
    assert f"\nversion: {netrazor.__version__}\n" in (ROOT / "CITATION.cff").read_text()


def test_torch_is_the_same_for_everybody() -> None:
    makefile = (ROOT / "Makefile").read_text()
    assert re.search(rf"^TORCH +:= {re.escape(PINS['torch'])}$", makefile, re.MULTILINE)


def test_torchvision_stays_out() -> None:
    assert "torchvision" not in PINS
    importing = re.compile(r"^\s*(import|from) torchvision", re.MULTILINE)
    assert [path for path in (ROOT / "src").rglob("*.py") if importing.search(path.read_text())] == []


@pytest.mark.parametrize(
    ("target", "purpose"),
    [
        ("certify", "netrazor certify"),
        ("test", "-m pytest"),
        ("test-slow", "--slow"),
        ("lint", "bin/mypy"),
        ("coverage", "coverage_by_room"),
        ("docs", "sphinx-build"),
        ("verify-records", "netrazor verify"),
    ],
)
def test_every_target_sets_up_what_it_needs(target: str, purpose: str) -> None:
    """Asked what it would do where nothing is installed, make begins with the environment."""
    plan = subprocess.run(
        ["make", "--dry-run", "VENV=/nonexistent", target],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},  # without the flags of a make that runs the tests
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert plan.returncode == 0, plan.stderr
    assert plan.stdout.index("-m venv") < plan.stdout.index("pip install") < plan.stdout.index(purpose)


def test_continuous_integration_runs_the_same_targets() -> None:
    script = ROOT / ".ci/run"
    assert os.access(script, os.X_OK)
    assert "make test" in script.read_text()
    workflow = (ROOT / ".github" / "workflows" / "ci.yml").read_text()
    assert all(f"make {target}" in workflow for target in ("lint", "coverage", "docs"))
    for minor in range(10, 14):
        assert f'"3.{minor}"' in workflow


def test_hooks_run_what_the_virtual_environment_has() -> None:
    hooks = (ROOT / ".pre-commit-config.yaml").read_text()
    entries = re.findall(r"entry: (\S+)", hooks)
    assert set(entries) == {".venv/bin/ruff", ".venv/bin/mypy", ".venv/bin/python"}
