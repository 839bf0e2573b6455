"""By which score to withhold answers: the error bound where 95 % are answered, for one network and many scores.

    OMP_NUM_THREADS=1 python benchmarks/withheld_scores.py [RUN]

Each score ranks the counted examples; the 95 % of the highest are answered, and the bound is that of the errors
among them at the message's bits, as if that one threshold had been declared. Thresholds of each answer's own are paid
for by their bits, log2(81) each. Nothing is trained. Writes results/withheld_scores.json.
"""

import argparse
import json
import math
from pathlib import Path

import numpy as np
import torch
from circumstances import circumstances

from netrazor import bounds, claims, data
from netrazor.certification import read_run
from netrazor.coding import Limits
from netrazor.coding.message import read
from netrazor.counting import in_counting_order, scores_of
from netrazor.verification.rebuilding import rebuild

ROOT = Path(__file__).parents[1]
RESULT = ROOT / "results" / "withheld_scores.json"
ANSWERED = claims.ANSWERED
TEMPERATURES = (256.0, 512.0, 1024.0, 2048.0, 4096.0)  # of a softmax over whole-number scores
PART = 0.05 / 7 / 2  # of delta: one claim of seven, two statements


def main() -> None:
    """Scores of the network once, then every rule."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=Path, nargs="?", default=ROOT / "certificates" / "mnist")
    files = read_run(parser.parse_args().run)
    assert files.message is not None
    network = rebuild(files, read(files.message, Limits()), None).eval()
    dataset = data.load(files.certificate.sample.name)
    with torch.inference_mode():
        pairs = [
            (scores_of(network, inputs).double(), labels)
            for inputs, labels in in_counting_order(dataset, 1000)
        ]
    scores, labels = (torch.cat(part).numpy() for part in zip(*pairs, strict=True))
    answers, bits = scores.argmax(axis=1), files.certificate.effective_bits
    wrong = answers != labels
    found = {name: answering(score, wrong, bits) for name, score in ranked(scores).items()}
    found["margin, a threshold for each answer"] = by_answer(scores, answers, wrong, bits)
    for name, entry in found.items():
        print(f"{name:40s} {entry}")
    least = float(bounds.occam(0, math.ceil(ANSWERED * len(labels)), bits, PART))
    content = {
        **circumstances("benchmarks/withheld_scores.py"),
        "effective_bits": bits,
        "answered": ANSWERED,
        "without any error": least,
        "scores": found,
    }
    RESULT.write_text(json.dumps(content, indent=1) + "\n")


def ranked(scores: np.ndarray) -> dict[str, np.ndarray]:
    """Scores of confidence by name, larger where the answer is surer."""
    best, second, third = -np.sort(-scores, axis=1)[:, :3].T
    found = {
        "margin": best - second,
        "margin to the mean of the next two": best - (second + third) / 2,
        "margin over the largest score": (best - second) / np.maximum(np.abs(best), 1),
        "margin over the spread of the scores": (best - second) / scores.std(axis=1),
        "best score": best,
        "best score above the mean": best - scores.mean(axis=1),
    }
    for temperature in TEMPERATURES:
        p = np.exp((scores - best[:, None]) / temperature)
        p /= p.sum(axis=1, keepdims=True)
        found |= {
            f"largest softmax, temperature {temperature:g}": p.max(axis=1),
            f"entropy, temperature {temperature:g}": (p * np.log(np.maximum(p, 1e-300))).sum(axis=1),
            f"collision, temperature {temperature:g}": (p**2).sum(axis=1),
        }
    return found


def answering(score: np.ndarray, wrong: np.ndarray, bits: float) -> dict[str, float]:
    """Errors and bound where the declared share is answered, that of the highest scores."""
    kept = np.argsort(-score, kind="stable")[: math.ceil(ANSWERED * len(score))]
    errors = int(wrong[kept].sum())
    return {"errors": errors, "errs at most": float(bounds.occam(errors, len(kept), bits, PART))}


def by_answer(scores: np.ndarray, answers: np.ndarray, wrong: np.ndarray, bits: float) -> dict[str, float]:
    """The best thresholds of each answer's own, by Lagrangian, paid for in the message."""
    ordered = -np.sort(-scores, axis=1)
    margin, classes = ordered[:, 0] - ordered[:, 1], scores.shape[1]
    paid = bits + classes * math.log2(len(claims.THRESHOLDS))
    table = np.array(
        [[[(wrong & at).sum(), at.sum()] for at in (((answers == c) & (margin >= t)) for t in claims.THRESHOLDS)]
         for c in range(classes)]
    )  # fmt: skip
    found = []
    for price in np.logspace(-4, 0, 60):
        chosen = (table[..., 0] - price * table[..., 1]).argmin(axis=1)
        errors, answered = table[np.arange(classes), chosen].sum(axis=0).tolist()
        if answered >= ANSWERED * len(wrong):
            found.append((float(bounds.occam(errors, answered, paid, PART)), errors))
    bound, errors = min(found)
    return {"errors": errors, "errs at most": bound}


if __name__ == "__main__":
    main()
