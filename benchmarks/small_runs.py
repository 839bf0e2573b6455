"""Small runs of every kind, for the fuzzers: directories as the commands leave them, with their data and networks."""

import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "picking")]


def write_small_runs(place: Path) -> None:
    """A directory for each kind of run, below ``place``; takes half a minute."""
    import pickable

    import spent_runs
    import tiny
    from netrazor.certification.run_directory import GRAPH, RESULT
    from netrazor.picking import PickingConfig
    from netrazor.pipeline.learner_certificate import LearnerTerms
    from netrazor.pipeline.learner_hold_out import run_learner_hold_out
    from netrazor.pipeline.picked_run import run_picked

    runs = {"occam": tiny.occam_run(), "noisy": tiny.noisy_run(), "two-claims": tiny.two_claims_run()}
    for name, run in runs.items():
        tiny.write(place / name, run.issued.certificate, run.issued.blob)
        (place / name / RESULT).write_text(run.result.to_json())
        if run.issued.graph is not None:
            (place / name / GRAPH).write_bytes(run.issued.graph)
    spent_runs.issued().write(place / "steps")
    spent_runs.held_out().write(place / "hold-out")
    for name, spent in (("picked", 0), ("picked-spent", 60)):
        terms = LearnerTerms(config=PickingConfig(stops=(8, 16, 24), first=5, spent=spent))
        run_picked(pickable.NearestMean(), pickable.points(), terms=terms, out=place / name)
    run_learner_hold_out(pickable.NearestMean(), pickable.points(), spent=100, out=place / "learner-hold-out")


def examples_and_model(name: str) -> tuple[Any, Any]:
    """What `netrazor.verify` takes besides the directory of the small run called ``name``."""
    import pickable

    import spent_runs
    import tiny

    if name in ("steps",):
        return spent_runs.images(), None
    if name == "noisy":
        return tiny.images(2000), tiny.linear()
    if name in ("occam", "two-claims", "hold-out"):
        return tiny.images(), tiny.small()
    return pickable.points(), pickable.NearestMean()


if __name__ == "__main__":
    write_small_runs(Path(sys.argv[1]))
