"""Lengths and speeds of the codec beside other coders, on the same arrays in one run.

    python benchmarks/codec.py --others /path/to/python --out results/codec.json [--large] [--records DIR]

``--others`` is the interpreter of an environment that has nncodec, brotli and zstandard (see codec_others.py);
without it they are left out. ``--records`` adds every network.nrz or .npz found below a directory.
Seconds are CPU seconds of one core. "content" is what the message says about the arrays: all of it but the names
and shapes, which no other coder here sends; ratios are content over the payload of the best of the others.

Results are written after each case. A case that the file has already, measured with the same code of the codec, is
not measured again; ``--again`` does.
"""

import argparse
import hashlib
import json
import lzma
import math
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from circumstances import circumstances
from codec_arrays import Case, cases
from paper_scheme import paper_bytes

from netrazor import coding
from netrazor.coding.message import read
from netrazor.files import write_atomically


def main() -> None:
    """Run all cases, print a table, write the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--others", help="interpreter that has nncodec, brotli, zstandard")
    parser.add_argument("--out", type=Path, default=Path("results/codec.json"))
    parser.add_argument("--large", action="store_true", help="SqueezeNet's and ResNet-50's shapes too")
    parser.add_argument("--only", default="", help="cases whose name has this in it")
    parser.add_argument("--records", type=Path, action="append", default=[])
    parser.add_argument("--again", action="store_true", help="measure what the results have already")
    chosen = parser.parse_args()
    rows = {} if chosen.again else measured(chosen.out)
    for case in [*records(chosen.records), *cases(chosen.large)]:
        if chosen.only not in case.name or case.name in rows:
            continue
        rows[case.name] = measure(case, chosen.others)
        print(line(rows[case.name]), flush=True)
        write(chosen.out, [*rows.values()])
    write(chosen.out, [*rows.values()])
    print(json.dumps(summarize([*rows.values()]), indent=1))


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    """The results so far."""
    found = {
        **circumstances("benchmarks/codec.py"),
        "code": code(),
        "summary": summarize(rows),
        "cases": rows,
    }
    write_atomically(path, json.dumps(found, indent=1) + "\n")


def measured(path: Path) -> dict[str, dict[str, Any]]:
    """The cases of a file of results that the same code has measured."""
    if not path.exists():
        return {}
    found = json.loads(path.read_text())
    return {row["case"]: row for row in found["cases"]} if found.get("code") == code() else {}


def code() -> str:
    """A digest of the codec's source."""
    digest = hashlib.sha256()
    for path in sorted(Path(coding.__file__).parent.glob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def records(directories: list[Path]) -> Iterator[Case]:
    """Networks of runs, as integers where their values are multiples of a step, else as codebook indices."""
    for directory in directories:
        for path in sorted([*directory.rglob("*.nrz"), *directory.rglob("*.npz")]):
            arrays = coding.decode(path.read_bytes()) if path.suffix == ".nrz" else dict(np.load(path))
            yield Case(
                f"record {path.relative_to(directory)}", True, {k: indices(v) for k, v in arrays.items()}
            )


def indices(array: np.ndarray) -> np.ndarray:
    """Multiples of the smallest magnitude if all values are; else signed places in the codebook."""
    values = array[array != 0]
    if not values.size:
        return array.astype(np.int32)
    multiples = array / np.abs(values).min()
    if (multiples == np.rint(multiples)).all() and np.abs(multiples).max() < 128:
        return np.rint(multiples).astype(np.int32)
    codebook = np.unique(values)
    negatives = int((codebook < 0).sum())
    places = np.searchsorted(codebook, array) - negatives
    return np.where(array == 0, 0, np.where(places >= 0, places + 1, places)).astype(np.int32)


def measure(case: Case, others: str | None) -> dict[str, Any]:
    """All coders on one case."""
    floats = case.floats()
    start = time.process_time()
    message = coding.encode(floats)
    middle = time.process_time()
    decoded = coding.decode(message, limits=coding.Limits(elements=2**27))
    end = time.process_time()
    assert all(decoded[name].tobytes() == array.tobytes() for name, array in floats.items())
    told = read(message, coding.Limits(elements=2**27))
    content = (told.ledger.bits - told.ledger.bits_of("framing", "schema")) / 8
    row: dict[str, Any] = {
        "case": case.name,
        "structured": case.structured,
        "weights": sum(array.size for array in floats.values()),
        "nonzeros": sum(int(np.count_nonzero(array)) for array in floats.values()),
        "extended": told.extended,
        "file_bytes": len(message),
        "content_bytes": content,
        "ideal_bytes": told.ideal_bits / 8,
        "encode_s": middle - start,
        "decode_s": end - middle,
        "others": {},
    }
    if row["weights"] < 2**20:
        row["others"]["paper's scheme"] = {"bytes": paper_bytes(case.arrays)}
    data = b"".join(array.astype(np.int8).tobytes() for array in case.arrays.values())
    if row["weights"] < 2**22:
        start = time.process_time()
        packed = lzma.compress(data, preset=9 | lzma.PRESET_EXTREME)
        row["others"]["xz -9e, int"] = {"bytes": len(packed), "encode_s": time.process_time() - start}
    if others:
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "arrays.npz")
            np.savez(path, **{f"a{i}": array for i, array in enumerate(case.arrays.values())})
            script = Path(__file__).with_name("codec_others.py")
            run = subprocess.run([others, str(script), path], capture_output=True, check=True, text=True)
        row["others"].update(json.loads(run.stdout.splitlines()[-1]))
    if row["others"]:
        row["over_best"] = content / min(other["bytes"] for other in row["others"].values())
    return row


def summarize(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Geometric means and worst cases."""
    found: dict[str, Any] = {}
    for kind, wanted in (("structured", True), ("unstructured", False)):
        ratios = [
            row["over_best"]
            for row in rows
            if row["structured"] == wanted and "over_best" in row and row["nonzeros"]
        ]
        if ratios:
            mean = math.exp(sum(map(math.log, ratios)) / len(ratios))
            found[kind] = {
                "cases": len(ratios),
                "geometric_mean_over_best": mean,
                "worst_over_best": max(ratios),
            }
    large = [row for row in rows if row["content_bytes"] > 10_000]
    if large:
        found["worst_over_ideal_above_10_kB"] = max(
            row["content_bytes"] / row["ideal_bytes"] for row in large
        )
    small = [row for row in rows if row["content_bytes"] <= 10_000]
    if small:
        found["worst_bytes_over_ideal_below_10_kB"] = max(
            row["content_bytes"] - row["ideal_bytes"] for row in small
        )
    return found


def line(row: dict[str, Any]) -> str:
    """One row of the table."""
    others = "  ".join(f"{name} {other['bytes']:,}" for name, other in row["others"].items())
    return (
        f"{row['case']:45} {row['nonzeros']:>9,} non-zeros  content {row['content_bytes']:>12,.1f}"
        f"  over best {row.get('over_best', math.nan):.3f}  {row['encode_s']:.2f} / {row['decode_s']:.2f} s  {others}"
    )


if __name__ == "__main__":
    main()
