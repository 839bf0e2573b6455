"""Mutated messages: arrays or a netrazor error, no crash, no hang; the longest time and the peak memory.

    python benchmarks/codec_fuzz.py --number 200000 --out results/codec_fuzz.json

The messages are small, so that most of the time goes to decoding what was altered; they use every model. Batches are
seeded by their number and the results are written after each, so that an interrupted run goes on where it stopped;
``--again`` starts anew.
"""

import argparse
import collections
import datetime
import functools
import itertools
import json
import random
import resource
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np

from netrazor import coding
from netrazor.coding.free_order import canonical_order
from netrazor.coding.message import read
from netrazor.errors import MessageError
from netrazor.files import write_atomically

LIMITS = coding.Limits(elements=2**20, arrays=64, decisions=600)  # a caller's own, for small messages
MORE = coding.Limits(elements=2**20, arrays=64, decisions=8000)  # tables of bytes take 256 each
BATCH = 2000


def main() -> None:
    """Mutate, decode, count."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--number", type=int, default=200_000)
    parser.add_argument("--out", type=Path, default=Path("results/codec_fuzz.json"))
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--again", action="store_true", help="do not go on from the results")
    chosen = parser.parse_args()
    messages = list(valid_messages())
    found = start(messages, chosen.processes)
    if chosen.out.exists() and not chosen.again:
        before = json.loads(chosen.out.read_text())
        same = all(before.get(name) == found[name] for name in ("messages", "limits"))
        found = before if same else found
    batches = range(found["mutated_messages"] // BATCH, -(-chosen.number // BATCH))
    with ProcessPoolExecutor(chosen.processes) as pool:
        for batch in pool.map(fuzz_batch, batches, [messages] * len(batches)):
            add(found, batch)
            write_atomically(chosen.out, json.dumps(found, indent=1) + "\n")
            print(found["mutated_messages"], found["outcomes"], f"{found['cpu_s']:.0f} s", flush=True)
    print(json.dumps(found, indent=1))
    sys.exit(bool(found["foreign_exceptions"]))


def start(messages: list[bytes], processes: int) -> dict[str, Any]:
    """Results before the first batch."""
    return {
        "command": " ".join(["python", "benchmarks/codec_fuzz.py", *sys.argv[1:]]),
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "cores": processes,
        "limits": vars(LIMITS),
        "limits_of_models_for_floats": vars(MORE),
        "messages": [message.hex() for message in messages],
        "models": models_in(messages),
        "mutated_messages": 0,
        "outcomes": {},
        "foreign_exceptions": [],
        "longest_s": 0.0,
        "cpu_s": 0.0,
        "peak_memory_mib": 0.0,
    }


def models_in(messages: list[bytes]) -> dict[str, int]:
    """How many of the messages have each flag of the header."""
    found = [read(message, coding.Limits()) for message in messages]
    flags = ("extended", "free_orders", "float_models", "structures")
    return {name: sum(getattr(m, name) for m in found) for name in flags}


def fuzz_batch(number: int, messages: list[bytes]) -> dict[str, Any]:
    """Decode a batch of mutated messages, seeded by its number."""
    chance = random.Random(number)
    outcomes: collections.Counter[str] = collections.Counter()
    foreign = []
    longest, begin, start = 0.0, time.process_time(), time.process_time()
    for _ in range(BATCH):
        original = chance.choices(messages, [len(message) ** -1.5 for message in messages])[0]
        message = mutated(chance, original)
        try:
            coding.decode(message, limits=limits_of(original))
            outcome = "arrays"
        except MessageError as error:
            outcome = type(error).__name__
        except Exception as error:  # what must not be: kept with the message that does it
            outcome = "foreign"
            foreign.append([repr(error), message.hex()])
        outcomes[outcome] += 1
        end = time.process_time()
        longest, begin = max(longest, end - begin), end
    return {
        "outcomes": dict(outcomes),
        "foreign_exceptions": foreign,
        "longest_s": longest,
        "cpu_s": begin - start,
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def add(found: dict[str, Any], batch: dict[str, Any]) -> None:
    """Count a batch in."""
    found["mutated_messages"] += BATCH
    found["outcomes"] = dict(collections.Counter(found["outcomes"]) + collections.Counter(batch["outcomes"]))
    found["foreign_exceptions"] += batch["foreign_exceptions"]
    found["cpu_s"] += batch["cpu_s"]
    for most in ("longest_s", "peak_memory_mib"):
        found[most] = max(found[most], batch[most])


def valid_messages() -> Iterator[bytes]:
    """Messages of a few hundred bytes at most that use every model."""
    rng = np.random.default_rng(3)

    def steps(shape: tuple[int, ...], density: float) -> np.ndarray:
        values = rng.integers(1, 4, shape) * rng.choice([-1, 1], shape)
        return np.where(rng.random(shape) < density, values * 0.125, 0).astype(np.float32)

    network = {"a": steps((4, 1, 3, 3), 0.3), "b": steps((4,), 0.5), "c": steps((6, 16), 0.2)}
    yield coding.encode(network)
    yield coding.encode(network, values="static", side_information={"s": np.ones(3, np.float32)})
    yield coding.encode({"w": rng.choice([0, 0, 0, 0.1, 0.25, -0.7], (8, 12)).astype(np.float32)})
    yield coding.encode({"w": rng.normal(size=12).astype(np.float32), "i": rng.integers(-5, 5, 20)})
    yield coding.encode({"r": rng.permutation(258).astype(np.int16), "u": np.arange(5, dtype=np.uint64)})
    yield coding.encode({"w": steps((60, 40), 0.002)})
    yield from with_extended_models(rng, lambda: busy(rng, steps((12, 2, 2, 3), 1)))
    yield from with_extended_models(rng, lambda: busy(rng, steps((14, 16), 1)))
    yield from with_extended_models(rng, lambda: np.rint(rng.normal(0, 5, (2, 40))).astype(np.int8))
    yield from with_free_orders(rng, steps)
    yield from with_models_for_floats(rng)
    yield from with_structures(rng)


def with_free_orders(rng: np.random.Generator, steps: Any) -> Iterator[bytes]:
    """Layers whose hidden units may stand in any order; one with any sign; one with equal units."""
    yield coding.encode(in_canonical_order(rng, [20, 9, 12, 5], steps))
    for signs, equal in ((False, False), (True, False), (True, True)):
        rows = rng.integers(-2, 3, (18, 14)) * (rng.random((18, 14)) < 0.25)
        rows[9:] = rows[:9] if equal else rows[9:]
        first = np.take_along_axis(rows, np.argmax(rows != 0, axis=1)[:, None], axis=1)
        rows = (np.where(first < 0, -rows, rows) if signs else rows).astype(np.int8)
        yield coding.encode({"a": rows[canonical_order(rows)], "b": steps((3, 18), 0.4)})


def with_models_for_floats(rng: np.random.Generator) -> Iterator[bytes]:
    """Whole numbers by scales of rows and of groups, rounded or not; bytes behind a mask; with free orders too."""
    scales = rng.random((16, 1)).astype(np.float32)
    rows = (np.rint(rng.normal(0, 9, (16, 20))).astype(np.float32) * scales).astype(np.float32)
    groups = (np.rint(rng.normal(0, 7, (16, 32))).astype(np.float32) * scales).astype(np.float32)
    coarse = (groups.view(np.uint32) & np.uint32(0xFFFF0000)).view(np.float32)
    pruned = np.where(rng.random((9, 90)) < 0.2, rng.normal(0, 1, (9, 90)), 0)
    for arrays in (
        {"w": rows},
        {"w": groups.reshape(4, 128)},
        {"w": coarse},
        {"w": rows.astype(np.float16), "v": rows.astype(np.float64)},
        {"w": pruned.astype(np.float32), "v": pruned},
        {"w": rows[canonical_order(rows)], "v": groups},
    ):
        message = coding.encode(arrays)
        if read(message, coding.Limits.for_arrays(arrays)).float_models:
            yield message


def with_structures(rng: np.random.Generator) -> Iterator[bytes]:
    """Masks of tiles, of groups along either axis and in C order; codes of levels; with free orders too."""
    half = rng.random((16, 12, 4)).argsort(-1) < 2
    two_in_four = (half.reshape(16, 48) * rng.choice([-1, 1], (16, 48))).astype(np.int8)
    tiles = (rng.random((6, 10)) < 0.25).repeat(4, 0).repeat(4, 1)[:22, :38]
    kernels = (rng.random((12, 9, 1, 1)) < 0.3) * rng.integers(1, 4, (12, 9, 3, 3))
    levels = rng.normal(size=9).astype(np.float32)
    grouped = (levels[rng.integers(0, 9, (40, 16))] * rng.random((40, 1))).astype(np.float32)
    for arrays in (
        {"w": two_in_four},
        {"w": np.ascontiguousarray(two_in_four.T), "v": two_in_four},
        {"w": two_in_four.reshape(32, 24)[:, :20].reshape(4, 2, 80)},
        {"w": tiles.astype(np.float32), "v": kernels.astype(np.int8)},
        {"w": grouped.reshape(10, 64)},
        {"w": two_in_four[canonical_order(two_in_four)], "v": grouped.reshape(40, 16)},
    ):
        message = coding.encode(arrays)
        if read(message, coding.Limits.for_arrays(arrays)).structures:
            yield message


def in_canonical_order(rng: np.random.Generator, widths: list[int], steps: Any) -> dict[str, np.ndarray]:
    """Layers one behind the other whose hidden units are in canonical order, so that it carries bits."""
    layers = [steps((outputs, inputs), 0.3) for inputs, outputs in itertools.pairwise(widths)]
    hidden = [layer[canonical_order(layer)] for layer in layers[:-1]]
    return {f"{place}.weight": layer for place, layer in enumerate([*hidden, layers[-1]])}


def busy(rng: np.random.Generator, values: np.ndarray) -> np.ndarray:
    """Non-zero in rows and columns that are busy independently."""
    rows = rng.gamma(0.3, 3.0, (len(values), *(1,) * (values.ndim - 1)))
    return np.where(rng.random(values.shape) < 0.05 * rows * rng.gamma(0.3, 3.0, values.shape[1:]), values, 0)


def with_extended_models(rng: np.random.Generator, make: Any) -> Iterator[bytes]:
    """A message that uses the extended models, with another array behind."""
    while True:
        message = coding.encode({"w": make(), "v": np.arange(3)})
        if read(message, coding.Limits()).extended:
            yield message
            return


@functools.cache
def schema_end(message: bytes) -> int:
    """Where the content begins: what is altered before mostly gives other names."""
    return 3 + -(-read(message, coding.Limits()).ledger.bits_of("schema") // 8)


@functools.cache
def limits_of(message: bytes) -> coding.Limits:
    """Those that it can be read within, unaltered."""
    return MORE if read(message, coding.Limits()).float_models else LIMITS


def mutated(chance: random.Random, original: bytes) -> bytes:
    """Bits flipped, bytes replaced, ends cut or extended, or bytes that never were one."""
    message = bytearray(original)
    kind = chance.randrange(20)
    if kind < 15:
        first = schema_end(bytes(message)) if kind else 3
        for _ in range(chance.choice((1, 1, 2, 5))):
            message[chance.randrange(first, len(message))] ^= 1 << chance.randrange(8)
    elif kind == 15:
        del message[chance.randrange(len(message)) :]
    elif kind == 16:
        message += chance.randbytes(chance.randrange(1, 9))
    elif kind < 19:
        place = chance.randrange(schema_end(bytes(message)), len(message))
        message[place : place + chance.randrange(1, 20)] = chance.randbytes(chance.randrange(20))
    else:
        message = bytearray(
            b"NRZ" + bytes(chance.choice((0, 0, 255, chance.randrange(256))) for _ in range(40))
        )
    return bytes(message)


if __name__ == "__main__":
    main()
