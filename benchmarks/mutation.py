"""Mutation testing: how many small changes of the source do the tests notice?

    OMP_NUM_THREADS=1 python benchmarks/mutation.py [--target bounds] [--only occam.py preferent.py] [--again]
        [--sample 100] [--tests tests/bounds/test_bounds.py]

The changes are those of cosmic-ray's operators, one at a time. For each a process is forked that imports the changed
module in place of the file's (nothing is written to the source tree), and runs the tests that execute the changed
line, the quickest first, up to the first that fails; all of the target's tests where the line is executed on import.
A mutant is killed by a failing test, or by running far longer than the tests do; else it survives.
One that cannot be told from the source by any test is listed in equivalent_mutants.yaml with the reason.
A file's tests must pass where the module is exchanged for itself: else nothing is measured.

Writes results/mutation.json as it goes. A run that was broken off goes on where it was; where only the tests have
changed since, the mutants that survived are tried again and the killed ones are taken to be dead (--again for all).
With --sample at most so many of a file are tried, evenly spaced; with --tests by these in place of all tests of the
target, which is quicker, and what survives may be noticed by the others. Targets: mutation_targets.py.
"""

import argparse
import contextlib
import hashlib
import importlib
import inspect
import json
import os
import re
import resource
import signal
import sys
import tempfile
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import coverage
import hypothesis
import pytest
import yaml
from bounds_results import RESULTS, command, record
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.provider import OperatorProvider
from hypothesis import strategies
from module_exchange import exchange, prepare
from mutation_targets import ROOT, TARGETS, Target

# One replacement or two for each kind of operator; all of the others.
_REPLACED = (
    "Binary.*_(Add_Sub|Sub_Add|Mul_Div|Div_Mul|FloorDiv_Div|Mod_Mul|Pow_Mul|BitAnd_BitOr|BitOr_BitAnd)$",
    "Comparison.*_(Eq_NotEq|NotEq_Eq|Lt_LtE|LtE_Lt|Gt_GtE|GtE_Gt|Lt_Gt|Gt_Lt|LtE_GtE|GtE_LtE)$",
    "Comparison.*_(Is_IsNot|IsNot_Is|In_NotIn|NotIn_In)$",
    "Unary.*_(USub_UAdd|Delete_USub|Delete_Not|Delete_Invert)$",
    "^(AddNot|ReplaceTrueWithFalse|ReplaceFalseWithTrue|ReplaceAndWithOr|ReplaceOrWithAnd)$",
    "^(ReplaceBreakWithContinue|ReplaceContinueWithBreak|ExceptionReplacer|NumberReplacer)$",
    "^(RemoveDecorator|ZeroIterationForLoop)$",
)
_PLUGINS_LEFT_OUT = ("cacheprovider", "cov", "xdist", "unraisableexception")
_QUIET = ("-q", "--assert=plain", *(f"-pno:{name}" for name in _PLUGINS_LEFT_OUT))
_MEMORY = 16 * 2**30
_EQUIVALENT = Path(__file__).with_name("equivalent_mutants.yaml")


@dataclass(frozen=True)
class Mutant:
    """A source with one change, and the change as a reader sees it."""

    code: str
    line: int
    before: str
    after: str


def mutants(source: str) -> Iterator[Mutant]:
    """Every change of a source that cosmic-ray's chosen operators make; those that do not parse are left out."""
    provider, seen = OperatorProvider(), {source}
    for name in provider:
        if not any(re.search(pattern, name) for pattern in _REPLACED):
            continue
        operator = provider[name]()
        places = sum(len(list(operator.mutation_positions(node))) for node in ast_nodes(get_ast(source)))
        for occurrence in range(places):
            code = mutate_code(source, operator, occurrence)
            if code is None or code in seen or not _parses(code):
                continue
            seen.add(code)
            yield _described(source, code)


def _parses(code: str) -> bool:
    try:
        compile(code, "mutant", "exec")
    except SyntaxError:
        return False
    return True


def _described(source: str, code: str) -> Mutant:
    old, new = source.splitlines(), code.splitlines()
    line = next(i for i, pair in enumerate(zip([*old, ""], [*new, ""], strict=False)) if pair[0] != pair[1])
    after = new[line].strip() if len(old) == len(new) else "(removed)"
    return Mutant(code, line + 1, old[line].strip(), after)


class _Chosen:
    """A plugin of pytest: runs the chosen tests in the given order, or all; notes how long each took."""

    def __init__(self, chosen: list[str] | None = None) -> None:
        self.place = None if chosen is None else {name: place for place, name in enumerate(chosen)}
        self.seconds: dict[str, float] = {}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        if self.place is not None:
            place = self.place
            items[:] = sorted((i for i in items if i.nodeid in place), key=lambda item: place[item.nodeid])

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        started = time.process_time()
        result = yield
        self.seconds[item.nodeid] = time.process_time() - started
        return result


