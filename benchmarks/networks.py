"""Certified networks in the form of the paper's Table 4, from the files that their runs left.

    python benchmarks/networks.py RUN --command "netrazor certify ..."    RUN is what it wrote

Writes results/networks.json; keeps the entries of other runs. What would make a vacuous bound say something
is worked out too: the size at the same train error, and the train error at the same size, at which the bound falls
below the error of a guess.
"""

import argparse
import hashlib
import json
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from netrazor import bounds
from netrazor.certification import Certificate, ClaimRecord, parse
from netrazor.certification.run_directory import CERTIFICATE, MESSAGE
from netrazor.files import write_atomically
from netrazor.units import BITS_PER_BYTE, BYTES_PER_KIB, LOG_2

OUT = Path("results/networks.json")
BITS_PER_KIB = BITS_PER_BYTE * BYTES_PER_KIB


def largest(holds: Callable[[float], bool], low: float, high: float) -> float:
    """The largest number at which ``holds``, which does so below some number and no longer above it."""
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low


def needed(certificate: Certificate, claim: ClaimRecord) -> dict[str, float]:
    """What would make a claim say something: less bits at its errors, less errors at its bits."""
    n, bits, delta = claim.n, certificate.effective_bits, sum(claim.delta_parts.values())
    guess = 1 - claim.top / certificate.sample.classes

    def informative(risk: float, bits: float) -> bool:
        return float(bounds.maurer(risk, bits * LOG_2, n, delta)) < guess

    bearable = largest(lambda bits: informative(claim.errors / n, bits), 0.0, 64.0 * n)
    return {
        "error of a guess": guess,
        "kib at this train error": bearable / BITS_PER_KIB,
        "train error at this size": largest(lambda error: informative(error, bits), 0.0, 1.0),
    }


def told(certificate: Certificate, claim: ClaimRecord) -> dict[str, Any]:
    """One claim of a run."""
    return {
        "top": claim.top,
        "risk_bound": claim.bound,
        "delta": sum(claim.delta_parts.values()),
        "method": certificate.method,
        "train_error": claim.errors / claim.n,
        "effective_kib": certificate.effective_bits / BITS_PER_KIB,
        "vacuous": claim.bound >= 1 - claim.top / certificate.sample.classes,
        "would say something": needed(certificate, claim),
    }


def row(run: Path, command: str, cores: int) -> dict[str, Any]:
    """Table 4's columns for one run, and more."""
    first, result = parse((run / CERTIFICATE).read_bytes()), json.loads((run / "result.json").read_text())
    blob = (run / MESSAGE).read_bytes()
    coded, effective = len(blob) / BYTES_PER_KIB, first.effective_bits / BITS_PER_KIB
    return {
        "architecture": first.prior.architecture.name,
        "data": first.sample.name,
        "n": first.n,
        "original_kib": result["original_bytes"] / BYTES_PER_KIB,
        "compressed_kib": coded,
        "robustness_kib": max(0.0, coded - effective) if first.noise is not None else 0.0,
        "effective_kib": effective,
        "nonzeros": sum(layer["nonzeros"] for layer in result["layers"]),
        "parameters": sum(layer["elements"] for layer in result["layers"]),
        "claims": [told(first, claim) for claim in first.claims],
        "test_error": None if result["test"] is None else result["test"]["risk"],
        "seconds": result["seconds"],
        "command": command,
        "cores": cores,
        "machine_cores": os.cpu_count(),
        "date": date.today().isoformat(),
        "message_sha256": hashlib.sha256(blob).hexdigest(),
    }


def main() -> None:
    """Read and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", type=Path)
    parser.add_argument("--command", required=True, help="with which the run was made")
    parser.add_argument("--cores", type=int, default=1)
    arguments = parser.parse_args()
    content = json.loads(OUT.read_text()) if OUT.exists() else {}
    content[arguments.run.name] = row(arguments.run, arguments.command, arguments.cores)
    print(json.dumps(content[arguments.run.name], indent=2))
    write_atomically(OUT, json.dumps(content, indent=2, allow_nan=False) + "\n")


if __name__ == "__main__":
    main()
