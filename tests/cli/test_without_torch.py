"""`netrazor` alone, without its extras: bounds, the codec, and what of the command line needs no more."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

import tiny
from netrazor.extras import EXTRAS

RECORD = Path(__file__).parents[2] / "certificates" / "mnist"
WITHOUT = f"""
import sys
for name in {sorted(package for packages in EXTRAS.values() for package in packages)}:
    sys.modules[name] = None  # importing it says that there is no such module
"""


def without_extras(script: str, *words: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", WITHOUT + script, *map(str, words)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60)


def command(*words: object) -> subprocess.CompletedProcess[str]:
    return without_extras("from netrazor.cli import main; main()", *words)


def test_bounds_and_coding() -> None:
    script = """
import numpy, netrazor
from netrazor import bounds, coding
assert netrazor.bounds is bounds and netrazor.coding is coding
assert 0.01 < bounds.occam(1, 1000, 10) < 0.05
blob = coding.encode({"w": numpy.ones(3, numpy.float32)})
assert (coding.decode(blob)["w"] == 1).all()
"""
    ended = without_extras(script)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("name", ["data", "certify", "verify", "load"])
def test_what_needs_an_extra_says_which(name: str) -> None:
    ended = without_extras(
        f"import netrazor\ntry: netrazor.{name}\nexcept ImportError as error: print(error)"
    )
    assert "pip install 'netrazor[torch]'" in ended.stdout, ended.stderr


def test_bound_and_help() -> None:
    assert "96.54 %" in command("bound", "--risk", "0.35", "--kib", "350", "--n", "1281167").stdout
    for words in (["--help"], ["certify", "--help"], ["verify", "--help"]):
        assert command(*words).returncode == 0, words


def test_verify_checks_all_but_the_counts(tmp_path: Path) -> None:
    issued = tiny.occam_run().issued
    run = tiny.write(tmp_path / "run", issued.certificate, issued.blob)
    ended = command("verify", run)
    assert ended.returncode == 3, ended.stderr
    assert "not recounted: this needs the package" in ended.stdout
    assert issued.certificate.claim in ended.stdout
    certificate = run / "certificate.json"
    certificate.write_text(certificate.read_text().replace('"errors":', '"errors": 1, "_":', 1))
    ended = command("verify", run)
    assert ended.returncode == 1
    assert "INVALID" in ended.stdout


def test_inspect_encode_and_decode(tmp_path: Path) -> None:
    assert "(message)" in command("inspect", RECORD).stdout
    save_file({"w": np.float32([[0.5, 0], [0, -0.25]])}, tmp_path / "in.safetensors")
    assert command("encode", tmp_path / "in.safetensors", "-o", tmp_path / "m.nrz").returncode == 0
    ended = command("decode", tmp_path / "m.nrz", "-o", tmp_path / "out.npz")
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize(
    ("words", "extra"),
    [
        (["certify", "lenet5-mnist", "--out", "run"], "torch"),
        (["predict", RECORD, "digit.png"], "torch"),
    ],
)
def test_a_command_that_needs_an_extra_says_which(words: list[object], extra: str) -> None:
    ended = command(*words)
    assert ended.returncode == 2
    assert ended.stderr.count("\n") == 1, "one line, no traceback"
    assert f"pip install 'netrazor[{extra}]'" in ended.stderr


def test_a_missing_module_that_is_no_extra_stays_an_error_of_python() -> None:
    ended = without_extras("sys.modules['scipy'] = None\nimport netrazor; netrazor.bounds")
    assert "ModuleNotFoundError" in ended.stderr
