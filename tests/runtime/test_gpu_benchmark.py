"""`benchmarks/gpu.py`: all of it runs, on the CPU and in small; limits hold; what is missing is done, no more."""

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
import torch

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))

import gpu
from gpu_parts.part import Part, Setting, TimeUp, time_limit

BENCHMARKS = Path(gpu.__file__).parent


def setting(place: Path) -> Setting:
    return Setting(torch.device("cpu"), True, place)


@pytest.mark.slow
def test_all_of_it_in_small(tmp_path: Path) -> None:
    words = [sys.executable, str(BENCHMARKS / "gpu.py"), "--device", "cpu", "--small"]
    words += ["--place", str(tmp_path / "runs"), "--out", str(tmp_path / "gpu.json"), "--patience", "20"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=3000)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-2000:]
    found = json.loads((tmp_path / "gpu.json").read_text())
    assert list(found["parts"]) == [part.name for part in gpu.PARTS]
    equal = found["parts"]["equality"]
    assert equal["message"]["same as it is"]
    assert equal["message"]["same cut down there"]
    assert equal["picks"]["same picks"]
    assert equal["picks"]["same weights"]
    assert equal["draws"]["draws that differ"] == 0
    assert all(each["answers that differ"] == 0 for name, each in equal.items() if name.startswith("errors"))
    again = subprocess.run(words, capture_output=True, text=True, timeout=120)
    assert json.loads((tmp_path / "gpu.json").read_text()) == found, again.stdout


def test_a_failed_task_and_one_out_of_time_are_done_again_and_no_others(tmp_path: Path) -> None:
    calls: list[str] = []

    def task(name: str, what: Any) -> Any:
        return lambda: calls.append(name) or what()

    def fail() -> None:
        raise ValueError("no such kernel")

    tasks = {
        "good": task("good", dict),
        "bad": task("bad", fail),
        "long": task("long", lambda: time.sleep(9)),
    }
    content: dict[str, Any] = {"parts": {}}
    out = tmp_path / "gpu.json"
    part = Part("tried", 1, lambda _: tasks)
    gpu.do(part, setting(tmp_path), content, out)
    found = json.loads(out.read_text())["parts"]["tried"]
    assert found["bad"]["error"] == "ValueError: no such kernel"
    assert found["long"]["error"] == "not done within the 1 seconds of its part"
    assert set(found["good"]) == {"took"}
    tasks |= {"bad": task("bad", lambda: {"figure": 1}), "long": task("long", dict)}
    gpu.do(part, setting(tmp_path), content, out)
    assert calls == ["good", "bad", "long", "bad", "long"]
    assert json.loads(out.read_text())["parts"]["tried"]["bad"]["figure"] == 1


def test_a_limit_is_no_exception_that_a_program_catches() -> None:
    def careless() -> None:
        while True:
            try:
                time.sleep(5)
            except Exception:
                pytest.fail("caught")

    with pytest.raises(TimeUp), time_limit(0.05):
        careless()
    time.sleep(0.1)  # nothing comes later


def test_results_of_another_machine_are_not_gone_on_from(tmp_path: Path) -> None:
    out = tmp_path / "gpu.json"
    first = gpu.begun(out, setting(tmp_path))
    first["parts"]["equality"] = {"message": {"took": 1}}
    out.write_text(json.dumps(first))
    assert gpu.begun(out, setting(tmp_path)) == first
    out.write_text(json.dumps({**first, "device": "another"}))
    assert gpu.begun(out, setting(tmp_path))["parts"] == {}


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_without_a_gpu_it_says_what_it_needs() -> None:
    done = subprocess.run(
        [sys.executable, str(BENCHMARKS / "gpu.py")], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 2
    assert "needs: a CUDA device" in done.stdout
    assert "--device cpu --small" in done.stdout
