"""Mutated messages: arrays or a netrazor error, no crash, no hang; the longest time and the peak memory.

python benchmarks/codec_fuzz.py --number 200000 --out results/codec_fuzz.json
"""

import argparse
import collections
import datetime
import json
import random
import resource
import time
from pathlib import Path

import numpy as np

from netrazor import coding
from netrazor.errors import MessageError
from netrazor.files import write_atomically

LIMITS = coding.Limits(
    elements=2**20, arrays=64, decisions=2**12
)  # a caller's own, so that 200,000 fit in an hour


def main() -> None:
    """Mutate, decode, count."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--number", type=int, default=200_000)
    parser.add_argument("--out", type=Path, default=Path("results/codec_fuzz.json"))
    chosen = parser.parse_args()
    chance, messages = random.Random(0), valid_messages()
    outcomes: collections.Counter[str] = collections.Counter()
    longest = 0.0
    for _ in range(chosen.number):
        message = mutated(chance, messages)
        start = time.process_time()
        try:
            coding.decode(message, limits=LIMITS)
            outcomes["arrays"] += 1
        except MessageError as error:
            outcomes[type(error).__name__] += 1
        longest = max(longest, time.process_time() - start)
    found = {
        "command": f"python benchmarks/codec_fuzz.py --number {chosen.number}",
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "cores": 1,
        "mutated_messages": chosen.number,
        "outcomes": dict(outcomes),
        "foreign_exceptions": 0,  # one would have ended this run
        "longest_s": longest,
        "peak_memory_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "limits": vars(LIMITS),
    }
    print(json.dumps(found, indent=1))
    write_atomically(chosen.out, json.dumps(found, indent=1) + "\n")


def valid_messages() -> list[bytes]:
    """Messages that use every model."""
    rng = np.random.default_rng(3)

    def steps(shape: tuple[int, ...], density: float) -> np.ndarray:
        values = rng.integers(1, 4, shape) * rng.choice([-1, 1], shape)
        return np.where(rng.random(shape) < density, values * 0.125, 0).astype(np.float32)

    network = {"a.w": steps((6, 1, 3, 3), 0.3), "a.b": steps((6,), 0.5), "b.w": steps((8, 24), 0.2)}
    return [
        coding.encode(network),
        coding.encode(network, values="static", aside={"sigma": np.ones(3, np.float32)}),
        coding.encode({"w": rng.choice([0, 0, 0, 0.1, 0.25, -0.7], (20, 30)).astype(np.float32)}),
        coding.encode({"w": rng.normal(size=40).astype(np.float32), "i": rng.integers(-5, 5, 30)}),
        coding.encode(
            {"r": rng.normal(size=(300, 3)).astype(np.float16), "u": np.arange(5, dtype=np.uint64)}
        ),
        coding.encode({"w": steps((600, 900), 0.001)}),
    ]


def mutated(chance: random.Random, messages: list[bytes]) -> bytes:
    """Bits flipped, bytes replaced, ends cut or extended, or bytes that never were a message."""
    message = bytearray(chance.choice(messages))
    kind = chance.randrange(10)
    if kind < 5:
        for _ in range(chance.choice((1, 1, 2, 5))):
            message[chance.randrange(len(message))] ^= 1 << chance.randrange(8)
    elif kind == 5:
        del message[chance.randrange(len(message)) :]
    elif kind == 6:
        message += chance.randbytes(chance.randrange(1, 9))
    elif kind == 7:
        place = chance.randrange(3, len(message))
        message[place : place + chance.randrange(1, 20)] = chance.randbytes(chance.randrange(20))
    else:
        message = bytearray(
            b"NRZ" + bytes(chance.choice((0, 0, 255, chance.randrange(256))) for _ in range(40))
        )
    return bytes(message)


if __name__ == "__main__":
    main()
