"""What a GPU computes, against the CPU: the same numbers, and how fast. Needs no network.

    python benchmarks/gpu.py                          # all parts, in 8 minutes on a data-centre GPU
    python benchmarks/gpu.py --parts equality,steps   # some of them
    python benchmarks/gpu.py --device cpu --small     # the same code on made-up images, to see that it runs

Parts come in the order of their worth, each with its time limit. What is found is written at once to
results/gpu.json; the same command does what is missing there: a task that failed or ran out of time, a run that goes
on from its checkpoint in build/gpu. MNIST and CIFAR-10 (JPEG) must be in the data directory (NETRAZOR_DATA).
"""

import argparse
import json
import os
import platform
import time
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import torch
from gpu_parts.counting_speed import COUNTING
from gpu_parts.equality import EQUALITY
from gpu_parts.nccl import NCCL
from gpu_parts.part import Part, Setting, TimeUp, time_limit
from gpu_parts.training_speed import STEPS, THROUGHPUT
from gpu_parts.whole_runs import CIFAR, PAPER_WHOLE, PICKED

from netrazor.errors import ConfigurationError
from netrazor.files import write_atomically
from netrazor.runtime import devices, keep_freed_memory

PARTS = (EQUALITY, STEPS, THROUGHPUT, COUNTING, PAPER_WHOLE, CIFAR, PICKED, NCCL)
NEEDS = """needs: a CUDA device of 8 GiB or more, a torch built for it (here: torch {torch}, built for {built}), and
MNIST and CIFAR-10 (JPEG) in the data directory. Without one, --device cpu --small runs the same code."""


def main() -> int:
    """Every part that is asked for; the exit code is 1 where a task failed, 2 without the device."""
    arguments = parsed()
    try:
        device = devices.chosen(arguments.device)
    except ConfigurationError as error:
        print(error, NEEDS.format(torch=torch.__version__, built=torch.version.cuda or "no CUDA"), sep="\n")
        return 2
    keep_freed_memory()
    setting = Setting(device, arguments.small, arguments.place)
    content = begun(arguments.out, setting)
    for part in (part for part in PARTS if part.name in arguments.parts):
        limited = replace(part, seconds=round(part.seconds * arguments.patience))
        do(limited, setting, content, arguments.out)
    failed = [name for found in content["parts"].values() for name in found if "error" in found[name]]
    print(f"{len(failed)} tasks failed or ran out of time: {', '.join(failed) or 'none'}")
    return int(bool(failed))


def parsed() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    names = [part.name for part in PARTS]
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--small", action="store_true", help="made-up images, few steps")
    parser.add_argument("--patience", type=float, default=1.0, help="multiplies every part's time limit")
    parser.add_argument("--parts", type=lambda text: text.split(","), default=names, help=",".join(names))
    parser.add_argument("--place", type=Path, default=Path("build/gpu"), help="folder of runs")
    parser.add_argument("--out", type=Path, default=Path("results/gpu.json"))
    arguments = parser.parse_args()
    if unknown := set(arguments.parts) - set(names):
        parser.error(f"parts: {', '.join(names)} allowed, got {', '.join(sorted(unknown))}")
    return arguments


def begun(out: Path, setting: Setting) -> dict[str, Any]:
    """What was found before on the same device, or nothing yet."""
    about = {
        "device": devices.described(setting.device),
        "torch": torch.__version__,
        "cuda": torch.version.cuda,
        "small": setting.small,
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "threads": torch.get_num_threads(),
    }
    known = json.loads(out.read_text()) if out.exists() else {}
    if {name: known.get(name) for name in about} == about:
        return dict(known)
    return {"command": "python benchmarks/gpu.py", **about, "date": date.today().isoformat(), "parts": {}}


def do(part: Part, setting: Setting, content: dict[str, Any], out: Path) -> None:
    """The tasks of a part that are missing, within its time."""
    found = content["parts"].setdefault(part.name, {})
    tasks = part.tasks(setting)
    missing = [name for name in tasks if "error" in found.get(name, {"error": ""})]
    name = ""
    try:
        with time_limit(part.seconds):
            for name in missing:
                started = time.perf_counter()
                found[name] = figures(tasks[name])
                found[name]["took"] = round(time.perf_counter() - started, 2)
                print(f"{part.name}, {name}: {json.dumps(found[name])}", flush=True)
                write_atomically(out, json.dumps(content, indent=2) + "\n")
    except TimeUp:
        found[name] = {"error": f"not done within the {part.seconds} seconds of its part"}
        print(f"{part.name}, {name}: {found[name]['error']}", flush=True)
    write_atomically(out, json.dumps(content, indent=2) + "\n")


def figures(task: Any) -> dict[str, Any]:
    """What a task gives, or what stopped it: the others are worth as much."""
    try:
        return dict(task())
    except Exception as error:
        return {"error": f"{type(error).__name__}: {' '.join(str(error).split())[:500]}"}


if __name__ == "__main__":
    raise SystemExit(main())
