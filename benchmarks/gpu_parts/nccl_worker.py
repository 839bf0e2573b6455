"""What each process of `nccl.py` does: everything that passes between processes, on a device."""

import json
import sys
from pathlib import Path

import torch
from torch import distributed

from netrazor.runtime import devices, processes


def main() -> None:
    """Sums, averages, broadcasts of every type that is used; the first process writes what came of them."""
    place, device = Path(sys.argv[1]), devices.chosen(sys.argv[2])
    processes.join(even_alone=True)
    count, rank = distributed.get_world_size(), distributed.get_rank()
    if count == 1:
        processes.count = lambda: 2  # so that nothing is left out because there is nobody else
    whole = torch.full((3,), rank + 1, dtype=torch.int64, device=device)
    rates = torch.full((3,), rank + 0.5, dtype=torch.float64, device=device)
    gradients = [torch.full((2, 2), float(rank), device=device), torch.full((5,), 1.0, device=device)]
    mask = torch.tensor([rank == 0, False], device=device)
    for tensor in (whole, rates):
        processes.all_reduce(tensor)
    processes.average(gradients, 1 / count)
    processes.broadcast([mask])
    found = {
        "backends": distributed.get_backend_config(),
        "sums": whole.tolist() == 3 * [count * (count + 1) // 2] and rates.tolist() == 3 * [count**2 / 2],
        "averages": gradients[0].flatten().tolist() == 4 * [(count - 1) / 2],
        "broadcast": mask.tolist() == [True, False],
        "object": processes.on_rank_zero(lambda: "made") == "made",
    }
    if rank == 0:
        (place / "found.json").write_text(json.dumps(found))
    assert all(found.values()), found


if __name__ == "__main__":
    main()
