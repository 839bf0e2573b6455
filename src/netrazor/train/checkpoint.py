"""Where a run left off, so that a killed one goes on from there."""

import hashlib
import io
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from netrazor.errors import CheckpointMismatch
from netrazor.files import open_regular, write_atomically
from netrazor.runtime import processes

Identity = Mapping[str, str | int | float | bool | None]
_DIGEST_BYTES = 32  # the SHA-256 of all the rest, at the start of the file
_NAMED = 8  # differences named in an error


class Checkpoint:
    """One file that holds the latest state of a run; replaced at once, at most every ``seconds``.

    ``run`` identifies what is being computed, by one word or by its settings (recipe, seed, data set): a file of
    another run is refused, so that no result is ever stitched together from two runs, and so is one that was edited,
    by its digest. Files are read with weights-only loading. The first of several processes has the file.
    """

    def __init__(self, path: str | os.PathLike[str], run: str | Identity, *, seconds: float = 30.0) -> None:
        self.path = Path(path)
        self.run = _identity(run)
        self.seconds = seconds
        self._saved_at = time.monotonic()

    def load(self) -> dict[str, Any] | None:
        """The latest state, or None where there is none.

        Raises:
            CheckpointMismatch: the file is damaged or belongs to another run.
        """
        found = self._open()
        if found is None:
            return None
        run, state = found
        if run != self.run:
            parts = "; ".join(differences(self.run, run, "the checkpoint's"))
            raise CheckpointMismatch(
                f"checkpoint {self.path}: belongs to another run: {parts}; "
                "delete it, or choose another output directory"
            )
        return state

    def is_of_this_run(self) -> bool:
        """Whether there is a file, it can be read, and it belongs to this run."""
        try:
            found = self._open()
        except CheckpointMismatch:
            return False
        return found is not None and found[0] == self.run

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
        torch.save({"run": dict(self.run), "state": dict(state)}, buffer)
        content = buffer.getvalue()
        write_atomically(self.path, hashlib.sha256(content).digest() + content)
        self._saved_at = time.monotonic()

    def remove(self) -> None:
        """Delete the file, once the run is complete."""
        if processes.is_rank_zero():
            self.path.unlink(missing_ok=True)

    def _open(self) -> tuple[Identity, dict[str, Any]] | None:
        """Whose state the file holds, and the state."""
        saved = processes.on_rank_zero(self._read)
        if saved is None:
            return None
        digest, archive = saved[:_DIGEST_BYTES], saved[_DIGEST_BYTES:]
        try:
            if hashlib.sha256(archive).digest() != digest:
                raise ValueError("damaged or altered")
            content = torch.load(io.BytesIO(archive), map_location="cpu", weights_only=True)
            return _identity(content["run"]), dict(content["state"])
        except Exception as error:  # damaged archives raise anything from KeyError to pickle's own
            raise CheckpointMismatch(
                f"checkpoint {self.path}: cannot be read ({type(error).__name__}: {str(error)[:100]}); "
                "delete it to start again"
            ) from error

    def _read(self) -> bytes | None:
        if not self.path.exists():
            return None
        try:
            with open_regular(self.path) as file:
                return file.read()
        except OSError as error:
            raise CheckpointMismatch(
                f"checkpoint {self.path}: cannot be read ({error.strerror}); delete it to start again"
            ) from error


def differences(own: Identity, other: Identity, whose: str) -> list[str]:
    """What differs between the settings of two runs, a sentence each, the first few of them."""
    absent = object()
    names = [name for name in {**own, **other} if own.get(name, absent) != other.get(name, absent)]
    told = [f"{name} is {_told(own, name)}, {whose} {_told(other, name)}" for name in names[:_NAMED]]
    return [*told, f"and {len(names) - _NAMED} more"] if len(names) > _NAMED else told


def _told(settings: Identity, name: str) -> str:
    value = settings.get(name, "not there")
    is_digest = isinstance(value, str) and len(value) == 64
    return f"{str(value)[:12]}..." if is_digest else str(value)[:100]


def _identity(run: object) -> Identity:
    return dict(run) if isinstance(run, Mapping) else {"run": str(run)}
