"""Small runs of every kind, for the fuzzers: directories as the commands leave them, with their data and networks."""

import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "tests" / "picking")]


def write_small_runs(place: Path) -> None:
    """A directory for each kind of run, below ``place``; takes half a minute."""
    import pickable
    from safetensors.torch import save_file

    import spent_runs
    import tiny
    from netrazor import certify, extend
    from netrazor.certification.run_directory import GIVEN_ARRAYS, GRAPH, RESULT
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
    given = place / "given-arrays"
    certify(
        tiny.small().eval(),
        tiny.images(),
        recipe=tiny.NO_NOISE,
        given=("conv", "fc1"),
        given_origin="drawn at random",
        out=given,
    )
    kept = {name: array for name, array in tiny.small().state_dict().items() if not name.startswith("fc2")}
    save_file(kept, given / GIVEN_ARRAYS)
    extended = tiny.write(place / "extended", runs["occam"].issued.certificate, runs["occam"].issued.blob)
    extend(
        extended, tiny.small(1).eval(), tiny.images(300, seed=5), model=tiny.small(), delta=0.01, out=extended
    )
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
    if name in ("occam", "two-claims", "hold-out", "given-arrays", "extended"):
        return tiny.images(), tiny.small()
    return pickable.points(), pickable.NearestMean()


if __name__ == "__main__":
    write_small_runs(Path(sys.argv[1]))
