"""Altered files of data and of weights: a value or a netrazor error, in bounded time and memory.

    python benchmarks/file_fuzz.py --number 50000 --out results/file_fuzz.json

Images in every format that is read, tar shards, recipes, IDX files, arrays (npz, npy, safetensors), weights that
torch wrote and checkpoints of runs are altered in their bytes, recipes in their structure too, and read as the
commands read them. Batches are seeded by their number and the results are written after each, so that an interrupted
run goes on where it stopped; ``--again`` starts anew. Seconds are of the processor; memory is with torch, which takes
most of it.
"""

import argparse
import io
import json
import multiprocessing
import os
import random
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

import fuzzing

BATCH = 1000
MEMORY = Path("/dev/shm")
IMAGES = {
    "BMP": "bmp",
    "GIF": "gif",
    "JPEG": "jpg",
    "PNG": "png",
    "PPM": "ppm",
    "TIFF": "tif",
    "WEBP": "webp",
}
RECIPE = {
    "base": "quick",
    "name": "mine",
    "train": {"steps": 3, "batch_size": 50, "optimizer": {"rate": 0.01}},
    "noise": {"shares": [0.1, 0.3], "slack": 0.01},
    "rules": [{"match": "fc.*", "bits": 3}, {"match": "*.bias", "prune": False}],
}


def main() -> None:
    """Alter, read, count."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--number", type=int, default=50_000)
    parser.add_argument("--out", type=Path, default=Path("results/file_fuzz.json"))
    parser.add_argument("--again", action="store_true", help="do not go on from the results")
    chosen = parser.parse_args()
    found = fuzzing.start("files")
    if chosen.out.exists() and not chosen.again:
        found = json.loads(chosen.out.read_text())
    batches = range(found["files"] // BATCH, -(-chosen.number // BATCH))
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        for batch in pool.map(fuzz_batch, batches):
            fuzzing.add(found, batch, "files", BATCH)
            fuzzing.write(chosen.out, found)
            print(
                found["files"],
                found["foreign"],
                f"{found['longest_s']:.2f} s {found['peak_memory_mib']:.0f} MiB",
                flush=True,
            )
    sys.exit(bool(found["foreign"]))


def fuzz_batch(number: int, size: int = BATCH) -> dict[str, Any]:
    """Alter and read a batch of files."""
    chance, count, started = random.Random(number), fuzzing.Count(), time.process_time()
    readers, contents = every_reader(), every_content()
    with tempfile.TemporaryDirectory(dir=MEMORY if MEMORY.is_dir() else None) as place:
        for index in range(size):
            kind = chance.choice(list(contents))
            content = contents[kind]
            if kind == "recipe.yaml" and chance.random() < 0.5:
                altered = _as_yaml(fuzzing.altered_json(chance, RECIPE))
            elif kind == "recipe.yaml":
                altered = fuzzing.altered_text(chance, content)
            else:
                altered = fuzzing.altered_bytes(chance, content, *contents.values())
            path = Path(place) / f"shards/{kind}" if kind.endswith(".tar") else Path(place) / kind
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(altered)
            count.run(kind, f"batch {number}, file {index}: {kind}", lambda p=path, k=kind: readers[k](p))
            path.unlink()
    return {**count.found(), "cpu_s": time.process_time() - started}


def every_reader() -> dict[str, Callable[[Path], str]]:
    """What reads each kind of file, by its name."""
    import torch

    from netrazor.cli.array_files import arrays_from
    from netrazor.data.idx import read_idx
    from netrazor.data.pictures import read_picture
    from netrazor.data.shards import ImageShards
    from netrazor.networks.user_files import load_weights, read_weights
    from netrazor.pipeline.recipe_files import recipe_from_file
    from netrazor.train.checkpoint import Checkpoint

    def image(path: Path) -> str:
        return f"{tuple(read_picture(path, (3, 8, 8)).shape)}"

    def shards(path: Path) -> str:
        data = ImageShards(path.parent, 8)
        return (
            f"{len(data)} images {sum(image.sum() >= 0 for image, _ in (data[i] for i in range(len(data))))}"
        )

    def weights(path: Path) -> str:
        load_weights(torch.nn.Linear(6, 4), read_weights(path))
        return "weights"

    def arrays(path: Path) -> str:
        return f"{len(arrays_from(path, path.read_bytes()))} arrays"

    def checkpoint(path: Path) -> str:
        return "none" if Checkpoint(path, "run").load() is None else "state"

    readers: dict[str, Callable[[Path], str]] = {f"image.{suffix}": image for suffix in IMAGES.values()}
    return readers | {
        "shard.tar": shards,
        "recipe.yaml": lambda path: type(recipe_from_file(path)).__name__,
        "arrays.npz": arrays,
        "arrays.safetensors": arrays,
        "weights.safetensors": weights,
        "weights.pt": weights,
        "checkpoint.pt": checkpoint,
        "images.idx": lambda path: f"{read_idx(path.read_bytes()).ndim} axes",
    }


def every_content() -> dict[str, bytes]:
    """A small whole file of each kind, by its name."""
    import numpy as np
    import torch
    from PIL import Image
    from safetensors.torch import save

    from netrazor.cli.array_files import file_of
    from netrazor.data.idx import idx_bytes
    from netrazor.train.checkpoint import Checkpoint

    generator = np.random.default_rng(0)
    pixels = generator.integers(0, 256, (12, 10, 3), dtype=np.uint8)
    contents = {}
    for kind, suffix in IMAGES.items():
        written = io.BytesIO()
        Image.fromarray(pixels).save(written, kind)
        contents[f"image.{suffix}"] = written.getvalue()
    contents["shard.tar"] = _shard(contents["image.png"])
    contents["recipe.yaml"] = _as_yaml(RECIPE)
    arrays = {"w": generator.normal(size=(4, 6)).astype(np.float32), "b": np.arange(4)}
    contents["arrays.npz"] = file_of(Path("arrays.npz"), arrays)
    contents["arrays.safetensors"] = file_of(Path("arrays.safetensors"), arrays)
    state = torch.nn.Linear(6, 4).state_dict()
    contents["weights.safetensors"] = save(state)
    written = io.BytesIO()
    torch.save({"state_dict": state, "epoch": 3}, written)
    contents["weights.pt"] = written.getvalue()
    with tempfile.TemporaryDirectory() as place:
        Checkpoint(Path(place) / "checkpoint.pt", "run").save(
            {"network": state, "stage": 2, "seconds": {"train": 1.0}}
        )
        contents["checkpoint.pt"] = (Path(place) / "checkpoint.pt").read_bytes()
    contents["images.idx"] = idx_bytes(pixels)
    return contents


def _shard(image: bytes) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w") as archive:
        for name, content in (("0.png", image), ("0.cls", b"1"), ("1.png", image), ("1.cls", b"0")):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return written.getvalue()


def _as_yaml(content: Any) -> bytes:
    import yaml

    try:
        return yaml.safe_dump(content, allow_unicode=True).encode("utf-8", "surrogatepass")
    except (yaml.YAMLError, RecursionError, ValueError):
        return b""


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
