"""Kept memory: asking for it is harmless, and large tensors stay what they were."""

import torch

from netrazor.runtime import keep_freed_memory


def test_tensors_come_and_go_as_before() -> None:
    first = keep_freed_memory()
    tensors = [torch.full((1 << 18,), float(k)) for k in range(4)]
    del tensors[1]
    tensors.append(torch.zeros(1 << 18) + 9)
    assert [int(t[-1]) for t in tensors] == [0, 2, 3, 9]
    assert keep_freed_memory() == first
