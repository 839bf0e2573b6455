"""Issue certificates again, from their messages: errors are counted anew, nothing is trained.

    python benchmarks/reissue.py certificates/* results/lenet5-mnist-paper ...

For runs of declared architectures on data sets known by name: certificates of format 1, and those of format 2 about a
message alone (no noise, nothing given or spent) whose architecture has another source now that makes the same errors;
all others stay as they are. The message keeps its bytes; draws of noise keep their recorded moments, which `netrazor
verify` checks with draws of its own. A bound that would rise, or another count of errors, ends the program.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from netrazor import data, networks
from netrazor.certification import (
    ArchitectureRecord,
    Certificate,
    ClaimRecord,
    EvaluationRecord,
    GivenRecord,
    MessageRecord,
    NoiseRecord,
    NoisyRisk,
    PriorRecord,
    Provenance,
    ledger_of,
    parse,
    to_json,
)
from netrazor.certification.bounding import bound_noisy_risk
from netrazor.certification.delta_shares import delta_parts
from netrazor.certification.run_directory import CERTIFICATE, GIVEN, MESSAGE
from netrazor.certification.sample_record import Spending
from netrazor.certification.spending import split_positions
from netrazor.coding import Limits
from netrazor.coding.message import read
from netrazor.counting import BATCH_SIZE, count_errors
from netrazor.data.subsets import take
from netrazor.files import write_atomically
from netrazor.networks.network_message import decode_into, filled
from netrazor.networks.weight_steps import decode_steps
from netrazor.pipeline.describing_samples import describe_sample
from netrazor.pipeline.issuing import conclude, describe_runtime
from netrazor.runtime import SILENT, devices

OLD = {"netrazor-certificate-1", "netrazor-informed-certificate-1"}


def main() -> None:
    """Issue each again and write it, or say why not."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", type=Path, nargs="+")
    for run in parser.parse_args().runs:
        old = json.loads((run / CERTIFICATE).read_bytes())
        certificate = issue_again(run, old) if old["format"] in OLD else with_source_of_today(run)
        if certificate is None:
            print(f"{run}: as it is")
            continue
        if certificate.risk_bound > old["risk_bound"]:
            sys.exit(f"{run}: the bound would rise from {old['risk_bound']} to {certificate.risk_bound}")
        write_atomically(run / CERTIFICATE, to_json(certificate))
        print(f"{run}: {old['risk_bound']} -> {certificate.risk_bound}")


def with_source_of_today(run: Path) -> Certificate | None:
    """The certificate of format 2, naming the source that its architecture has now; None where it stays as it is."""
    old = parse((run / CERTIFICATE).read_bytes())
    architecture = old.prior.architecture
    is_message_alone = old.message is not None and not (old.prior.given or old.noise or old.sample.spent)
    if architecture is None or not networks.index_of(architecture.name) or not is_message_alone:
        return None
    network = decode_into(networks.build(architecture.name), (run / MESSAGE).read_bytes())
    digest = networks.source_digest(network)
    if digest == architecture.source_sha256:
        return None
    examples = data.load(old.sample.name, old.sample.split)
    for claim in old.claims:
        errors = count_errors(network, examples, top=claim.top).errors
        if errors != claim.errors:
            sys.exit(f"{run}: {claim.errors} errors were certified, the source of today makes {errors}")
    source = architecture.model_copy(update={"source_sha256": digest})
    return conclude(old.model_copy(update={"prior": old.prior.model_copy(update={"architecture": source})}))


def issue_again(run: Path, old: dict[str, Any]) -> Certificate:
    """The certificate of format 2 about the same message."""
    blob = (run / MESSAGE).read_bytes()
    message, name = read(blob, Limits()), old["architecture"]["name"]
    dataset = data.load(old["dataset"]["name"], old["dataset"]["split"])
    given = None
    network = networks.build(name)
    spending: Spending = "none"
    if (run / GIVEN).exists():
        spending, given = "even positions", (run / GIVEN).read_bytes()
        start = filled(network, read(given, Limits()))
        network = decode_steps(start, message)
    else:
        network = filled(network, message)
    spent = (len(dataset) + 1) // 2 if given else 0
    sample = describe_sample(network, dataset, SILENT, spent, spending)
    examples = take(dataset, split_positions(sample)[1])
    record = None
    if given is not None:
        record = GivenRecord(
            sha256=_digest(given),
            bytes=len(given),
            origin="trained, pruned and quantized on the spent examples",
            errors=count_errors(start, examples).errors,
        )
    considered, ledger = tuple(old.get("considered", ("occam",))), ledger_of(message, schema_is_fixed=False)
    noise, noisy = _noise(old, delta_parts(old["delta"], considered))
    claim = ClaimRecord(
        sentence="",
        bound=1.0,
        top=old["evaluation"]["top"],
        n=sample.counted,
        errors=count_errors(network, examples, top=old["evaluation"]["top"]).errors,
        noisy=noisy,
        delta_parts=delta_parts(old["delta"], considered),
    )
    return conclude(
        Certificate(
            method=old.get("method", "occam"),
            considered=considered,
            claims=(claim,),
            delta=old["delta"],
            sample=sample,
            prior=PriorRecord(
                architecture=ArchitectureRecord(
                    name=name, index=networks.index_of(name), source_sha256=networks.source_digest(network)
                ),
                given=record,
            ),
            message=MessageRecord(
                form="arrays" if given is None else "steps",
                sha256=_digest(blob),
                bytes=len(blob),
                effective_bits=ledger.charged_bits,
                ledger=ledger,
            ),
            noise=noise,
            evaluation=EvaluationRecord(
                batch_size=BATCH_SIZE, runtime=describe_runtime(network, devices.CPU)
            ),
            provenance=Provenance(**old["provenance"]),
        )
    )


def _noise(old: dict[str, Any], parts: dict[str, float]) -> tuple[NoiseRecord, NoisyRisk] | tuple[None, None]:
    draws = old.get("noise")
    if draws is None:
        return None, None
    moments = NoisyRisk(mean=draws["mean"], variance=draws["variance"], upper=1.0)
    upper = bound_noisy_risk(moments, draws["draws"], parts)
    fields = {name: draws[name] for name in ("draws", "examples_per_draw", "estimator", "seed")}
    return NoiseRecord(**fields), moments.model_copy(update={"upper": upper})


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


if __name__ == "__main__":
    main()
