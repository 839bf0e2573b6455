"""Run by torchrun: picks, and writes what it picked."""

import json
import sys
from pathlib import Path

from pickable import images, torch_learner

from netrazor.picking import PickingConfig, pick
from netrazor.runtime import processes

CONFIG = PickingConfig(stops=(8, 16, 24), first=5, growth_percent=30, scoring_batch=16)


def main(out: Path) -> None:
    """Pick with all processes; the first writes."""
    processes.join()
    picking = pick(torch_learner(), images(200), CONFIG)
    found = {"picks": picking.picks.tolist(), "counts": [[c.picked, c.errors] for c in picking.counts]}
    (out / f"{processes.rank()}.json").write_text(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
