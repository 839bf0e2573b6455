"""What a comparison comes to: every method's answer in every setting, and the result file that holds them."""

import json
import os
import platform
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import torch

from netrazor import __version__
from netrazor.baselines import Estimate, Missing

Method = Callable[[], Estimate | Missing]


@dataclass(frozen=True)
class Row:
    """A method's answer, and the seconds that it took."""

    found: Estimate | Missing
    seconds: float

    def record(self) -> dict[str, Any]:
        """The row of a result file."""
        record = {**asdict(self.found), "seconds": round(self.seconds, 2)}
        if isinstance(self.found, Estimate):
            record |= {
                "kind": self.found.kind.name.lower(),
                "outcome": self.found.outcome.name.lower(),
                "text": self.found.text,
            }
        return record


@dataclass(frozen=True)
class Setting:
    """One network on one data set, and every method's answer."""

    name: str
    network: str
    data: str
    rows: tuple[Row, ...]

    def record(self) -> dict[str, Any]:
        """The setting of a result file."""
        rows = [row.record() for row in self.rows]
        return {"name": self.name, "network": self.network, "data": self.data, "rows": rows}


@dataclass(frozen=True)
class Line:
    """A row of Table 1: for MNIST and for ImageNet, whether the method says something; None where not tried."""

    method: str
    structure: str
    published: tuple[bool, bool]
    here: tuple[bool | None, bool | None]


@dataclass(frozen=True)
class Comparison:
    """Table 1 for a run: its own network, DR17's on true and on random labels, and ImageNet's published one."""

    run: str
    settings: tuple[Setting, ...]
    table_1: tuple[Line, ...]
    seed: int
    scale: float
    configuration: dict[str, Any]
    seconds: float

    def to_json(self) -> str:
        """The text of a result file."""
        record = {
            "command": f"netrazor compare {self.run}"
            + (f" --scale {self.scale:g}" if self.scale != 1 else ""),
            "date": date.today().isoformat(),
            "version": __version__,
            "cores": os.cpu_count(),
            "threads": torch.get_num_threads(),
            "machine": platform.machine(),
            "seed": self.seed,
            "seconds": round(self.seconds, 1),
            "cpu_seconds": round(time.process_time(), 1),
            "configuration": self.configuration,
            "settings": [setting.record() for setting in self.settings],
            "table_1": [asdict(line) for line in self.table_1],
        }
        return json.dumps(record, indent=2, allow_nan=False) + "\n"


def timed(*methods: Method) -> tuple[Row, ...]:
    """The answer of each method, one after the other."""
    rows = []
    for method in methods:
        started = time.monotonic()
        rows.append(Row(method(), time.monotonic() - started))
    return tuple(rows)
