"""Two processes score side by side and pick what one picks."""

import json
import os
import subprocess
import sys
from pathlib import Path

from picks_of_two import main

HERE = Path(__file__).parent


def test_two_processes_pick_what_one_picks(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(sys.path)}
    alone, two = tmp_path / "alone", tmp_path / "two"
    alone.mkdir()
    two.mkdir()
    command += [str(HERE / "picks_of_two.py"), str(two)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, done.stderr[-3000:]
    main(alone)
    found = json.loads((alone / "0.json").read_text())
    assert len(found["picks"]) == 24
    assert [json.loads((two / f"{rank}.json").read_text()) for rank in range(2)] == [found, found]
