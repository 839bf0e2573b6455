"""Faults that were found and mended: each mend is taken out again, and its test must fail.

    OMP_NUM_THREADS=1 python benchmarks/mends.py [--fault 3 8] [--again]

mends.yaml has a row for each mend: the lines of the source that do it, what stands there without it, and the test
that holds it. For each row the test is run on a copy of the source as it is, where it must pass, and on a copy
without the mend, where it must fail: with an assertion or an error in the test itself, or because time or memory run
out. A test that cannot be collected any more has not failed, nor has one that is skipped. Nothing is written to the
source tree. The copy is imported by a process that is forked for each run, and that is checked.

Writes results/mends.json as it goes; rows whose lines, source file and test file are what they were are not run again.
"""

import argparse
import compileall
import contextlib
import datetime
import hashlib
import importlib
import json
import os
import platform
import resource
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
TABLE, RESULT = Path(__file__).with_name("mends.yaml"), ROOT / "results" / "mends.json"
_QUIET = ("-q", "-x", "-pno:cacheprovider", "-pno:cov", "-pno:xdist")
_MEMORY = 16 * 2**30  # bytes of addresses, of which torch takes some
_PATIENCE = 300  # seconds for a test with its mend
# What most tests load, loaded once and not in each process that is forked. Nothing of netrazor's.
_PRELOADED = ("torch", "torch.export", "scipy.stats", "scipy.optimize", "pydantic", "hypothesis", "PIL.Image")


@dataclass(frozen=True)
class Change:
    """Text that occurs once in a source file, and what stands there without the mend."""

    file: str
    mend: str
    undone: str


@dataclass(frozen=True)
class Mend:
    """A row of the table: which fault, what was wrong, what mends it, and the test that holds it."""

    fault: int
    what: str
    changes: tuple[Change, ...]
    test: str

    @property
    def name(self) -> str:
        """By which its result is known."""
        return f"{self.fault}: {self.what}"


@dataclass(frozen=True)
class Run:
    """How a test ended: "passes", "fails", "is stopped" or "breaks" (no test ran to its end); why, and the seconds."""

    outcome: str
    why: str
    seconds: float


def read_table() -> list[Mend]:
    """The rows of mends.yaml; most have one change, which then stands in the row itself."""
    return [
        Mend(
            row["fault"],
            row["what"],
            tuple(
                Change(*(change[key] for key in ("file", "mend", "undone")))
                for change in row.get("changes", [row])
            ),
            row["test"],
        )
        for row in yaml.safe_load(TABLE.read_text())
    ]


def main() -> None:
    """Run what has not been run on these sources, and write how it ended."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--fault", nargs="*", type=int, help="numbers of faults")
    parser.add_argument("--again", action="store_true", help="also what was run on the same sources")
    options = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.chdir(ROOT)
    for name in _PRELOADED:
        importlib.import_module(name)
    table, known = read_table(), {} if options.again else _known()
    passed: dict[str, Run] = {}  # tests, on the source as it is
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / "src"
        shutil.copytree(ROOT / "src", copy)
        compileall.compile_dir(copy, quiet=2)  # once, and not in each process
        for mend in table:
            stamp = _stamp(mend)
            if known.get(mend.name, {}).get("stamp") != stamp and mend.fault in (options.fault or [mend.fault]):
                known[mend.name] = {**_tried(copy, mend, passed), "stamp": stamp}
                print(f"{mend.name}\n    {known[mend.name]['without']}", flush=True)
                _write(table, known)
    _write(table, known)
    left = [mend.name for mend in table if not known.get(mend.name, {}).get("held")]
    print(f"{len(table) - len(left)} of {len(table)} mends are held by a test that fails without them", *left, sep="\n")
    sys.exit(bool(left))


def _tried(copy: Path, mend: Mend, passed: dict[str, Run]) -> dict[str, Any]:
    """The test with the mend, unless that ``passed`` already, and without it."""
    whole = passed.get(mend.test) or _run(copy, mend.test, _PATIENCE)
    if whole.outcome == "passes":
        passed[mend.test] = whole
    with _undone(copy, mend.changes):
        without = _run(copy, mend.test, 20 + 10 * whole.seconds)
    return {
        "fault": mend.fault,
        "what": mend.what,
        "files": sorted({change.file for change in mend.changes}),
        "test": mend.test,
        "with": asdict(whole),
        "without": asdict(without),
        "held": whole.outcome == "passes" and without.outcome in ("fails", "is stopped"),
    }


@contextlib.contextmanager
def _undone(copy: Path, changes: tuple[Change, ...]) -> Any:
    """The copy without the mend, for a while."""
    try:
        for change in changes:
            path = copy.parent / change.file
            path.write_text(_replaced(path.read_text(), change))
        yield
    finally:
        for change in changes:
            shutil.copy2(ROOT / change.file, copy.parent / change.file)


def _replaced(text: str, change: Change) -> str:
    if text.count(change.mend) != 1:
        raise SystemExit(f"{change.file}: {change.mend!r} must occur once, got {text.count(change.mend)} times")
    return text.replace(change.mend, change.undone)


def _run(copy: Path, test: str, patience: float) -> Run:
    """One test on the copy, in a process of its own, within so many seconds by the clock."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as place:
        told = Path(place) / "told.json"
        child = os.fork()
        if child == 0:
            _in_the_child(copy, test, told)
        while not (ended := os.waitpid(child, os.WNOHANG)[0]):
            if time.monotonic() > started + patience:
                os.killpg(child, signal.SIGKILL)
                os.waitpid(child, 0)
                break
            time.sleep(0.02)
        seconds = round(time.monotonic() - started, 2)
        if not ended:
            return Run("is stopped", f"still running after {patience:.0f} s", seconds)
        if not told.exists():
            return Run("is stopped", "the process died: out of memory, or a signal", seconds)
        return Run(**json.loads(told.read_text()), seconds=seconds)


