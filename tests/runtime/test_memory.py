"""Kept memory: asking for it is harmless, large tensors stay what they were, and the kernel gives no page twice."""

import subprocess
import sys

import pytest
import torch

from netrazor.runtime import keep_freed_memory

# Pages that the kernel hands out while a tensor above the 32 MiB of mallopt's largest threshold comes and goes.
FAULTS = """
import resource, torch
from netrazor.runtime import keep_freed_memory
torch.set_num_threads(1)
if not {keep} or keep_freed_memory():
    for turn in range(20):
        if turn == 10:
            before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        torch.ones(12 << 20)
    print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


def faults(*, keep: bool) -> int | None:
    """Of ten tensors of 48 MiB; None where the C library is not GNU's, and nothing can be kept."""
    done = subprocess.run(
        [sys.executable, "-c", FAULTS.format(keep=keep)], capture_output=True, text=True, check=True
    )
    return int(done.stdout) if done.stdout else None


def test_tensors_come_and_go_as_before() -> None:
    first = keep_freed_memory()
    tensors = [torch.full((1 << 18,), float(k)) for k in range(4)]
    del tensors[1]
    tensors.append(torch.zeros(1 << 18) + 9)
    assert [int(t[-1]) for t in tensors] == [0, 2, 3, 9]
    assert keep_freed_memory() == first


def test_tensors_of_48_mib_get_no_new_pages() -> None:
    kept, mapped = faults(keep=True), faults(keep=False)
    if kept is None:
        pytest.skip("the C library is not GNU's")
    assert mapped is not None
    assert mapped > 100  # of 2 MiB, where the kernel gives large pages unasked, or 100,000 of 4 KiB
    assert 10 * kept < mapped
