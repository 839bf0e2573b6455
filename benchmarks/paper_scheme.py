"""The paper's scheme, for comparison: index gaps in row order by adaptive coding, values of fixed width.

    python benchmarks/paper_scheme.py --out results/paper_scheme.json

measures this codec against it on LeNet-5 with dead units: the arrays as they are, and the arrays of the same
function after `netrazor.simplify.simplify`, which leaves the values as they are (``fold=False``). In the cases of
codec_arrays.py layers are dead independently of each other, so that simplification leaves very little; the others
have as many units dead on one side and on both as the paper's own network.

Each array is sent as its non-zero elements in row order: the gap to the one before, through an adaptive
order-0 model of gaps up to 255 (longer ones by an escape), then the value's place in a codebook of float16
entries in the same number of bits for each. Bits are the ideal ones of the adaptive model, which an arithmetic
coder reaches to within a few bytes; this flatters the scheme by those bytes.
"""

import argparse
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from circumstances import circumstances
from codec_arrays import Case, cases, small_values
from numpy.typing import NDArray

from netrazor import coding
from netrazor.files import write_atomically

_ESCAPE = 255


def main() -> None:
    """Measure the LeNet-5 cases, print them, write the results."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("results/paper_scheme.json"))
    chosen = parser.parse_args()
    independent = [case for case in cases(large=False) if case.name.startswith("LeNet-5")]
    rows = [measure(case) for case in [*independent, *map(like_the_papers, range(3))]]
    found = {
        **circumstances("benchmarks/paper_scheme.py"),
        "worst_generic_over_paper": max(row["generic_over_paper"] for row in rows),
        "worst_simplified_over_paper": max(row["simplified_over_paper"] for row in rows),
        "cases": rows,
    }
    print(json.dumps(found, indent=1))
    write_atomically(chosen.out, json.dumps(found, indent=1) + "\n")


def like_the_papers(seed: int) -> Case:
    """Non-zeros as in the paper's Table 3; of 500 hidden units 138 carry anything and 232 are dead on both sides."""
    rng = np.random.default_rng([6, seed])
    maps1, maps2 = rng.permutation(20) < 8, rng.permutation(50) < 30
    hidden = rng.permutation(500)
    fed, used = hidden < 138 + 100, (hidden < 138) | (hidden >= 470)
    arrays = {}
    for name, shape, nonzeros, rows, columns in (
        ("conv1", (20, 1, 5, 5), 16, maps1, np.ones(1, np.bool_)),
        ("conv2", (50, 20, 5, 5), 437, maps2, maps1),
        ("fc1", (500, 800), 4727, fed, np.repeat(maps2, 16)),
        ("fc2", (10, 500), 144, np.ones(10, np.bool_), used),
    ):
        activity = np.multiply.outer(
            rows * rng.gamma(1, 1, len(rows)), columns * rng.gamma(1, 1, len(columns))
        )
        activity = activity.reshape(*activity.shape, *(1,) * (len(shape) - 2))
        activity = activity * rng.gamma(1, 1, (1, *shape[1:]))
        mask = rng.random(shape) < np.clip(activity * nonzeros / activity.sum(), 0, 1)
        arrays[f"{name}.weight"] = small_values(rng, mask, 4)
        arrays[f"{name}.bias"] = small_values(rng, rows & (rng.random(shape[0]) < 0.3), 4)
    return Case(f"LeNet-5 with the paper's dead units, seed {seed}", True, arrays)


def measure(case: Case) -> dict[str, Any]:
    """Bytes of the scheme and of this codec, which are content without names and shapes; on the generic arrays."""
    paper = paper_bytes(case.arrays)
    generic = case.floats()
    simplified = simplified_arrays(generic)
    bytes_of = {"generic": content_bytes(generic), "simplified": content_bytes(simplified)}
    return {
        "case": case.name,
        "paper_bytes": paper,
        **{f"{kind}_bytes": size for kind, size in bytes_of.items()},
        **{f"{kind}_over_paper": size / paper for kind, size in bytes_of.items()},
        **{
            f"{kind}_nonzeros": sum(int(np.count_nonzero(array)) for array in arrays.values())
            for kind, arrays in (("generic", generic), ("simplified", simplified))
        },
    }


def simplified_arrays(arrays: Mapping[str, NDArray[np.float32]]) -> dict[str, NDArray[np.float32]]:
    """The arrays of a LeNet-5 after simplification."""
    import torch  # not needed, and not to be measured, where only `paper_bytes` is used

    from netrazor.networks.lenet5 import LeNet5
    from netrazor.simplify.simplification import simplify

    model = LeNet5().eval()
    model.load_state_dict({name: torch.from_numpy(array) for name, array in arrays.items()})
    torch.manual_seed(0)
    report = simplify(model, torch.rand(2, 1, 28, 28), fold=False)
    assert not report.untouched, report.untouched
    return {name: tensor.numpy() for name, tensor in model.state_dict().items()}


def content_bytes(arrays: Mapping[str, NDArray[np.float32]]) -> float:
    """Length of a message without names and shapes."""
    ledger = coding.ledger(coding.encode(arrays))
    return (ledger.bits - ledger.bits_of("framing", "schema")) / 8


def paper_bytes(arrays: Mapping[str, NDArray[np.int32]]) -> int:
    """Length of all arrays under the scheme, codebooks included, names and shapes not."""
    return math.ceil(sum(_array_bits(array.ravel()) for array in arrays.values()) / 8)


def _array_bits(flat: NDArray[np.int32]) -> float:
    places = np.flatnonzero(flat)
    codebook = np.unique(flat[places])
    width = math.ceil(math.log2(max(len(codebook), 2)))
    gaps = np.diff(places, prepend=-1) - 1
    counts = np.ones(_ESCAPE + 1)
    bits = 32.0 + 16 * len(codebook) + width * len(places)  # number of non-zeros, codebook, values
    for gap in gaps.tolist():
        while True:
            symbol = min(gap, _ESCAPE)
            bits -= math.log2(counts[symbol] / counts.sum())
            counts[symbol] += 1
            gap -= _ESCAPE
            if symbol < _ESCAPE:
                break
    return bits


if __name__ == "__main__":
    main()
