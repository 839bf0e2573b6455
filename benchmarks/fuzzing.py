"""What the fuzzers share: alterations of JSON and of bytes, and the count of how cases end."""

import collections
import contextlib
import copy
import datetime
import json
import platform
import random
import resource
import sys
import time
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from netrazor.errors import NetrazorError
from netrazor.files import write_atomically

# What stands where something else belongs.
STRANGE: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 2, 255, 2**31, 2**32 - 1, 2**53, 2**53 + 1, 2**63, 2**64, -(2**63) - 1, 10**400,
    0.0, -0.0, 0.5, 1.0, 1e-300, 5e-324, 1e-16, 1e300, 1e308, -1e308, 0.9999999999999999,
    float("nan"), float("inf"), float("-inf"),
    "", " ", "x", "0", "1e9", "none", "occam", "picked", "hold-out", "perturbation", "steps", "positions", "[/bold]",
    "\x1b[31m", "\x00", "\u202e", "\ud800", "é" * 40, "x" * 5000, "../" * 9, "9" * 5000,
    [], {}, [[]], [{}], [0], ["x"], {"": None}, {"x": {"y": []}}, [None] * 3000,
)  # fmt: skip
TOKENS = (
    b"[", b"{", b"}", b"]", b",", b'"', b"\\", b"\\ud800", b"NaN", b"-Infinity", b"1e999", b"-", b"9" * 5000, b"\x00",
    b"\xff", b"\xef\xbb\xbf", b"[" * 3000, b'{"a":' * 3000, b" " * 5000, b"null", b"true", b"/*", b"1" + b"0" * 400,
)  # fmt: skip
SHOWN = 40  # foreign exceptions that are kept


def altered_json(chance: random.Random, content: Any) -> Any:
    """``content`` with one to three of its parts replaced, removed, renamed, repeated or exchanged."""
    content = copy.deepcopy(content)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        places = list(_places(content))
        if not places:
            return chance.choice(STRANGE)
        holder, key = chance.choice(places)
        _alter(chance, holder, key, places)
    return content


def altered_text(chance: random.Random, text: bytes) -> bytes:
    """``text`` cut, with tokens put in, keys twice, bytes replaced, or in another encoding."""
    kind = chance.randrange(8)
    place = chance.randrange(len(text) + 1)
    if kind == 0:
        return text[:place]
    if kind <= 2:
        return text[:place] + chance.choice(TOKENS) + text[place + chance.choice((0, 0, 1, 9)) :]
    if kind == 3:
        lines = text.split(b"\n")
        line = chance.randrange(len(lines))
        return b"\n".join([*lines[: line + 1], *lines[line:]])
    if kind == 4:
        return text + chance.choice((text, b"\x00", b"x", b" " * 10_000))
    if kind == 5:
        return chance.choice((b"", b"[" * 100_000, b'{"a":' * 100_000, b"0", b"null", b'"x"', b"\xff" * 9))
    if kind == 6:
        return text.decode("utf-8", "replace").encode(
            chance.choice(("utf-16", "utf-32", "utf-8-sig", "utf-16-be"))
        )
    return altered_bytes(chance, text)


