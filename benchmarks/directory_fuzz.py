"""Altered directories of runs: a verdict or a netrazor error, in bounded time and memory.

    python benchmarks/directory_fuzz.py --number 95000 --verified 5000 --out results/directory_fuzz.json

Starting from small runs of every kind and from the records, one or more files of a directory are altered: the
certificate, the graph, the extension and the measurements in their structure and in their text, messages, positions,
given weights and given arrays in their bytes. Where the altered certificate can be read, mostly digest, seal and all
that follows are made to follow again, as a forger would, so that what lies behind these checks is reached too. Each
directory is checked without torch (`check_consistency`, the verdict as JSON, the measurements), some are printed
(`netrazor inspect`), and of the small runs some are verified with their data and reported, in a process with torch,
whose memory is counted apart.

Batches are seeded by their number and the results are written after each, so that an interrupted run goes on where it
stopped; ``--again`` starts anew. Seconds are of the processor.
"""

import argparse
import contextlib
import functools
import hashlib
import io
import json
import multiprocessing
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import fuzzing

from netrazor.certification import Certificate, MessageRecord, check_consistency, ledger_of, seal, to_json
from netrazor.certification.assumptions import assumptions_of
from netrazor.certification.bounding import bound_claim
from netrazor.certification.canonical import HEADLINE
from netrazor.certification.delta_shares import delta_parts
from netrazor.certification.graph_literals import price_literals
from netrazor.certification.graph_text import parse_graph
from netrazor.certification.run_directory import (
    CERTIFICATE,
    EXTENSION,
    GIVEN,
    GRAPH,
    MESSAGE,
    PICKS,
    RESULT,
    SIZE_LIMITS,
)
from netrazor.certification.run_result import read_picked_result, read_result
from netrazor.certification.sentences import claim_sentence
from netrazor.coding.message import read
from netrazor.errors import CertificateError

Files = dict[str, bytes]

ROOT = Path(__file__).parents[1]
MESSAGES = (MESSAGE, PICKS)
BATCH, VERIFIED_BATCH = 1000, 200
PRINTED = 25  # one of so many directories is printed
RECORDS = 0.03  # how often a record is taken, beside a small run: their messages take long to decode
MEMORY = Path("/dev/shm")  # where directories lie in memory, if there is such a place


