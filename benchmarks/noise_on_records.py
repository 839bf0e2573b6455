"""Would noise pay on the records? The best noise that the search finds, with every doubt in its favour.

    python benchmarks/noise_on_records.py [--out results/noise_on_records.json] [RECORD ...]

For each record, noise is searched for on the decoded network (Theorem 5.1). The bound with noise is then computed as
if the risk that the search saw were exact: nothing is added for its confidence, and all of delta is spent on
PAC-Bayes, none on the choice between two kinds of certificates. Where even that is above the record, noise
does not pay.
"""

import argparse
import json
import os
import time
from datetime import date
from pathlib import Path

import torch
from torch import Tensor, nn

from netrazor import bounds, coding, data
from netrazor.certification import parse
from netrazor.certification.charging import charge
from netrazor.compress import SearchContext
from netrazor.counting import count_errors, part_of
from netrazor.files import write_atomically
from netrazor.networks.network_message import encode, limits_of
from netrazor.perturb import NoiseConfig, search_noise
from netrazor.train.frozen_features import HasFrozenFeatures, precompute_features
from netrazor.units import nats_from_bits
from netrazor.verification import load

CONFIG = NoiseConfig(shares=(0.05, 0.1, 0.2, 0.4))


class Behind(nn.Module):
    """The learned part of a network behind its fixed features, under the names that its message has."""

    def __init__(self, learned: nn.Module) -> None:
        super().__init__()
        self.learned = learned

    def forward(self, features: Tensor) -> Tensor:
        """Scores of features."""
        scores: Tensor = self.learned(features)
        return scores


def measure(record: Path) -> dict[str, object]:
    """The record's bound, and the one that noise would come to at best."""
    started = time.monotonic()
    certificate = parse((record / "certificate.json").read_bytes())
    network = load(record)
    static = encode(network, certificate.predictor, static=True)
    ledger = charge(static, limits_of(network))
    fixed_bits = ledger.charged_bits - ledger.charged_to("values")
    part, dataset = precompute_features(network, data.load(certificate.sample.name))
    search = search_noise(
        Behind(part) if isinstance(network, HasFrozenFeatures) else part,
        coding.static_values(static, limits=limits_of(network)),
        CONFIG,
        SearchContext(dataset, certificate.delta),
        fixed_bits=fixed_bits,
    )
    value_bits = ledger.charged_to("values") - sum(search.saved_bits.values())
    kl_nats = nats_from_bits(fixed_bits + value_bits)
    seen = count_errors(part, part_of(dataset, CONFIG.search_examples)).risk
    risk = certificate.errors / certificate.n + max(0.0, search.risk - seen)
    return {
        "record": record.name,
        "bound": certificate.risk_bound,
        "bits": certificate.effective_bits,
        "risk": certificate.empirical_risk,
        "with_noise": {
            "bound_at_best": float(bounds.maurer(risk, kl_nats, certificate.n, certificate.delta)),
            "bits": fixed_bits + value_bits,
            "saved_bits": search.saved_bits,
            "sigma": search.noise.sigma,
            "risk": risk,
        },
        "seconds": round(time.monotonic() - started, 1),
    }


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("records", nargs="*", type=Path, default=[Path("certificates/mnist")])
    parser.add_argument("--out", type=Path, default=Path("results/noise_on_records.json"))
    arguments = parser.parse_args()
    result = {
        "command": "python benchmarks/noise_on_records.py " + " ".join(map(str, arguments.records)),
        "date": date.today().isoformat(),
        "cores": torch.get_num_threads(),
        "machine_cores": os.cpu_count(),
        "shares": CONFIG.shares,
        "records": [measure(record) for record in arguments.records],
    }
    text = json.dumps(result, indent=2) + "\n"
    print(text)
    write_atomically(arguments.out, text.encode())


if __name__ == "__main__":
    main()
