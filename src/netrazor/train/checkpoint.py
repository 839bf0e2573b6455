"""Where a run left off, so that a killed one goes on from there."""

import io
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from netrazor.errors import CheckpointMismatch
from netrazor.files import write_atomically
from netrazor.runtime import processes


class Checkpoint:
    """One file that holds the latest state of a run; replaced at once, at most every ``seconds``.

    ``run`` identifies what is being computed (recipe, seed, data set): a file of another run is refused, so
    that no result is ever stitched together from two runs. Files are read with weights-only loading. The first of
    several processes has the file.
    """

    def __init__(self, path: str | os.PathLike[str], run: str, *, seconds: float = 30.0) -> None:
        self.path = Path(path)
        self.run = run
        self.seconds = seconds
        self._saved_at = time.monotonic()

    def load(self) -> dict[str, Any] | None:
        """The latest state, or None where there is none.

        Raises:
            CheckpointMismatch: the file is damaged or belongs to another run.
        """
        saved = processes.on_rank_zero(self._read)
        if saved is None:
            return None
        try:
            content = torch.load(io.BytesIO(saved), map_location="cpu", weights_only=True)
            run, state = str(content["run"]), dict(content["state"])
        except Exception as error:  # damaged archives raise anything from KeyError to pickle's own
            raise CheckpointMismatch(
                f"checkpoint {self.path}: cannot be read ({type(error).__name__}); delete it to start again"
            ) from error
        if run != self.run:
            raise CheckpointMismatch(
                f"checkpoint {self.path}: belongs to another run ({run[:100]}), this one is {self.run}; "
                "delete it, or choose another output directory"
            )
        return state

    def due(self) -> bool:
        """Whether the last save is long enough ago, and this process the one that saves."""
        return processes.is_rank_zero() and time.monotonic() - self._saved_at >= self.seconds

    def save(self, state: Mapping[str, Any]) -> None:
        """Replace the file.

        Raises:
            OutputError: the file cannot be written; the one before is untouched.
        """
        if not processes.is_rank_zero():
            return
        buffer = io.BytesIO()
        torch.save({"run": self.run, "state": dict(state)}, buffer)
        write_atomically(self.path, buffer.getvalue())
        self._saved_at = time.monotonic()

    def remove(self) -> None:
        """Delete the file, once the run is complete."""
        if processes.is_rank_zero():
            self.path.unlink(missing_ok=True)

    def _read(self) -> bytes | None:
        return self.path.read_bytes() if self.path.exists() else None