def main() -> None:
    """Alter, check, count."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--number", type=int, default=95_000, help="directories checked without torch")
    parser.add_argument("--verified", type=int, default=5_000, help="directories verified with their data")
    parser.add_argument("--out", type=Path, default=Path("results/directory_fuzz.json"))
    parser.add_argument("--runs", type=Path, help="small runs that small_runs.py wrote before")
    parser.add_argument("--again", action="store_true", help="do not go on from the results")
    chosen = parser.parse_args()
    parts = {"checked": fuzzing.start("directories"), "verified": fuzzing.start("directories")}
    if chosen.out.exists() and not chosen.again:
        parts |= json.loads(chosen.out.read_text())
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as place:
        if chosen.runs:
            shutil.copytree(chosen.runs, f"{place}/runs")
        else:
            subprocess.run(
                [sys.executable, str(ROOT / "benchmarks/small_runs.py"), f"{place}/runs"], check=True
            )
        for part, batch, size, number in (
            ("checked", check_batch, BATCH, chosen.number),
            ("verified", verify_batch, VERIFIED_BATCH, chosen.verified),
        ):
            context = multiprocessing.get_context("spawn")
            with context.Pool(1, maxtasksperchild=20) as pool:
                first = parts[part]["directories"] // size
                for found in pool.imap(
                    functools.partial(batch, place=place), range(first, -(-number // size))
                ):
                    fuzzing.add(parts[part], found, "directories", size)
                    fuzzing.write(chosen.out, parts)
                    shown = {
                        k: v for k, v in parts[part].items() if k in ("directories", "foreign", "longest_s")
                    }
                    print(part, shown, f"{parts[part]['peak_memory_mib']:.0f} MiB", flush=True)
    sys.exit(any(part["foreign"] for part in parts.values()))


def check_batch(number: int, place: str, size: int = BATCH) -> dict[str, Any]:
    """Check a batch of altered directories without torch."""
    _check_all(place)
    chance, count, started = random.Random(number), fuzzing.Count(), time.process_time()
    runs = {path.name: _files_in(path) for path in _starting_points(Path(place))}
    small = {path.name for path in (Path(place) / "runs").iterdir()}
    weights = [_weight(files) * (1 if name in small else RECORDS) for name, files in runs.items()]
    with tempfile.TemporaryDirectory(dir=place) as scratch:
        for index in range(size):
            (name,) = chance.choices(list(runs), weights)
            path = _written(Path(scratch), altered(chance, runs[name], list(runs.values())))
            case = f"batch {number}, directory {index}: {name}"
            count.run("check", case, lambda path=path: _checked(path))
            if index % PRINTED == 0 and name in small:
                count.run("inspect", case, lambda path=path: _printed("inspect", path))
    assert "torch" not in sys.modules or size < BATCH  # its memory would be counted
    return {**count.found(), "cpu_s": time.process_time() - started}


def verify_batch(number: int, place: str, size: int = VERIFIED_BATCH) -> dict[str, Any]:
    """Verify a batch of altered small runs with their data, and report them."""
    from small_runs import examples_and_model

    from netrazor.report import compose
    from netrazor.report import read as read_for_report
    from netrazor.verification import VerifyConfiguration, verify

    loaded_mib = _verify_all(place)
    chance, count, started = random.Random(f"verify {number}"), fuzzing.Count(), time.process_time()
    runs = {path.name: _files_in(path) for path in sorted((Path(place) / "runs").iterdir())}
    with tempfile.TemporaryDirectory(dir=place) as scratch:
        for index in range(size):
            name = chance.choice(list(runs))
            path = _written(Path(scratch), altered(chance, runs[name], list(runs.values())))
            case = f"verify batch {number}, directory {index}: {name}"
            examples, model = examples_and_model(name)
            count.run(
                "verify",
                case,
                lambda p=path, e=examples, m=model: (
                    verify(p, e, m, configuration=VerifyConfiguration(fast=chance.random() < 0.5)).status
                ),
            )
            if index % 10 == 0:
                count.run("report", case, lambda path=path: compose([read_for_report(path)]) and "report")
    found = count.found()
    return {**found, "before_mib": loaded_mib, "cpu_s": time.process_time() - started}


@functools.cache
def _check_all(place: str) -> None:
    """Check what will be altered, once in a process, so that no case pays for what is loaded once."""
    for path in _starting_points(Path(place)):
        check_consistency(path)
        _printed("inspect", path)


@functools.cache
def _verify_all(place: str) -> float:
    """Verify and report it, likewise; gives the memory that this took."""
    from small_runs import examples_and_model

    from netrazor.report import compose, read
    from netrazor.verification import verify

    for path in sorted((Path(place) / "runs").iterdir()):
        verify(path, *examples_and_model(path.name))
        compose([read(path)])
    return fuzzing.peak_mib()


def altered(chance: random.Random, files: Files, others: list[Files]) -> Files:
    """The files of a run with something of one of them altered, rarely of two, and mostly made to fit again."""
    files = dict(files)
    chosen = {
        chance.choice([CERTIFICATE] * len(files) + list(files)) for _ in range(chance.choice((1, 1, 1, 2)))
    }
    for name in sorted(chosen):
        if name.endswith(".json"):
            files[name] = _altered_json(chance, name, files[name])
        else:
            same = [other[name] for other in others if name in other]
            files[name] = fuzzing.altered_bytes(chance, files[name], *same)
    if chance.random() < 0.03:
        files.pop(chance.choice(list(files)))
    return (
        _forged(chance, files, not chosen <= {CERTIFICATE, RESULT, EXTENSION})
        if chance.random() < 0.75
        else files
    )


def _altered_json(chance: random.Random, name: str, text: bytes) -> bytes:
    """Altered in its structure, or (a fifth of all) in its text."""
    if chance.random() < 0.2:
        return fuzzing.altered_text(chance, text)
    content = json.loads(text)
    if (
        name == CERTIFICATE and chance.random() < 0.8
    ):  # what follows from the rest would stop most alterations
        content = {key: value for key, value in content.items() if key not in HEADLINE}
    made = fuzzing.altered_json(chance, content)
    if name == GRAPH:  # in the form that graphs have: what is behind it is to be reached
        return json.dumps(made, sort_keys=True, separators=(",", ":")).encode() + b"\n"
    return json.dumps(made).encode()


def _forged(chance: random.Random, files: Files, with_digests: bool) -> Files:
    """With digests, seal and (mostly) all that follows made to follow, where the certificate can be read."""
    try:
        content = {k: v for k, v in json.loads(files[CERTIFICATE]).items() if k not in HEADLINE}
        certificate = Certificate.model_validate_json(json.dumps(content), strict=True)
        if with_digests:
            certificate = _with_digests(chance, certificate, files)
        if chance.random() < 0.7:
            certificate = _concluded(certificate)
        return {**files, CERTIFICATE: to_json(seal(certificate)).encode()}
    except Exception:  # what cannot be forged is given as it is
        return files


def _with_digests(chance: random.Random, certificate: Certificate, files: Files) -> Certificate:
    """The certificate with length, digest and (mostly) ledger of the files that it names."""
    if certificate.prior.graph is not None and GRAPH in files:
        certificate = _with_graph(certificate, files[GRAPH])
    record, given = certificate.message, certificate.prior.given_file
    blob = next((files[name] for name in MESSAGES if name in files), None)
    if record is not None and blob is not None:
        record = record.model_copy(update={"sha256": hashlib.sha256(blob).hexdigest(), "bytes": len(blob)})
        if isinstance(record, MessageRecord) and chance.random() < 0.7:
            with contextlib.suppress(Exception):
                graph = certificate.prior.graph
                ledger = ledger_of(read(blob), 0 if graph is None else graph.literal_bits)
                record = record.model_copy(update={"ledger": ledger, "effective_bits": ledger.charged_bits})
        certificate = certificate.model_copy(update={"message": record})
    if given is not None and GIVEN in files:
        sealed = {"sha256": hashlib.sha256(files[GIVEN]).hexdigest(), "bytes": len(files[GIVEN])}
        prior = certificate.prior.model_copy(update={"given": given.model_copy(update=sealed)})
        certificate = certificate.model_copy(update={"prior": prior})
    return certificate


def _with_graph(certificate: Certificate, text: bytes) -> Certificate:
    """The certificate of the graph in ``text``, its numbers priced where it is one."""
    graph, architecture = certificate.prior.graph, certificate.prior.architecture
    digest = hashlib.sha256(text).hexdigest()
    changes: dict[str, Any] = {"sha256": digest, "bytes": len(text)}
    with contextlib.suppress(CertificateError):
        literals = price_literals(parse_graph(text))
        changes |= {"literals": literals.count, "literal_bits": literals.bits}
    assert graph is not None
    prior = certificate.prior.model_copy(update={"graph": graph.model_copy(update=changes)})
    if architecture is not None:
        named = architecture.model_copy(update={"source_sha256": digest})
        prior = prior.model_copy(update={"architecture": named})
    return certificate.model_copy(update={"prior": prior})


def _concluded(certificate: Certificate) -> Certificate:
    """Shares of delta, bounds, sentences and assumptions as they follow from the rest."""
    learner = certificate.prior.learner
    choices = 1 if learner is None else learner.candidates * len(learner.stops)
    parts = delta_parts(certificate.delta, certificate.considered, len(certificate.claims), choices)
    for field, follows in (
        ("delta_parts", lambda *_: parts),
        ("bound", bound_claim),
        ("sentence", claim_sentence),
    ):
        claims = tuple(c.model_copy(update={field: follows(certificate, c)}) for c in certificate.claims)
        certificate = certificate.model_copy(update={"claims": claims})
    return certificate.model_copy(update={"assumptions": assumptions_of(certificate)})


def _checked(path: Path) -> str:
    """The verdict of the check, and the measurements beside it."""
    verdict = check_consistency(path)
    json.loads(verdict.to_json())
    if (path / RESULT).exists():
        is_picked = verdict.certificate is not None and verdict.certificate.method == "picked"
        (read_picked_result if is_picked else read_result)(path / RESULT)
    return verdict.status


def _printed(command: str, path: Path) -> str:
    from netrazor.cli import run

    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        return f"exit code {run([command, str(path)])}"


def _weight(files: Files) -> float:
    """Short messages most, for their sake that time goes to what was altered."""
    return (20 + sum(len(files.get(name, b"")) for name in MESSAGES)) ** -0.5


def _starting_points(place: Path) -> list[Path]:
    return sorted((place / "runs").iterdir()) + sorted((ROOT / "certificates").iterdir())


def _files_in(path: Path) -> Files:
    """The files of a run; what is large and no part of it is left out."""
    return {file.name: file.read_bytes() for file in sorted(path.iterdir()) if file.name in SIZE_LIMITS}


def _written(scratch: Path, files: Files) -> Path:
    for old in scratch.iterdir():
        old.unlink()
    for name, content in files.items():
        (scratch / name).write_bytes(content)
    return scratch


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
