"""Part 7: NCCL with one process, and two processes that compute on the CPU where there are GPUs."""

import json
import os
import subprocess
import sys
import tempfile
from functools import partial
from pathlib import Path

from gpu_parts.part import Figures, Part, Setting, Task

WORKER = Path(__file__).with_name("nccl_worker.py")


def tasks(setting: Setting) -> dict[str, Task]:
    """With the backend of the device, and with gloo."""
    own = "NCCL, one process" if setting.device.type == "cuda" else "gloo, one process"
    return {
        own: partial(together, 1, str(setting.device)),
        "gloo, two processes": partial(together, 2, "cpu"),
    }


NCCL = Part("processes", 40, tasks)


def together(count: int, device: str) -> Figures:
    """What ``count`` processes say that they found."""
    with tempfile.TemporaryDirectory() as place:
        words = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={count}"]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
        subprocess.run(
            [*words, str(WORKER), place, device],
            check=True,
            env=environment,
            capture_output=True,
            timeout=600,
        )
        return dict(json.loads((Path(place) / "found.json").read_text()))