def altered_bytes(chance: random.Random, content: bytes, *others: bytes) -> bytes:
    """``content`` with bits flipped, bytes replaced, cut, extended, spliced with another, or none of it left."""
    made, kind = bytearray(content), chance.randrange(12)
    place = chance.randrange(len(made)) if made else 0
    if kind < 5 and made:
        for _ in range(chance.choice((1, 1, 2, 5, 20))):
            made[chance.randrange(len(made))] ^= 1 << chance.randrange(8)
    elif kind == 5:
        del made[place:]
    elif kind == 6:
        made += chance.randbytes(chance.choice((1, 2, 8, 300)))
    elif kind < 9:
        made[place : place + chance.choice((1, 2, 4, 8, 64))] = chance.randbytes(
            chance.choice((0, 1, 4, 8, 64))
        )
    elif kind == 9:  # a field of a header that becomes huge
        made[place : place + 4] = chance.choice(
            (b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\0\0", b"\xff\xff\xff\x7f")
        )
    elif kind == 10 and others:
        other = chance.choice(others)
        made[place:] = other[chance.randrange(len(other) + 1) :]
    else:
        made = bytearray(chance.randbytes(chance.choice((0, 1, 3, 40, 1000))))
    return bytes(made)


def _places(content: Any) -> Any:
    """(holder, key) of every part of a JSON value."""
    waiting = [content]
    while waiting:
        holder = waiting.pop()
        keys = (
            holder.keys()
            if isinstance(holder, dict)
            else range(len(holder))
            if isinstance(holder, list)
            else ()
        )
        for key in list(keys):
            yield holder, key
            if isinstance(holder[key], (dict, list)):
                waiting.append(holder[key])


def _alter(chance: random.Random, holder: Any, key: Any, places: list[Any]) -> None:
    if not (key in holder if isinstance(holder, dict) else key < len(holder)):
        return  # gone by an alteration before
    value, kind = holder[key], chance.randrange(10)
    if kind < 4:
        holder[key] = copy.deepcopy(chance.choice(STRANGE))
    elif kind < 6 and isinstance(value, (int, float)):
        factor = chance.choice((0.5, 2, -1, 10, 1000, 1 + 2**-52))
        with contextlib.suppress(OverflowError, ValueError):
            holder[key] = chance.choice((value + 1, value - 1, type(value)(value * factor)))
    elif kind == 6:
        del holder[key]
    elif kind == 7 and isinstance(holder, dict):
        holder[chance.choice(("", "x", "__class__", str(key).upper(), "claim"))] = value
    elif kind == 7:
        holder[key:key] = [copy.deepcopy(value)] * chance.choice((1, 2, 100))
    elif kind == 8:
        other, place = chance.choice(places)
        if place in other if isinstance(other, dict) else place < len(other):
            holder[key] = copy.deepcopy(other[place])
    elif isinstance(value, (str, list)):
        holder[key] = value[: len(value) // 2] + value[len(value) // 2 + 1 :]
    else:
        holder[key] = str(value)


class Count:
    """How cases ended, the longest of them and the most memory."""

    def __init__(self) -> None:
        self.outcomes: collections.Counter[str] = collections.Counter()
        self.foreign: list[dict[str, str]] = []
        self.longest, self.longest_case = 0.0, ""

    def run(self, name: str, case: str, work: Callable[[], object]) -> None:
        """One case: ``work`` ends in a value, of which the kind is counted, or in a netrazor error."""
        start = time.process_time()
        try:
            outcome = str(work())
        except NetrazorError as error:
            outcome = type(error).__name__
        except (Exception, RecursionError) as error:
            outcome = "foreign"
            where = traceback.extract_tb(error.__traceback__)[-1]
            place = f"{Path(where.filename).name}:{where.lineno}"
            self.foreign.append({"case": case, "error": repr(error)[:300], "at": place})
        self.outcomes[f"{name}: {outcome}"] += 1
        seconds = time.process_time() - start
        if seconds > self.longest:
            self.longest, self.longest_case = seconds, case

    def found(self) -> dict[str, Any]:
        """What a batch came to."""
        return {
            "outcomes": dict(self.outcomes),
            "foreign_exceptions": self.foreign,
            "longest_s": self.longest,
            "longest_case": self.longest_case,
            "peak_memory_mib": peak_mib(),
        }


def peak_mib() -> float:
    """The most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def start(cases: str) -> dict[str, Any]:
    """Results before the first batch; ``cases`` is what they count."""
    return {
        "command": " ".join(["python", *sys.argv]),
        "date": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "python": platform.python_version(),
        "cores": 1,
        cases: 0,
        "outcomes": {},
        "foreign_exceptions": [],
        "foreign": 0,
        "longest_s": 0.0,
        "longest_case": "",
        "peak_memory_mib": 0.0,
        "cpu_s": 0.0,
    }


def add(found: dict[str, Any], batch: dict[str, Any], cases: str, number: int) -> None:
    """Count a batch in."""
    found[cases] += number
    both = collections.Counter(found["outcomes"]) + collections.Counter(batch["outcomes"])
    found["outcomes"] = dict(sorted(both.items()))
    found["foreign"] += len(batch["foreign_exceptions"])
    found["foreign_exceptions"] = (found["foreign_exceptions"] + batch["foreign_exceptions"])[:SHOWN]
    if batch["longest_s"] > found["longest_s"]:
        found["longest_s"], found["longest_case"] = batch["longest_s"], batch["longest_case"]
    found["peak_memory_mib"] = max(found["peak_memory_mib"], batch["peak_memory_mib"])
    found["cpu_s"] += batch["cpu_s"]
    for key in batch.keys() & {
        "before_mib"
    }:  # the first batch of a process tells what it was before any case
        found[key] = min(found.get(key, batch[key]), batch[key])


def write(out: Path, found: dict[str, Any]) -> None:
    """Write the results."""
    write_atomically(out, json.dumps(found, indent=1) + "\n")
