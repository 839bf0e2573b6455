"""One job on two hosts, a worker killed, the link between them cut for ten seconds: the same message each time.

    python benchmarks/hosts.py        # as root, on Linux with iproute2

The hosts are two network namespaces of this machine with a cable (veth) between them: each has addresses and routes
of its own, and reaches the other through the cable alone. A small network is trained, pruned, quantized and certified
by one process on each, which torchrun's rendezvous brings together; the checkpoint is the first process's. Writes
results/hosts.json: for each scenario the digest of the message, the steps at which the job began again, and how long
it took.
"""

import argparse
import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import date
from pathlib import Path
from typing import Any

import torch
from torch import nn

from netrazor.compress import CodebookConfig
from netrazor.data import ImageDataset
from netrazor.files import write_atomically
from netrazor.pipeline import Recipe, RunConfiguration, run
from netrazor.pipeline.stages import QuantizeStage, RateStage
from netrazor.runtime import Silent, processes
from netrazor.train import Checkpoint, FitConfig, OptimizerConfig, flush_denormals

ADDRESSES, PORT, CABLE = ("10.203.71.1", "10.203.71.2"), 29_471, "nrz0"
CUT_SECONDS, DISTURBED_AT, PAUSE, PATIENCE = 10.0, 8, 0.1, 300.0
FIT = FitConfig(30, 40, OptimizerConfig(rate=1e-2))
RECIPE = Recipe(
    "hosts",
    train=FIT,
    prune=(RateStage(FIT, nonzeros=200, every=3),),
    quantize=QuantizeStage(FIT, CodebookConfig(bits=3, vector_bits=2, center_bits=6)),
    noise=None,
)
Disturb = Callable[["Hosts", "Job"], None]


class Hosts:
    """Two network namespaces and the cable between them."""

    def __init__(self) -> None:
        self.names = tuple(f"netrazor-{os.getpid()}-{letter}" for letter in "ab")

    def set_up(self) -> None:
        """Make them; raises CalledProcessError where that is not allowed."""
        for name in self.names:
            ip("netns", "add", name)
            ip("-n", name, "link", "set", "lo", "up")
        first, second = self.names
        ip("-n", first, "link", "add", CABLE, "type", "veth", "peer", "name", CABLE, "netns", second)
        for name, address in zip(self.names, ADDRESSES, strict=True):
            ip("-n", name, "address", "add", f"{address}/24", "dev", CABLE)
            self.cable("up", name)

    def take_down(self) -> None:
        """Delete them, and with them the cable."""
        for name in self.names:
            subprocess.run(["ip", "netns", "delete", name], capture_output=True)

    def cable(self, state: str, host: str) -> None:
        """Plug the cable in or out at one host: the other one loses it too."""
        ip("-n", host, "link", "set", CABLE, state)


class Job:
    """torchrun on each host; what the processes leave is in ``place``."""

    def __init__(self, hosts: Hosts, place: Path) -> None:
        self.place = place
        self.agents = [self._start(hosts, number) for number in range(2)]

    def _start(self, hosts: Hosts, number: int) -> "subprocess.Popen[bytes]":
        words = ["ip", "netns", "exec", hosts.names[number], sys.executable, "-m", "torch.distributed.run"]
        words += ["--nnodes=2", "--nproc-per-node=1", "--max-restarts=3", "--monitor-interval=0.2"]
        words += ["--rdzv-backend=c10d", f"--rdzv-endpoint={ADDRESSES[0]}:{PORT}", "--rdzv-id=netrazor"]
        words += [f"--rdzv-conf=is_host={int(number == 0)}", f"--local-addr={ADDRESSES[number]}"]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": CABLE}
        log = (self.place / f"host-{number}.log").open("wb")
        with log:
            return subprocess.Popen(
                [*words, __file__, "--work", str(self.place)], env=environment, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def wait_for_step(self, step: int) -> None:
        """Until the first process is at that step of the job."""
        deadline = time.monotonic() + PATIENCE
        while not (steps := self.steps()) or steps[-1] < step:
            if time.monotonic() > deadline or any(agent.poll() for agent in self.agents):
                raise RuntimeError(f"the job did not come to step {step}: {self.log()}")
            time.sleep(PAUSE)

    def steps(self) -> list[int]:
        """Every step that the first process took, over all starts."""
        file = self.place / "steps-0"
        return [int(line) for line in file.read_text().split()] if file.exists() else []

    def finish(self) -> None:
        """Wait for the end of both; raises RuntimeError where one failed."""
        for agent in self.agents:
            if agent.wait(PATIENCE):
                raise RuntimeError(f"a host's torchrun ended with {agent.returncode}: {self.log()}")

    def end(self) -> None:
        """Kill what is left of it."""
        for agent in self.agents:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(agent.pid, signal.SIGKILL)
            agent.wait()

    def log(self) -> str:
        """The end of what both hosts said."""
        return "\n".join(file.read_text()[-2500:] for file in sorted(self.place.glob("host-*.log")))


def ip(*words: str) -> None:
    """iproute2's command."""
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True)


@contextmanager
def two_hosts() -> Iterator[Hosts]:
    """Set up, and taken down at the end."""
    hosts = Hosts()
    try:
        hosts.set_up()
        yield hosts
    finally:
        hosts.take_down()


def cannot() -> str:
    """Why hosts cannot be made here; empty where they can."""
    if shutil.which("ip") is None:
        return "no command ip; install iproute2"
    try:
        with two_hosts():
            return ""
    except (subprocess.CalledProcessError, OSError) as error:
        return f"{getattr(error, 'stderr', '') or error}; needs root and network namespaces".replace(
            "\n", " "
        )


