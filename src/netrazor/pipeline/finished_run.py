"""What a run finds in its directory: nothing, files of others, a run that is finished, or one that was killed."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from torch import nn

from netrazor.certification import Certificate, RunFiles, read_run
from netrazor.certification.run_directory import CERTIFICATE, CHECKPOINT, GIVEN_ARRAYS, RESULT, SIZE_LIMITS
from netrazor.certification.run_result import Result, Setting, read_result
from netrazor.certification.run_writing import only_writer
from netrazor.coding.message import read
from netrazor.errors import ConfigurationError
from netrazor.files import write_atomically
from netrazor.networks import coded_state, load_coded_state
from netrazor.networks.network_message import limits_of
from netrazor.networks.state import Array
from netrazor.runtime import processes
from netrazor.train.checkpoint import differences
from netrazor.verification.rebuilding import rebuild

OWN_FILES = {*SIZE_LIMITS, CHECKPOINT, GIVEN_ARRAYS}
_PROBE = ".writable"
_CHOICES = "choose another directory, or pass overwrite=True"


@dataclass(frozen=True)
class FinishedRun:
    """A run that ended here before: its files, with the message among them, and its measurements."""

    files: RunFiles
    blob: bytes
    result: Result

    @property
    def certificate(self) -> Certificate:
        """What it came to."""
        return self.files.certificate


def enter(directory: Path, settings: Mapping[str, Setting], *, overwrite: bool) -> FinishedRun | None:
    """The finished run of the same settings in ``directory``; None where one may be computed into it.

    Nothing of the directory is changed. With ``overwrite``, a finished run is computed again whatever its settings,
    and replaced when that is done.

    Raises:
        ConfigurationError: files of others there; a finished run of other settings, each named; a damaged one.
        OutputError: the directory cannot be written.
    """
    found = {path.name for path in directory.iterdir()} if directory.is_dir() else set()
    visible = {name for name in found if not name.startswith(".")}
    if visible and not visible & OWN_FILES:
        raise ConfigurationError(
            f"out: {directory} holds files that are of no run ({', '.join(sorted(visible)[:4])}); choose an empty "
            "directory, or one that does not exist"
        )
    if CERTIFICATE in found and not overwrite:
        return _finished(directory, settings)
    _probe(directory)
    return None


@contextmanager
def only_run_in(out: str | os.PathLike[str] | None) -> Iterator[None]:
    """Keep other runs out of the directory ``out``, if there is one; of several processes the first one does.

    Raises:
        OutputError: another run is being made there.
    """
    with ExitStack() as held:
        if out is not None:
            processes.on_rank_zero(lambda: held.enter_context(only_writer(out)))
        yield


def decoded_into(model: nn.Module, finished: FinishedRun) -> nn.Module:
    """The network of a finished run; ``model``, of its architecture and with what is given, becomes it too."""
    decoded = rebuild(finished.files, read(finished.blob, limits_of(model)), model)
    load_coded_state(model, {**coded_state(model), **_known(coded_state(decoded), model)})
    return decoded


def _known(state: dict[str, Array], model: nn.Module) -> dict[str, Array]:
    """Of ``state``, what ``model`` holds by the same name: a graph may read constants that no attribute holds."""
    held = coded_state(model, copy=False)
    return {name: array for name, array in state.items() if name in held}


def _finished(directory: Path, settings: Mapping[str, Setting]) -> FinishedRun:
    files = read_run(directory)
    if not (directory / RESULT).exists():
        raise ConfigurationError(
            f"out: {directory} holds a certificate without {RESULT}, so with what settings it was made cannot be "
            f"seen; {_CHOICES}"
        )
    result = read_result(directory / RESULT)
    if not result.settings:
        raise ConfigurationError(
            f"out: {directory} holds a finished run of an earlier version, whose settings cannot be seen; {_CHOICES}"
        )
    if result.settings != dict(settings):
        parts = "; ".join(differences(settings, result.settings, "the finished run's"))
        raise ConfigurationError(
            f"out: {directory} holds a finished run of other settings: {parts}; {_CHOICES}"
        )
    record, blob = files.certificate.message, files.message
    if record is None or blob is None or hashlib.sha256(blob).hexdigest() != record.sha256:
        raise ConfigurationError(f"out: the finished run in {directory} has another message than its certificate "
                                 f"names; {_CHOICES}")  # fmt: skip
    return FinishedRun(files, blob, result)


def _probe(directory: Path) -> None:
    """Refuse a directory that cannot be written."""
    write_atomically(directory / _PROBE, b"")
    (directory / _PROBE).unlink()