def _in_the_child(copy: Path, test: str, told: Path) -> None:
    """Run the test on the copy and write how it ended; never returns."""
    try:
        os.setpgid(0, 0)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        sys.dont_write_bytecode = True
        os.environ |= {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
        for name in [name for name in sys.modules if name.partition(".")[0] == "netrazor"]:
            del sys.modules[name]
        sys.path.insert(0, str(copy))
        watching = _Watching()
        code = pytest.main([*_QUIET, test], plugins=[watching])
        home = sys.modules["netrazor"].__file__ or ""
        outcome = watching.outcome if Path(home).is_relative_to(copy) else "breaks"
        if outcome == "passes" and code != 0:
            outcome = "breaks"
        told.write_text(json.dumps({"outcome": outcome, "why": watching.why}))
    finally:
        os._exit(0)


class _Watching:
    """A plugin of pytest: how the tests ended, and why the first failed."""

    def __init__(self) -> None:
        self.outcome, self.why = "breaks", "no test ran"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and self.outcome != "fails":
            self.outcome, self.why = f"{report.outcome[:4]}s", _reason(report)
            self.outcome = {"pass": "passes", "fail": "fails"}.get(report.outcome[:4], "breaks")
        elif report.failed and self.outcome != "fails":
            self.outcome, self.why = "breaks", _reason(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.outcome, self.why = "breaks", _reason(report)


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
    if report.passed:
        return ""
    crash = getattr(report.longrepr, "reprcrash", None)
    return str(report.longrepr if crash is None else crash.message).partition("\n")[0][:200]


def _stamp(mend: Mend) -> str:
    """Of the row, the sources that it changes and the file of its test."""
    digest = hashlib.sha256(repr(mend).encode())
    for name in sorted({change.file for change in mend.changes} | {mend.test.partition("::")[0]}):
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def _known() -> dict[str, dict[str, Any]]:
    rows = json.loads(RESULT.read_text())["mends"] if RESULT.exists() else []
    return {f"{row['fault']}: {row['what']}": row for row in rows}


def _write(table: list[Mend], known: dict[str, dict[str, Any]]) -> None:
    """The rows that were run, in the table's order, and how many are held."""
    rows = [known[mend.name] for mend in table if mend.name in known]
    found = {
        "command": " ".join(["python", *sys.argv]),
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "cores": 1,
        "rows": len(table),
        "held": sum(row["held"] for row in rows),
        "faults": sorted({mend.fault for mend in table}),
        "mends": rows,
    }
    beside = RESULT.with_suffix(".json.new")
    beside.write_text(json.dumps(found, indent=1) + "\n")
    os.replace(beside, RESULT)


if __name__ == "__main__":
    main()
