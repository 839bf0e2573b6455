"""Every claim at once about the network of a record: confusion matrix, recalls, precision, answers withheld.

    OMP_NUM_THREADS=1 python benchmarks/claims_on_records.py [RUN ...]

Nothing is trained: the message of a run is rebuilt, all claims are counted in one pass over the counted examples, and
a second certificate about the same message is put together, at a delta of its own: it and the record's own hold
together with probability 1 - 0.10. The claims below are those that this program has ever asked for. Which threshold
is quoted is chosen after counting, and paid for: all thresholds of the declared list hold together.

Writes results/claims_on_records.json: the claims' counts and bounds; the widest bound of a recall over that of the
same class alone at the whole delta; the least error bound where it answers 95 % of the counted examples; and the
time of counting all claims over that of counting the errors alone: the processor's, on 10,000 of the examples, least
of several of each in turn, so that what else the machine does falls on both.
"""

import argparse
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from netrazor import bounds, claims, data
from netrazor.certification import Certificate, RunFiles, check_run, read_run
from netrazor.certification.claim_record import ClaimRecord
from netrazor.certification.spending import split_positions
from netrazor.coding import Limits
from netrazor.coding.message import read
from netrazor.counting import count_claims, count_errors, part_of
from netrazor.data.subsets import take
from netrazor.pipeline.claim_records import count_records, share_delta
from netrazor.pipeline.issuing import conclude
from netrazor.runtime import SILENT
from netrazor.verification.rebuilding import rebuild

ROOT = Path(__file__).parents[1]
RECORDS = tuple(ROOT / "certificates" / name for name in ("mnist", "mnist-data-dependent"))
RESULT = ROOT / "results" / "claims_on_records.json"
ASKED: tuple[claims.AnyClaim, ...] = (
    claims.Error(),
    claims.ClassErrors(),
    claims.ClassPrecision(),
    claims.Confusion(),
    claims.BalancedError(),
    claims.OrdinalDistance(),
    claims.Withheld(),
)
REPEATS = 5
TIMED = 10_000  # examples


def main() -> None:
    """Claims of each run, printed and written."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", type=Path, nargs="*", default=RECORDS)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    arguments = parser.parse_args()
    results = {}
    for run in arguments.runs:
        results[run.name] = found = claims_of(run, arguments.repeats)
        print(run.name, json.dumps({name: found[name] for name in found if name != "claims"}, indent=1))
    RESULT.write_text(json.dumps(results, indent=1) + "\n")


def claims_of(run: Path, repeats: int) -> dict[str, Any]:
    """A certificate of all claims about the network of ``run``, in figures."""
    files = read_run(run)
    record = files.certificate
    assert files.message is not None
    network = rebuild(files, read(files.message, Limits()), None)
    whole = data.load(record.sample.name, record.sample.split)
    examples, classes = take(whole, split_positions(record.sample)[1]), record.sample.classes
    counted = count_records(network, examples, ASKED, classes=classes, columns={}, reporter=SILENT)
    shared = share_delta(counted, record.delta, (record.method,))
    certificate = conclude(record.model_copy(update={"claims": shared, "considered": (record.method,)}))
    findings, _ = check_run(RunFiles(certificate, files.message, files.given))
    assert not findings, findings
    few = part_of(examples, TIMED)
    errors_alone, all_claims = least_times(
        (lambda: count_errors(network, few), lambda: count_claims(network, few, ASKED, classes=classes)),
        repeats,
    )
    return {
        "effective_bits": certificate.effective_bits,
        "delta": certificate.delta,
        "sentences": [claim.sentence for claim in certificate.claims],
        "recalls": recalls(certificate),
        "answering_95_percent": answering(certificate.claims[-1]),
        "seconds": {"errors alone": errors_alone, "all claims": all_claims},
        "all_claims_over_errors_alone": round(all_claims / errors_alone, 3),
        "claims": [figures(claim) for claim in certificate.claims],
    }


def recalls(certificate: Certificate) -> dict[str, Any]:
    """Bounds on the share missed of each class: within the matrix, and of that class alone at the whole delta."""
    cells = certificate.claims[3].cells[:: certificate.sample.classes + 1]
    together = [1 - (cell.lower or 0.0) for cell in cells]
    alone = [
        float(bounds.occam(cell.n - cell.count, cell.n, certificate.effective_bits, certificate.delta))
        for cell in cells
    ]
    ratios = [one / other for one, other in zip(together, alone, strict=True)]
    return {"missed at most": together, "alone at most": alone, "widest ratio": max(ratios)}


def answering(claim: ClaimRecord) -> dict[str, Any]:
    """What the claim's sentence names: the least error bound where 95 % of the counted examples are answered."""
    assert isinstance(claim.statement, claims.Withheld)
    pairs = zip(claim.statement.thresholds, claim.cells[::2], claim.cells[1::2], strict=True)
    threshold, withheld, answered = next(
        (t, w, a) for t, w, a in pairs if a.bound == claim.bound and a.n >= claim.statement.answered * w.n
    )
    return {
        "threshold": threshold,
        "counted": answered.n,
        "of": withheld.n,
        "errors": answered.count,
        "errs at most": answered.bound,
        "answers at least": 1 - withheld.bound,
    }


def figures(claim: ClaimRecord) -> dict[str, Any]:
    """Counts and bounds, cell by cell as [examples, events, bound(, from below)]."""
    cells = [
        [cell.n, cell.count, cell.bound, *(() if cell.lower is None else (cell.lower,))]
        for cell in claim.cells
    ]
    return {"kind": claim.statement.kind, "errors": claim.errors, "bound": claim.bound, "cells": cells}


def least_times(works: Sequence[Callable[[], object]], repeats: int) -> list[float]:
    """Seconds of the processor, of each the least of several, in turn."""
    spent: list[list[float]] = [[] for _ in works]
    for _ in range(repeats):
        for times, work in zip(spent, works, strict=True):
            started = time.process_time()
            work()
            times.append(time.process_time() - started)
    return [round(min(times), 3) for times in spent]


if __name__ == "__main__":
    main()