@dataclass(frozen=True)
class Trial:
    """What the tests do on the source as it is: how long each takes, and which execute a line."""

    seconds: dict[str, float]
    tests_of_line: dict[str, dict[int, set[str]]]

    @classmethod
    def of(cls, target: Target) -> "Trial":
        """Run the tests once, measured by coverage."""
        with tempfile.TemporaryDirectory() as place:
            times, data = Path(place) / "times.json", Path(place) / "coverage"
            child = os.fork()
            if child == 0:
                with _forked():
                    measured = coverage.Coverage(data_file=str(data), source=["netrazor"], config_file=False)
                    measured.start()
                    plugin, naming = _Chosen(), _Naming(measured)
                    code = pytest.main([*target.tests, *target.options, *_QUIET], plugins=[plugin, naming])
                    measured.stop()
                    measured.save()
                    times.write_text(json.dumps(plugin.seconds))
                    os._exit(int(code))
            if os.waitpid(child, 0)[1]:
                raise SystemExit(f"the tests fail on the source as it is; run pytest on {target.tests}")
            found = coverage.CoverageData(str(data))
            found.read()
            lines = {file: found.contexts_by_lineno(file) for file in found.measured_files()}
            return cls(
                json.loads(times.read_text()), {file: _names(by_line) for file, by_line in lines.items()}
            )

    def chosen(self, path: Path, line: int, slowest: float) -> list[str]:
        """The tests to run for a change in a line, the quickest first."""
        names = self.tests_of_line.get(str(path), {}).get(line, set()) or set(self.seconds)
        return sorted((n for n in names if self.seconds[n] <= slowest), key=lambda name: self.seconds[name])

    def survives(self, target: Target, path: Path, mutant: Mutant) -> bool:
        """Whether all tests pass that the changed line concerns."""
        chosen = self.chosen(path, mutant.line, target.slowest)
        return not chosen or self._passes(target, path, mutant.code, chosen)

    def check(self, target: Target, path: Path) -> None:
        """The module's tests must pass on it as it is, put in place as a mutant is: or all would be killed."""
        its = set().union(*self.tests_of_line.get(str(path), {}).values())
        chosen = sorted(name for name in its if self.seconds[name] <= target.slowest)
        if not self._passes(target, path, path.read_text(), chosen):
            raise SystemExit(f"{path}: the tests fail where the module is exchanged for itself")

    def _passes(self, target: Target, path: Path, code: str, chosen: list[str]) -> bool:
        files = list(dict.fromkeys(name.split("::")[0] for name in chosen))
        seconds = 5 * sum(self.seconds[name] for name in chosen) + 20
        return passes(target, path, code, [*files, *target.options], chosen, round(seconds))


class _Naming:
    """A plugin of pytest: tells coverage which test is running."""

    def __init__(self, measured: coverage.Coverage) -> None:
        self.measured = measured

    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        self.measured.switch_context(item.nodeid)


def _names(by_line: dict[int, list[str]]) -> dict[int, set[str]]:
    """The tests of each line; none for a line that is executed on import, which no single test tells about."""
    return {line: set() if "" in names else set(names) for line, names in by_line.items()}


