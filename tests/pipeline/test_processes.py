"""Two processes against one: the same message, the same counts; a killed worker's job goes on."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import netrazor
import tiny
from netrazor.errors import ConfigurationError
from netrazor.pipeline import RunConfiguration, run
from netrazor.runtime import processes
from netrazor.train import Batches

HERE = Path(__file__).parent
NAMES = ("as-is", "post-training", "noise", "trained", "polished")


def torchrun(*words: object, count: int = 2, restarts: int = 0) -> None:
    """The script beside this file in ``count`` processes, as a user starts it."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={count}"]
    command += [f"--max-restarts={restarts}", str(HERE / "two_processes.py"), *map(str, words)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr[-3000:]


@pytest.fixture(scope="module")
def by_two(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("two")
    torchrun("certify", place)
    return place


@pytest.mark.parametrize("name", ["as-is", "post-training", "noise"])
def test_from_the_same_weights_two_processes_write_what_one_writes(by_two: Path, name: str) -> None:
    from two_processes import RECIPES

    alone = run(tiny.small(), tiny.images(), RunConfiguration(recipe=RECIPES[name])).issued
    certificate = json.loads((by_two / name / "certificate.json").read_text())
    assert (by_two / name / "network.nrz").read_bytes() == alone.blob
    assert certificate["seal"] == alone.certificate.seal, "counts, draws and bounds are the same too"


def test_trained_by_two_the_certificate_is_valid_for_one(by_two: Path) -> None:
    verdict = netrazor.verify(by_two / "trained", tiny.images(), model=tiny.small())
    assert verdict.status == "VALID"
    assert {p.name for p in by_two.iterdir()} == {*NAMES, "verdicts.json"}, "only the first process writes"
    assert json.loads((by_two / "verdicts.json").read_text()) == ["VALID"] * len(NAMES)
    assert verdict.certificate is not None
    assert verdict.certificate.empirical_risk < 0.3, "the gradients of both shares are followed"


def test_a_killed_worker_is_started_again_and_the_job_goes_on(by_two: Path, tmp_path: Path) -> None:
    torchrun("killed", tmp_path / "killed", restarts=1)
    messages = [(run / "network.nrz").read_bytes() for run in (tmp_path / "killed", by_two / "trained")]
    assert messages[0] == messages[1]
    started = [int(step) for step in (tmp_path / "killed.steps").read_text().split()]
    assert started[0] == 0 < started[1], "the second start goes on from the checkpoint"


def test_one_process_alone_needs_no_others() -> None:
    processes.join()
    numbers, gradients = torch.tensor([3]), [torch.ones(2)]
    processes.average(gradients, 0.5)
    assert (processes.rank(), processes.count(), processes.is_rank_zero()) == (0, 1, True)
    assert processes.all_reduce(numbers).item() == 3
    assert gradients[0].tolist() == [1, 1]
    assert processes.on_rank_zero(lambda: "made") == "made"


def test_more_processes_than_examples_in_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netrazor.runtime.processes.count", lambda: 4)
    with pytest.raises(ConfigurationError, match="start fewer processes"):
        Batches(tiny.images(), 3, seed=0)
