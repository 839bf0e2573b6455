"""The script that looks at certificates of a pull request: refuses what does not follow, and files out of place."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from site_records import RECORDS

sys.path.insert(0, str(RECORDS.parent / "benchmarks"))

import verify_added


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one certificate, at the commit ``base``."""
    shutil.copytree(RECORDS / "picked-digits", tmp_path / "certificates" / "old")
    git(tmp_path, "init", "--quiet", "--initial-branch=base")
    commit(tmp_path)
    git(tmp_path, "checkout", "--quiet", "-b", "proposed")
    return tmp_path


def git(repository: Path, *words: str) -> None:
    identity = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
    subprocess.run(["git", *identity, *words], cwd=repository, check=True, timeout=60)


def commit(repository: Path) -> None:
    git(repository, "add", "--all")
    git(repository, "commit", "--quiet", "--message=change")


def verify(repository: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(
        sys, "argv", ["verify_added.py", "base", "--repository", str(repository), "--no-recount"]
    )
    return verify_added.main()


def test_nothing_added(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (repository / "README.md").write_text("new")
    commit(repository)
    assert verify(repository, monkeypatch) == 0
    assert "no certificate" in capsys.readouterr().out


def test_added_and_taken_out(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(RECORDS / "mnist", repository / "certificates" / "new")
    shutil.rmtree(repository / "certificates" / "old")
    commit(repository)
    assert verify(repository, monkeypatch) == 0
    assert capsys.readouterr().out == "new: CONSISTENT, NOT RECOUNTED\nold: taken out\n"


@pytest.mark.parametrize(
    ("name", "change", "said"),
    [
        ("certificate.json", ('"duplicates": 0', '"duplicates": 1'), "seal"),
        ("run.py", None, "run.py: only"),
        ("measurements.json", None, "at most"),
    ],
)
def test_refused(
    repository: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    name: str,
    change: tuple[str, str] | None,
    said: str,
) -> None:
    path = repository / "certificates" / "old" / name
    text = " " * (verify_added.LARGEST + 1) if change is None else path.read_text().replace(*change)
    path.write_text(text)
    commit(repository)
    assert verify(repository, monkeypatch) == 1
    assert said in capsys.readouterr().err


def test_data_that_nobody_knows_by_name_is_not_recounted(capsys: pytest.CaptureFixture[str]) -> None:
    consistent = verify_added.check_consistency(RECORDS / "picked-digits")
    assert verify_added.recounted(RECORDS / "picked-digits", consistent) is consistent
    assert "NOT RECOUNTED" in capsys.readouterr().out


@pytest.mark.usefixtures("mnist")
def test_what_can_be_counted_is() -> None:
    consistent = verify_added.check_consistency(RECORDS / "mnist")
    assert verify_added.recounted(RECORDS / "mnist", consistent).status == "VALID"
