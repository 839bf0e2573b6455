"""The processes of one job, started by ``torchrun``, and what they find together; without it there is one.

Every process runs the entire program on the same seed. Shared out are examples: of a training batch, of a count of
errors, of the draws of noise. What follows from them is then the same everywhere, or is made by the first process,
which alone writes and reports. Sums are of whole numbers where a certificate rests on them, so that the number of
processes changes no count.

The group is torch's own, without DistributedDataParallel, which wraps a network and averages the gradients of its
parameters in the backward pass: stages here train tensors beside these (codebooks, the scale of scores), and a user's
training step may call the network as it likes. NCCL carries what is on CUDA devices, gloo all the rest.
"""

import atexit
import hashlib
import os
import secrets
import time
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import torch
from torch import Tensor, distributed
from torch._C._distributed_c10d import Store
from torch.distributed.distributed_c10d import PrefixStore
from torch.distributed.rendezvous import rendezvous

Made = TypeVar("Made")
_PROPOSED, _ANSWER, _AGREED = "start proposed", "start answered by", "start agreed"  # in the store
_PAUSE = 0.02  # seconds between looks


def join(*, even_alone: bool = False) -> None:
    """Become one of the processes that ``torchrun`` started; joined already, or alone, nothing happens."""
    alone = os.environ.get("WORLD_SIZE", "1") == "1"
    if distributed.is_initialized() or (alone and not even_alone):
        return
    store, rank, count = next(rendezvous("env://"))
    store = PrefixStore(f"start {agree_on_start(store, rank, count)}", store)
    with_nccl = torch.cuda.is_available() and distributed.is_nccl_available()
    backends = "cpu:gloo,cuda:nccl" if with_nccl else "gloo"
    distributed.init_process_group(backends, store=store, rank=rank, world_size=count)
    atexit.register(leave)


def agree_on_start(store: Store, rank: int, count: int) -> str:
    """A name for this start of the job, known to all of its processes, that no earlier start had.

    The store outlives the processes, with the addresses of those that died in it, and where there are several
    machines, each counts its restarts by itself. So the first process proposes a name, every other one answers to it
    with a word of its own, and the first hands these words back: who finds its own there knows that the name is new.
    """
    own = secrets.token_hex(8)
    if rank == 0:
        store.set(_PROPOSED, own)
        answers = [_answer_to(store, own, other) for other in range(1, count)]
        store.set(_AGREED, " ".join([own, *answers]))
        return own
    while True:
        proposed = store.get(_PROPOSED).decode()
        store.set(f"{_ANSWER} {rank}", f"{proposed} {own}")
        agreed = store.get(_AGREED).decode().split() if store.check([_AGREED]) else []
        if agreed[:1] == [proposed] and own in agreed:
            return proposed
        time.sleep(_PAUSE)


def _answer_to(store: Store, proposed: str, other: int) -> str:
    """The word with which another process answered to a name; waits for it."""
    while True:
        answered, word = store.get(f"{_ANSWER} {other}").decode().split()
        if answered == proposed:
            return word
        time.sleep(_PAUSE)


def leave() -> None:
    """Part from the others, at the end of the program."""
    if distributed.is_initialized():
        distributed.destroy_process_group()


def rank() -> int:
    """The number of this process, from 0."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def count() -> int:
    """How many processes there are."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def is_rank_zero() -> bool:
    """Whether this is the process that writes and reports."""
    return rank() == 0


def on_rank_zero(make: Callable[[], Made]) -> Made:
    """What ``make`` gives in the first process, for all; what it raises there is raised everywhere."""
    if count() == 1:
        return make()
    outcome: list[Any] = [None, None]
    if is_rank_zero():
        try:
            outcome = [make(), None]
        except Exception as error:
            outcome = [None, error]
    distributed.broadcast_object_list(outcome)
    made, failure = outcome
    if failure is not None:
        raise failure
    return made  # type: ignore[no-any-return]


def all_reduce(numbers: Tensor) -> Tensor:
    """The sum over all processes of ``numbers``, a tensor; exact for whole numbers and for disjoint places."""
    if count() > 1:
        carried = _carried(numbers)
        distributed.all_reduce(carried)
        numbers.copy_(carried)
    return numbers


@torch.no_grad()
def broadcast(tensors: Iterable[Tensor]) -> None:
    """Give ``tensors`` the values that they have in the first process."""
    if count() == 1:
        return
    for tensor in tensors:
        values = _carried(tensor.detach().contiguous())
        distributed.broadcast(values.view(torch.uint8) if values.dtype == torch.bool else values, 0)
        tensor.copy_(values)


@torch.no_grad()
def average(tensors: list[Tensor], weight: float) -> None:
    """Replace ``tensors`` by their averages over all processes, each counting for ``weight``; these add up to 1."""
    if count() == 1:
        return
    together = all_reduce(torch.cat([tensor.flatten() for tensor in tensors]).mul_(weight))
    for tensor, values in zip(tensors, torch.split(together, [t.numel() for t in tensors]), strict=True):
        tensor.copy_(values.view(tensor.shape))


def _carried(tensor: Tensor) -> Tensor:
    """``tensor``, or a copy of it where none of the group's backends takes tensors of its device."""
    taken = [pair.partition(":")[0] for pair in distributed.get_backend_config().split(",")]
    return tensor if tensor.device.type in taken else tensor.to(taken[0])


def part_randomness(seed: int, step: int) -> None:
    """Random numbers of its own for each of several processes, the same again when a step is repeated."""
    if count() > 1:
        digest = hashlib.sha256(f"{seed} {step} {rank()}".encode()).digest()
        torch.manual_seed(int.from_bytes(digest[:7], "big"))
