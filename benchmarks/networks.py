"""Certified networks in the form of the paper's Table 4, from the files that their runs left.

    python benchmarks/networks.py RUN --command "netrazor certify ..."    RUN is what it wrote

Writes results/networks.json; keeps the entries of other runs. What would make a vacuous bound say something
is worked out too: the size at the same train error, and the train error at the same size, at which the bound falls
below the error of a guess.
"""

import argparse
import json
import os
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

from netrazor import bounds
from netrazor.certification import Certificate, parse
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


def needed(certificate: Certificate) -> dict[str, float]:
    """At which size, or at which train error, the bound falls below the error of a guess."""
    risk, n, delta, top = (
        certificate.empirical_risk,
        certificate.n,
        certificate.delta,
        certificate.claims[0].top,
    )
    guess = 1 - top / certificate.sample.classes

    def informative(risk: float, bits: float) -> bool:
        return float(bounds.maurer(risk, bits * LOG_2, n, delta)) < guess

    bits = largest(lambda bits: informative(risk, bits), 0.0, 64.0 * n)
    error = largest(lambda error: informative(error, certificate.effective_bits), 0.0, 1.0)
    return {
        "error of a guess": guess,
        "kib at this train error": bits / BITS_PER_KIB,
        "train error at this size": error,
    }


def claim(certificate: Certificate) -> dict[str, Any]:
    """One claim of a run."""
    row = {
        "top": certificate.claims[0].top,
        "risk_bound": certificate.risk_bound,
        "delta": certificate.delta,
        "method": certificate.method,
        "train_error": certificate.errors / certificate.n,
        "effective_kib": certificate.effective_bits / BITS_PER_KIB,
    }
    vacuous = certificate.risk_bound >= 1 - certificate.claims[0].top / certificate.sample.classes
    return {**row, "vacuous": vacuous, "would say something": needed(certificate)}


def row(run: Path, command: str, cores: int) -> dict[str, Any]:
    """Table 4's columns for one run, and more."""
    certificates = [
        parse(path.read_text()) for path in [run / "certificate.json", *run.glob("top-*/certificate.json")]
    ]
    first, result = certificates[0], json.loads((run / "result.json").read_text())
    coded = first.message_bytes / BYTES_PER_KIB
    effective = first.effective_bits / BITS_PER_KIB
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
        "claims": [claim(certificate) for certificate in certificates],
        "test_error": None if result["test"] is None else result["test"]["risk"],
        "seconds": result["seconds"],
        "command": command,
        "cores": cores,
        "machine_cores": os.cpu_count(),
        "date": date.today().isoformat(),
        "message_sha256": first.message_sha256,
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
