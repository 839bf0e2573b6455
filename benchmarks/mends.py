"""Faults that were found and mended: each mend is taken out again, and its test must fail.

    OMP_NUM_THREADS=1 python benchmarks/mends.py [--fault 3 8] [--again]

mends.yaml has a row for each mend: the lines of the source that do it, what stands there without it, and the test
that holds it. For each row the test is run on a copy of the source as it is, where it must pass, and on a copy
without the mend, where it must fail: with an assertion or an error in the test itself, or because time or memory run
out. A test that cannot be collected any more has not failed, nor has one that is skipped. Nothing is written to the
source tree. The copy is imported by a process that is forked for each run, and that is checked.

Writes results/mends.json as it goes; a row is not run again where its lines, source files and test file are the same.
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
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
TABLE, RESULT = Path(__file__).with_name("mends.yaml"), ROOT / "results" / "mends.json"
_QUIET = ("-q", "-pno:cacheprovider", "-pno:cov", "-pno:xdist")
_MEMORY = 16 * 2**30  # bytes of addresses, of which torch takes some
_PROCESSOR = 60  # seconds of it for a test
_IDLE = 120  # seconds by the clock, in which a test uses the processor at least a little
_TOGETHER = 12  # mends whose tests run in one process first, on the source as it is
# What most tests load, loaded once and not in each process that is forked. Nothing of netrazor's.
_PRELOADED = """
    PIL.Image constriction cyclopts filelock hypothesis.strategies kmeans1d numba pooch pydantic rich.console
    safetensors.torch scipy.optimize scipy.stats torch.func torch.optim
"""


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
    """How a test ended: "passes", "fails", "is stopped" or "breaks" (no test ran to its end); and why."""

    outcome: str
    why: str


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
    table, known = read_table(), {} if options.again else _known()
    stamps = {mend.name: _stamp(mend) for mend in table}
    waiting = [
        mend
        for mend in table
        if mend.fault in (options.fault or [mend.fault])
        and known.get(mend.name, {}).get("stamp") != stamps[mend.name]
    ]
    if waiting:
        _preload()
    with tempfile.TemporaryDirectory() as place:
        copy = Path(place) / "src"
        shutil.copytree(ROOT / "src", copy)
        compileall.compile_dir(copy, quiet=2)  # once, and not in each process
        for first in range(0, len(waiting), _TOGETHER):
            some = waiting[first : first + _TOGETHER]
            whole = _run(copy, list(dict.fromkeys(mend.test for mend in some)))
            for mend in some:
                with _undone(copy, mend.changes):
                    without = _run(copy, [mend.test], first_failure=True)[mend.test]
                known[mend.name] = {**_row(mend, whole[mend.test], without), "stamp": stamps[mend.name]}
                print(f"{mend.name}\n    {whole[mend.test].outcome}; without: {without}", flush=True)
                _write(table, known)
    _write(table, known)
    left = [mend.name for mend in table if not known.get(mend.name, {}).get("held")]
    print(f"{len(table) - len(left)} of {len(table)} mends are held by a test", *left, sep="\n")
    sys.exit(bool(left))


def _preload() -> None:
    import torch

    for name in _PRELOADED.split():
        importlib.import_module(name)
    layer, example = torch.nn.Linear(2, 2), torch.ones(2, 2)
    torch.export.export(layer, (example,))  # it loads a thousand modules the first time
    torch.func.vmap(layer)(example)


def _row(mend: Mend, whole: Run, without: Run) -> dict[str, Any]:
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
def _undone(copy: Path, changes: tuple[Change, ...]) -> Iterator[None]:
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
        raise SystemExit(
            f"{change.file}: {change.mend!r} must occur once, got {text.count(change.mend)} times"
        )
    return text.replace(change.mend, change.undone)


def _run(copy: Path, tests: list[str], *, first_failure: bool = False) -> dict[str, Run]:
    """How each test ends on the copy, in a process of its own; what takes too much or waits for ever is stopped."""
    with tempfile.TemporaryDirectory() as place:
        told = Path(place) / "told.json"
        child = os.fork()
        if child == 0:
            _in_the_child(copy, [*tests, "-x"] if first_failure else tests, told)
        looked, used, waits = time.monotonic(), 0.0, False
        while not os.waitpid(child, os.WNOHANG)[0]:
            if time.monotonic() > looked + _IDLE:
                before, looked, used = used, time.monotonic(), _processor_time(child)
                if waits := used < before + 0.1:
                    os.killpg(child, signal.SIGKILL)
                    os.waitpid(child, 0)
                    break
            time.sleep(0.02)
        seen = json.loads(told.read_text()) if told.exists() else None
    if seen is None:
        much = f"more than {_PROCESSOR} s of the processor, or {_MEMORY >> 30} GiB of memory"
        why = "it waits for ever" if waits else much
        return {test: Run("is stopped", why) for test in tests}
    return {test: _of(test, seen) for test in tests}


def _processor_time(process: int) -> float:
    """Seconds of the processor that a process has used, as Linux tells it."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(map(int, fields[11:13])) / os.sysconf("SC_CLK_TCK")


def _of(test: str, seen: dict[str, list[str]]) -> Run:
    """How a test ended, of whose parameters each counts; the first that failed says why."""
    its = [ended for name, ended in seen.items() if name == test or name.startswith(f"{test}[")]
    order = ("breaks", "fails", "passes")
    return Run(*min(its, key=lambda ended: order.index(ended[0]), default=("breaks", "no test ran")))


def _in_the_child(copy: Path, arguments: list[str], told: Path) -> None:
    """Run tests on the copy and write how they ended; never returns."""
    try:
        os.setpgid(0, 0)
        nowhere = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nowhere, stream)
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (_PROCESSOR * sum("::" in each for each in arguments),) * 2)
        sys.dont_write_bytecode = True
        os.environ |= {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
        sys.path.insert(0, str(copy))
        watching = _Watching()
        pytest.main([*_QUIET, *arguments], plugins=[watching])
        home = Path(sys.modules["netrazor"].__file__ or "")
        if not home.is_relative_to(copy):
            raise SystemExit(f"{home} was imported in place of {copy}")
        told.write_text(json.dumps(watching.seen))
    finally:
        os._exit(0)


class _Watching:
    """A plugin of pytest: how each test ended, and why. What fails outside of the test itself breaks it."""

    def __init__(self) -> None:
        self.seen: dict[str, tuple[str, str]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            self.seen[report.nodeid] = ("fails" if report.when == "call" else "breaks", _reason(report))
        elif report.when == "call" and report.passed:
            self.seen.setdefault(report.nodeid, ("passes", ""))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            self.seen[report.nodeid] = ("breaks", _reason(report))


def _reason(report: pytest.TestReport | pytest.CollectReport) -> str:
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
