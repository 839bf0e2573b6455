"""Training throughput of one and of two processes (torchrun, gloo), and whether they write the same message.

    python benchmarks/processes.py

Each process has one thread. Throughput is steps of a global batch of 128 in a second, after a few to warm up, by the
wall clock; seconds of processor time for each step are given too, and the machine's load, since the clock alone
says little on a busy machine. Then LeNet-5 with the same random weights is certified `as-is` on MNIST by one process
and by two. Writes results/processes.json.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import torch

from netrazor import data
from netrazor.data import ImageDataset
from netrazor.files import write_atomically
from netrazor.networks import build
from netrazor.pipeline import RunConfiguration, recipe_named, run
from netrazor.runtime import processes
from netrazor.train import AllParameters, Batches, FitConfig, FitProgress, fit, flush_denormals

BATCH, WARM_UP = 128, 3
STEPS = {"lenet5": 40, "resnet-20": 8}
SHAPES = {"lenet5": (1, 28, 28), "resnet-20": (3, 32, 32)}


def noise(shape: tuple[int, int, int]) -> ImageDataset:
    """Random images: what is in them takes no time."""
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 256, (8 * BATCH, *shape), generator=generator, dtype=torch.uint8)
    return ImageDataset(images, torch.arange(len(images)) % 10, 10)


def throughput(name: str) -> dict[str, float]:
    """Steps in a second, and the processor's seconds for each step in this process."""
    model = build(name).to(memory_format=torch.channels_last)
    started: list[tuple[float, float]] = []

    def mark(_: Callable[[], dict[str, Any]]) -> None:
        started.append((time.monotonic(), time.process_time()))

    steps = WARM_UP + STEPS[name]
    fit(
        model,
        AllParameters(model),
        Batches(noise(SHAPES[name]), BATCH, seed=0),
        FitConfig(steps, BATCH),
        progress=FitProgress(save=mark),
    )
    wall, cpu = (end - start for start, end in zip(started[WARM_UP - 1], started[-1], strict=True))
    return {"steps_per_second": STEPS[name] / wall, "cpu_seconds_per_step": cpu / STEPS[name]}


def certify(out: Path) -> dict[str, Any]:
    """The message and the count of a network of random weights."""
    torch.manual_seed(0)
    model = build("lenet5")
    for parameter in model.parameters():
        parameter.data.mul_(32).round_().div_(32)
    recipe = recipe_named("as-is")
    certificate = run(
        model, data.load("mnist"), RunConfiguration(recipe=recipe, architecture="lenet5", out=out)
    ).issued.certificate
    digest = hashlib.sha256((out / "network.nrz").read_bytes()).hexdigest()
    return {"message_sha256": digest, "errors": certificate.errors, "seal": certificate.seal}


def work(place: Path) -> None:
    """What each process does; the first writes what was found."""
    flush_denormals()
    torch.set_num_threads(1)
    processes.join()
    found: dict[str, Any] = {name: throughput(name) for name in STEPS}
    started = time.monotonic()
    found["certificate"] = certify(place / "run")
    found["certify_seconds"] = time.monotonic() - started
    found["load"] = os.getloadavg()[0]
    if processes.is_rank_zero():
        write_atomically(place / "found.json", json.dumps(found))


def torchrun(count: int) -> dict[str, Any]:
    """The work of ``count`` processes."""
    with tempfile.TemporaryDirectory() as place:
        command = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={count}"]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        subprocess.run([*command, __file__, "--work", place], check=True, env=environment)
        return json.loads((Path(place) / "found.json").read_text())


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--out", default="results/processes.json")
    arguments = parser.parse_args()
    if arguments.work is not None:
        work(arguments.work)
        return
    by_count = {count: torchrun(count) for count in (1, 2)}
    one, two = by_count.values()
    content = {
        "command": "python benchmarks/processes.py",
        "cores": os.cpu_count(),
        "threads_each": 1,
        "batch": BATCH,
        "date": date.today().isoformat(),
        "same_message": one["certificate"]["message_sha256"] == two["certificate"]["message_sha256"],
        "same_errors": one["certificate"]["errors"] == two["certificate"]["errors"],
        "same_certificate": one["certificate"]["seal"] == two["certificate"]["seal"],
        "speedup": {name: two[name]["steps_per_second"] / one[name]["steps_per_second"] for name in STEPS},
        "processes": by_count,
    }
    print(json.dumps(content, indent=2))
    write_atomically(arguments.out, json.dumps(content, indent=2) + "\n")


if __name__ == "__main__":
    main()
