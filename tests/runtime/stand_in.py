"""Builds and loads the device of ``stand_in.cpp``, which a process then has until it ends."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import types
from pathlib import Path

import torch
from torch.utils import cpp_extension

SOURCE = Path(__file__).with_name("stand_in.cpp")
COMPILER = shutil.which(os.environ.get("CXX", "g++"))


def library(cache: Path) -> Path:
    """The shared library, compiled once for each version of its source and of torch."""
    identity = hashlib.sha256(SOURCE.read_bytes() + torch.__version__.encode()).hexdigest()[:16]
    built = cache / f"stand_in_{identity}.so"
    with (cache / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # tests may run in several processes
        if not built.exists():
            _compile(built)
    return built


def _compile(built: Path) -> None:
    part = built.with_suffix(".part")
    words = [str(COMPILER), "-shared", "-fPIC", "-std=c++20", "-w", "-O0", str(SOURCE), "-o", str(part)]
    words += [f"-D_GLIBCXX_USE_CXX11_ABI={int(torch._C._GLIBCXX_USE_CXX11_ABI)}"]
    words += [f"-I{path}" for path in cpp_extension.include_paths()]
    words += [f"-L{path}" for path in cpp_extension.library_paths()] + ["-lc10", "-ltorch_cpu"]
    done = subprocess.run(words, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-3000:]
    part.rename(built)


def load(built: str | os.PathLike[str]) -> torch.device:
    """The first of its eight devices, once torch knows them; their random numbers are the CPU's."""
    torch.ops.load_library(built)
    torch.utils.rename_privateuse1_backend("stand_in")
    face = types.ModuleType("torch.stand_in")
    face.is_available = lambda: True
    face.device_count = lambda: 8
    face.current_device = lambda: 0
    face._is_in_bad_fork = lambda: False
    face.manual_seed_all = lambda seed: None
    face.get_rng_state = lambda device=0: torch.get_rng_state()
    face.set_rng_state = lambda state, device=0: torch.set_rng_state(state)
    face.get_amp_supported_dtype = lambda: [torch.bfloat16]
    torch._register_device_module("stand_in", face)
    return torch.device("stand_in:0")
