"""Run in a process of its own: the digest of what an exact learner picks, and of its weights."""

import hashlib
import json

import torch
from pickable import exact_learner, images

from netrazor.picking import PickingConfig, pick


def digest() -> dict[str, object]:
    """Of a short run."""
    learner = exact_learner()
    picking = pick(learner, images(150), PickingConfig(stops=(10, 16), first=6, growth_percent=50))
    weights = b"".join(tensor.numpy().tobytes() for tensor in learner.state()["fine"])
    found = hashlib.sha256(weights).hexdigest()
    return {"picks": picking.picks.tolist(), "errors": picking.best.errors, "weights": found}


if __name__ == "__main__":
    setting = [torch.get_num_threads(), torch.backends.cpu.get_cpu_capability()]
    print(json.dumps([digest(), setting]))
