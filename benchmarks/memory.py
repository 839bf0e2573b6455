"""Peak memory of certifying a large network as it is, against the size of its float32 weights.

    python benchmarks/memory.py [--parameters MILLIONS]

A multilayer perceptron of random weights, nine tenths of them pruned by magnitude and the rest as they are, is
certified `as-is` on a few examples in a process of its own, whose peak resident set is read at the end: the
interpreter and torch included. Then it is verified, in another. Writes results/memory.json.
"""

import argparse
import json
import multiprocessing
import os
import resource
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

import netrazor
from netrazor.files import write_atomically

LAYERS, KEPT, CLASSES = 10, 0.1, 10
FLOAT_BYTES = 4


class Large(nn.Module):
    """``LAYERS`` square layers, and a last one for the classes."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(width, width) for _ in range(LAYERS))
        self.last = nn.Linear(width, CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        """Scores of ``x``, N x width."""
        for layer in self.layers:
            x = torch.relu(layer(x))
        return self.last(x)


def network(width: int) -> nn.Module:
    """Random weights, each layer pruned by magnitude."""
    torch.manual_seed(0)
    model = Large(width)
    for parameter in model.parameters():
        if parameter.ndim > 1:
            flat = parameter.data.abs().flatten()
            threshold = flat.kthvalue(int((1 - KEPT) * flat.numel())).values
            parameter.data[parameter.data.abs() <= threshold] = 0
    return model


def examples(width: int) -> list[tuple[Tensor, int]]:
    """A few random inputs: what takes memory here are weights."""
    generator = torch.Generator().manual_seed(0)
    return [(torch.rand(width, generator=generator), index % CLASSES) for index in range(64)]


def certify(width: int, out: str) -> dict[str, Any]:
    """Certify; what it came to."""
    model = network(width)
    certificate = netrazor.certify(model, examples(width), recipe="as-is", out=out)
    return {
        "message_bytes": certificate.message_bytes,
        "parameters": sum(p.numel() for p in model.parameters()),
    }


def verify(width: int, out: str) -> dict[str, Any]:
    """Verify what was written."""
    return {"status": netrazor.verify(out, examples(width), model=Large(width)).status}


def nothing(width: int, out: str) -> dict[str, Any]:
    """What the interpreter and its libraries take."""
    return {}


def measured(what: Callable[[int, str], dict[str, Any]], width: int, out: str) -> dict[str, Any]:
    """``what`` in a process of its own: what it gives, its seconds and its peak resident set."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_inside, (what, width, out))


def _inside(what: Callable[[int, str], dict[str, Any]], width: int, out: str) -> dict[str, Any]:
    started = time.process_time()
    found = what(width, out)
    peak = 1024 * resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return {**found, "cpu_seconds": round(time.process_time() - started, 1), "peak_bytes": peak}


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--parameters", type=float, default=100, help="in millions")
    parser.add_argument("--out", default="results/memory.json")
    arguments = parser.parse_args()
    width = round((1e6 * arguments.parameters / LAYERS) ** 0.5)
    with tempfile.TemporaryDirectory() as out:
        found = {what.__name__: measured(what, width, out) for what in (nothing, certify, verify)}
    size = FLOAT_BYTES * found["certify"]["parameters"]
    ratios = {name: round(found[name]["peak_bytes"] / size, 2) for name in ("certify", "verify")}
    content = {
        "command": "python benchmarks/memory.py",
        "cores": os.cpu_count(),
        "date": date.today().isoformat(),
        "float32_bytes": size,
        "peak_over_float32": ratios,
        **found,
    }
    print(json.dumps(content, indent=2))
    write_atomically(Path(arguments.out), json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    main()