def kill_worker(_: Hosts, job: Job) -> None:
    """The process on the second host is killed, without a last word."""
    job.wait_for_step(DISTURBED_AT)
    os.kill(int((job.place / "process-1").read_text()), signal.SIGKILL)


def cut_link(hosts: Hosts, job: Job) -> None:
    """The cable is out for ten seconds."""
    job.wait_for_step(DISTURBED_AT)
    hosts.cable("down", hosts.names[1])
    time.sleep(CUT_SECONDS)
    hosts.cable("up", hosts.names[1])


def kill_worker_while_cut(hosts: Hosts, job: Job) -> None:
    """The process on the second host dies while the cable is out: the first host hears of it late."""
    job.wait_for_step(DISTURBED_AT)
    hosts.cable("down", hosts.names[1])
    os.kill(int((job.place / "process-1").read_text()), signal.SIGKILL)
    time.sleep(CUT_SECONDS)
    hosts.cable("up", hosts.names[1])


SCENARIOS: dict[str, Disturb] = {
    "undisturbed": lambda hosts, job: None,
    "worker killed": kill_worker,
    "link cut for ten seconds": cut_link,
    "worker killed while the link is cut": kill_worker_while_cut,
}


def on_two_hosts(disturb: Disturb) -> dict[str, Any]:
    """What a job comes to."""
    with tempfile.TemporaryDirectory() as place, two_hosts() as hosts:
        started = time.monotonic()
        job = Job(hosts, Path(place))
        try:
            disturb(hosts, job)
            job.finish()
            return {**outcome(Path(place)), "seconds": round(time.monotonic() - started, 1)}
        finally:
            job.end()


def on_one_host() -> dict[str, Any]:
    """The same job, both processes on this machine as it is."""
    with tempfile.TemporaryDirectory() as place:
        words = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        subprocess.run([*words, __file__, "--work", place], check=True, env=environment, capture_output=True)
        return outcome(Path(place))


def outcome(place: Path) -> dict[str, Any]:
    """Message and certificate, and where the job began, each time."""
    found = json.loads((place / "run" / "certificate.json").read_text())
    return {
        "message_sha256": hashlib.sha256((place / "run" / "network.nrz").read_bytes()).hexdigest(),
        "seal": found["seal"],
        "began at steps": [int(line) for line in (place / "begun-0").read_text().split()],
    }


class Watched(Silent):
    """Notes each step of the first stages in a file of the process, and takes its time for it."""

    def __init__(self, place: Path) -> None:
        self.place, self.before, self.first = place, 0, True

    def stage(self, name: str, steps: int, done: int = 0) -> AbstractContextManager[Any]:
        """Count on over the stages that train."""
        if name not in ("train", "prune", "quantize"):
            return nullcontext(lambda _=1: None)
        offset = FIT.steps * ("train", "prune", "quantize").index(name)
        rank = processes.rank()
        if self.first:
            self.first = False
            with (self.place / f"begun-{rank}").open("a") as file:
                file.write(f"{offset + done}\n")
        at = [offset + done]

        def tick(_: int = 1) -> None:
            at[0] += 1
            with (self.place / f"steps-{rank}").open("a") as file:
                file.write(f"{at[0]}\n")
            time.sleep(PAUSE)

        return nullcontext(tick)


def made_up() -> ImageDataset:
    """Ten patterns under noise."""
    generator = torch.Generator().manual_seed(0)
    patterns = torch.randint(0, 200, (10, 1, 12, 12), generator=generator, dtype=torch.uint8)
    noise = torch.randint(0, 56, (400, 1, 12, 12), generator=generator, dtype=torch.uint8)
    labels = torch.arange(400) % 10
    return ImageDataset(patterns[labels] + noise, labels, 10, name="made up")


def work(place: Path) -> None:
    """What each process does."""
    flush_denormals()
    torch.set_num_threads(1)
    processes.join()
    (place / f"process-{processes.rank()}").write_text(str(os.getpid()))
    Checkpoint.due = lambda self: processes.is_rank_zero()  # type: ignore[method-assign]
    torch.manual_seed(0)
    model = nn.Sequential(
        nn.Conv2d(1, 8, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(200, 24), nn.ReLU(),
        nn.Linear(24, 10),
    )  # fmt: skip
    run(model, made_up(), RunConfiguration(recipe=RECIPE, out=place / "run", reporter=Watched(place)))


def main() -> int:
    """Every scenario; the exit code is 1 where one gave another message."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--work", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--out", default="results/hosts.json")
    arguments = parser.parse_args()
    if arguments.work is not None:
        work(arguments.work)
        return 0
    if why := cannot():
        print(f"two hosts cannot be made here: {why}")
        return 2
    found = {"one host": on_one_host()}
    for name, disturb in SCENARIOS.items():
        found[name] = on_two_hosts(disturb)
        print(name, json.dumps(found[name]), flush=True)
    content = {
        "command": "python benchmarks/hosts.py",
        "cores": os.cpu_count(),
        "date": date.today().isoformat(),
        "hosts": "two network namespaces of one machine, joined by a veth pair",
        "same message": len({each["message_sha256"] for each in found.values()}) == 1,
        "same certificate": len({each["seal"] for each in found.values()}) == 1,
        "scenarios": found,
    }
    write_atomically(arguments.out, json.dumps(content, indent=2) + "\n")
    return 0 if content["same message"] else 1


if __name__ == "__main__":
    raise SystemExit(main())