@contextlib.contextmanager
def _forked(seconds: int | None = None) -> Iterator[None]:
    """In a forked process: no output, limited memory and time of the processor, and no way back."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
    if seconds is not None:
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    with contextlib.suppress(BaseException):
        yield
    os._exit(1)


def passes(
    target: Target, path: Path, code: str, arguments: list[str], chosen: list[str], seconds: int
) -> bool:
    """Whether the chosen tests pass with ``code`` in place of the module at ``path``, within ``seconds`` of work."""
    child = os.fork()
    if child == 0:
        with _forked(seconds):
            exchange(path, code, target.kept, target.kept_with)
            os._exit(int(pytest.main([*arguments, "-x", *_QUIET], plugins=[_Chosen(chosen)])))
    end = (
        time.monotonic() + 10 * seconds
    )  # by the clock, on a machine that may be busy: for what waits forever
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return status == 0
        time.sleep(0.005)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return False


def measure(
    trial: Trial, target: Target, path: Path, known: dict, equivalent: set, sample: int | None
) -> Iterator[dict]:
    """The mutants of one source file: how many were tried and killed, and which survived; now and then, and at last.

    Of mutants that were tried before on the same source only those that survived are tried again.
    """
    source, name = path.read_text(), str(path.relative_to(ROOT))
    again = {(item["line"], item["before"], item["after"]) for item in known.get("survived", [])}
    before, earlier = known.get("tried", 0), known.get("seconds", 0)
    started, tried, excused, survived = time.monotonic(), 0, 0, []

    def entry(of: int) -> dict:
        seconds = earlier + round(time.monotonic() - started)
        killed = tried - excused - len(survived)
        counts = {
            "mutants": of,
            "planned": len(every),
            "tried": tried,
            "killed": killed,
            "equivalent": excused,
        }
        return {**counts, "sampled": len(every) < of, "survived": survived, "seconds": seconds}

    made = list(mutants(source))
    every = evenly(made, sample)
    if known.get("planned") != len(every):  # others were tried
        known, again, before, earlier = {}, set(), 0, 0
    for tried, mutant in enumerate(every, 1):
        described = {"line": mutant.line, "before": mutant.before, "after": mutant.after}
        if (name, mutant.before, mutant.after) in equivalent:
            excused += 1
        elif tried <= before and tuple(described.values()) not in again:
            continue
        elif trial.survives(target, path, mutant):
            survived.append(described)
            print(f"  survived {name}:{mutant.line}\n    - {mutant.before}\n    + {mutant.after}", flush=True)
        if tried % 20 == 0:
            yield entry(len(made))
    yield entry(len(made))


def evenly(made: list[Mutant], sample: int | None) -> list[Mutant]:
    """``sample`` of the mutants, evenly spaced in their order; all, if there are no more."""
    if sample is None or sample >= len(made):
        return made
    return [made[place * len(made) // sample] for place in range(sample)]


def digest(paths: list[Path]) -> str:
    """SHA-256 of the files' contents."""
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in paths)).hexdigest()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--target", nargs="*", default=list(TARGETS), choices=list(TARGETS))
    parser.add_argument("--only", nargs="*", help="names of source files")
    parser.add_argument("--again", action="store_true")
    parser.add_argument("--sample", type=int, help="mutants of a file, at most")
    parser.add_argument("--tests", nargs="*", help="tests to run, in place of all of the target")
    options = parser.parse_args()
    hypothesis.settings.register_profile(
        "mutation",
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
        derandomize=True,
        deadline=None,
    )
    hypothesis.settings.load_profile("mutation")
    listed = yaml.safe_load(_EQUIVALENT.read_text()) or []
    equivalent = {(entry["file"], entry["before"], entry["after"]) for entry in listed}
    os.chdir(ROOT)
    for name in options.target:
        target = TARGETS[name]
        target = replace(target, tests=tuple(options.tests or target.tests))
        _load(target)
        trial = None
        for path in target.files():
            if options.only and path.name not in options.only:
                continue
            tests = target.test_files()
            stamps = {"source": digest([path]), "tests": digest([*tests, _EQUIVALENT])}
            key = str(path.relative_to(ROOT))
            known = {} if options.again else _known().get(key, {})
            if known.get("source") != stamps["source"]:
                known = {}
            if known.get("tests") == stamps["tests"] and known["tried"] == known.get("planned"):
                continue
            trial = trial or Trial.of(target)
            trial.check(target, path)
            commands = "; ".join(dict.fromkeys([*known.get("command", "").split("; "), command()])).lstrip(
                "; "
            )
            for entry in measure(trial, target, path, known, equivalent, options.sample):
                record("mutation.json", key, {**entry, **stamps, "target": name, "command": commands})
            print(f"{key}: {entry['killed']} of {entry['tried']} killed, {entry['seconds']} s", flush=True)
    _summarize(options.target)


def _load(target: Target) -> None:
    """Whatever is the same for each mutant: libraries, and what the kept modules remember."""
    sys.path.insert(0, str(ROOT / "tests"))
    for name in target.preload:
        importlib.import_module(name)
    prepare()
    for name in target.kept:
        for function in list(vars(importlib.import_module(name)).values()):
            if hasattr(function, "cache_info") and not inspect.signature(function).parameters:
                function()
    hypothesis.find(strategies.booleans(), bool)  # it reads constants of all modules once


def _known() -> dict:
    path = RESULTS / "mutation.json"
    return json.loads(path.read_text()) if path.exists() else {}


def _summarize(targets: list[str]) -> None:
    """The share of each target, equivalent mutants left out; and the files of which not all mutants were tried.

    The commands are those that the figures of its files come from.
    """
    for name in targets:
        entries = {key: entry for key, entry in _known().items() if entry.get("target") == name}
        tried = sum(entry["tried"] for entry in entries.values())
        excused = sum(entry["equivalent"] for entry in entries.values())
        killed = sum(entry["killed"] for entry in entries.values())
        if tried == excused:
            continue
        counts = {
            "tried": tried,
            "equivalent": excused,
            "killed": killed,
            "share": killed / (tried - excused),
            "command": "; ".join(sorted({one for e in entries.values() for one in e["command"].split("; ")})),
        }
        partly = {
            key: f"{entry['tried']} of {entry['mutants']}"
            for key, entry in entries.items()
            if entry["tried"] < entry["mutants"]
        }
        missing = [
            key for path in TARGETS[name].files() if (key := str(path.relative_to(ROOT))) not in entries
        ]
        record("mutation.json", f"all of {name}", {**counts, "sampled": partly, "not tried": missing})
        print(f"{name}: {killed} of {tried - excused} mutants killed, {counts['share']:.1%}")


if __name__ == "__main__":
    main()
