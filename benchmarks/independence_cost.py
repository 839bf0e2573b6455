"""What it costs to try whether answers depend on more than their example, and to search a network for hidden numbers.

    python benchmarks/independence_cost.py [RUN] [--data NAME]

RUN is a directory that `netrazor certify` wrote. Its decoded network is certified again `as-is`, the shortest kind of
run, in which these checks weigh most. Seconds of one core. Writes results/independence_cost.json.
"""

import argparse
import json
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any
from unittest import mock

import torch

import netrazor
from netrazor import data
from netrazor.certification import parse
from netrazor.counting import check_independence
from netrazor.files import write_atomically
from netrazor.networks.hidden import refuse_hidden_state

TARGET = 0.03
CHECKS = {
    "answers": (
        check_independence,
        (
            "netrazor.pipeline.certified_run.check_independence",
            "netrazor.pipeline.issuing.check_independence",
        ),
    ),
    "hidden numbers": (refuse_hidden_state, ("netrazor.networks.state.refuse_hidden_state",)),
}


def timed(function: Callable[..., None], spent: list[float]) -> Callable[..., None]:
    """The function, noting the seconds of each call."""

    def call(*arguments: Any, **options: Any) -> None:
        started = time.process_time()
        function(*arguments, **options)
        spent.append(time.process_time() - started)

    return call


def main() -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", nargs="?", type=Path, default=Path("certificates/lenet5-mnist"))
    parser.add_argument("--data", help="a known name; default: the certificate's")
    options = parser.parse_args()
    torch.set_num_threads(1)
    certificate = parse((options.run / "certificate.json").read_text())
    examples = data.load(options.data or certificate.sample.name)
    network = netrazor.load(options.run)
    spent: dict[str, list[float]] = {name: [] for name in CHECKS}
    started = time.process_time()
    with ExitStack() as patched:
        for name, (check, places) in CHECKS.items():
            for place in places:
                patched.enter_context(mock.patch(place, timed(check, spent[name])))
        netrazor.certify(network, examples, recipe="as-is")
    seconds = time.process_time() - started
    checks = {name: {"calls": len(each), "seconds": round(sum(each), 2)} for name, each in spent.items()}
    share = sum(sum(each) for each in spent.values()) / seconds
    result = {
        "command": f"python benchmarks/independence_cost.py {options.run}",
        "date": date.today().isoformat(),
        "cores": 1,
        "examples": len(examples),
        "seconds of the run": round(seconds, 1),
        "checks": checks,
        "share of the run": round(share, 4),
        "target": TARGET,
    }
    write_atomically(Path("results/independence_cost.json"), json.dumps(result, indent=2) + "\n")
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
