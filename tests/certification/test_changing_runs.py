"""A run that is put in the place of another while it is read: files of one of them, or a clear error."""

from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import pytest

import tiny
from netrazor.certification import read_run, run_directory
from netrazor.certification.run_directory import CERTIFICATE
from netrazor.errors import CertificateError

RUNS = (tiny.occam_run, tiny.two_claims_run)


def exchanged(place: Path, monkeypatch: pytest.MonkeyPatch, times: Iterator[int]) -> None:
    """Whenever the certificate has been read, the other run is put there, as often as ``times`` goes on."""
    reading, others = run_directory.read_file, cycle(RUNS[::-1])

    def read(path: Path, limit: int | None = None) -> bytes:
        content = reading(path, limit)
        if path.name == CERTIFICATE and next(times, None) is not None:
            issued = next(others)().issued
            tiny.write(place, issued.certificate, issued.blob)
        return content

    monkeypatch.setattr(run_directory, "read_file", read)


@pytest.mark.parametrize("times", [0, 1, 2, 3])
def test_files_of_the_last_run_are_read_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    first, last = RUNS[0]().issued, RUNS[times % 2]().issued
    tiny.write(tmp_path, first.certificate, first.blob)
    exchanged(tmp_path, monkeypatch, iter(range(times)))
    files = read_run(tmp_path)
    assert files.certificate.seal == last.certificate.seal
    assert (files.message, files.graph) == (last.blob, last.graph)


def test_a_run_that_never_stays_is_no_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = RUNS[0]().issued
    tiny.write(tmp_path, first.certificate, first.blob)
    exchanged(tmp_path, monkeypatch, cycle([0]))
    with pytest.raises(CertificateError, match="changes while it is read; wait until the runs"):
        read_run(tmp_path)
