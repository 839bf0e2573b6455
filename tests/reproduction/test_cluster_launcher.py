"""Runs of a study handed to a cluster's scheduler, whose jobs are local processes here."""

import math
import os
import sys
from pathlib import Path

import pytest

from netrazor.errors import ConfigurationError
from netrazor.reproduction.randomize.launcher import launcher


@pytest.mark.slow
def test_calls_are_jobs_of_the_scheduler(tmp_path: Path) -> None:
    pytest.importorskip("submitit")
    with launcher(2, "local", tmp_path / "logs") as executor:
        jobs = [executor.submit(math.sqrt, 9.0), executor.submit(os.getpid)]
        failing = executor.submit(math.sqrt, -1.0)
        assert jobs[0].result() == 3.0
        assert jobs[1].result() != os.getpid()
        with pytest.raises(Exception, match=r"math domain error|nonnegative"):
            failing.result()
    assert list((tmp_path / "logs").iterdir())


def test_without_submitit_it_says_what_is_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "submitit", None)
    with pytest.raises(ConfigurationError, match="needs submitit"), launcher(1, "slurm", tmp_path):
        pass
