"""Other devices than the CPU: which one is chosen, and, on a stand-in for a GPU, that they compute the same."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import stand_in
import torch

from netrazor.errors import ConfigurationError
from netrazor.runtime import devices, processes

HERE = Path(__file__).parent
needs_a_compiler = pytest.mark.skipif(
    stand_in.COMPILER is None,
    reason="a stand-in for a GPU cannot be had here: no C++ compiler; install g++, or name one in CXX",
)


def in_a_process_of_its_own(pytestconfig: pytest.Config, *words: str) -> None:
    """Since torch keeps a device that it was told of."""
    assert pytestconfig.cache is not None
    library = stand_in.library(pytestconfig.cache.mkdir("stand_in"))
    environment = {**os.environ, "STAND_IN": str(library), "OMP_NUM_THREADS": "1"}
    environment["PYTHONPATH"] = os.pathsep.join([str(HERE), *sys.path])
    done = subprocess.run(
        [sys.executable, "-m", *words], env=environment, capture_output=True, text=True, timeout=300, cwd=HERE
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-3000:]


@needs_a_compiler
def test_what_the_cpu_computes_another_device_computes_too(pytestconfig: pytest.Config) -> None:
    in_a_process_of_its_own(pytestconfig, "pytest", "-q", "-p", "no:cacheprovider", "on_stand_in.py")


@needs_a_compiler
def test_two_processes_on_two_devices(pytestconfig: pytest.Config) -> None:
    words = ["torch.distributed.run", "--standalone", "--nproc-per-node=2", "two_on_stand_in.py"]
    in_a_process_of_its_own(pytestconfig, *words)


def test_auto_is_the_cpu_where_there_is_no_other() -> None:
    if not torch.cuda.is_available():
        assert devices.chosen("auto") == devices.CPU
    assert devices.chosen("cpu") == devices.chosen("cpu:0") == devices.CPU


@pytest.mark.parametrize("name", ["gpu", "cuda:99", ""])
def test_no_such_device(name: str) -> None:
    with pytest.raises(ConfigurationError, match="device: auto, cpu, or a device of this machine"):
        devices.chosen(name)


def test_with_gpus_nccl_carries_what_is_on_them_and_gloo_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.distributed, "is_nccl_available", lambda: True)
    monkeypatch.setattr(processes, "rendezvous", lambda _: iter([(torch.distributed.HashStore(), 0, 1)]))
    monkeypatch.setattr(torch.distributed, "init_process_group", lambda backends, **_: asked.append(backends))
    processes.join()
    assert asked == ["cpu:gloo,cuda:nccl"]


PRECISIONS = """
import torch
from netrazor.runtime import devices
from torch import backends as b, nn

def precisions():
    return [place.fp32_precision for place in (b.cuda.matmul, b.cudnn.conv, b.cudnn.rnn, b.mkldnn.matmul)]

for choice in (
    "", "torch.set_float32_matmul_precision('medium')", "b.cuda.matmul.allow_tf32 = True",
    "b.fp32_precision = 'tf32'", "b.cudnn.conv.fp32_precision = 'tf32'",
):
    exec(choice)
    before = precisions()
    with devices.full_float32():
        assert not b.cudnn.enabled and precisions() == 4 * ["ieee"], (choice, precisions())
        nn.Conv2d(1, 1, 1)(torch.zeros(1, 1, 1, 1)), nn.Linear(1, 1)(torch.zeros(1, 1))
    assert precisions() == before, (choice, precisions(), before)
"""


@pytest.mark.skipif(not hasattr(torch.backends, "fp32_precision"), reason="an older torch has other names")
def test_float32_is_counted_in_full_and_the_callers_choice_comes_back() -> None:
    """In a process of its own: torch has no way back from some of the choices."""
    words = [sys.executable, "-W", "ignore", "-c", PRECISIONS]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
