"""Write the messages of certificates again with free orders, and issue the certificates again about the shorter ones.

    python benchmarks/shorten_records.py certificates/mnist certificates/fashion-mnist ...

For runs of declared architectures on data sets known by name, without noise or given weights. Hidden units are put in
canonical order (and sign), the network is encoded and decoded again, and its errors are counted anew, on all training
examples and on the test set; nothing is trained. A message that is not shorter, or a bound that is not lower, leaves
the run as it is. ``result.json`` has the sizes and bounds of the new message; its seconds stay those of the run.
"""

import argparse
import copy
import hashlib
import json
from pathlib import Path

import torch
from torch import Tensor, nn

from netrazor import __version__, data, networks
from netrazor.certification import Certificate, MessageRecord, ledger_of, parse, to_json
from netrazor.certification.run_directory import CERTIFICATE, MESSAGE, RESULT
from netrazor.coding.message import read
from netrazor.counting import BATCH_SIZE, count_errors
from netrazor.files import write_atomically
from netrazor.networks.network_message import decode_into, encode, limits_of
from netrazor.pipeline.issuing import conclude, describe_runtime
from netrazor.pipeline.measurements import bounds_by_method, layers_of, test_record
from netrazor.runtime import devices
from netrazor.simplify import order_for_coding

EXAMPLES = 8  # on which the order of units is checked to leave the outputs as they are


def main() -> None:
    """Shorten each run that can be, and say what changed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", type=Path, nargs="+")
    for run in parser.parse_args().runs:
        print(f"{run}: {shorten(run)}", flush=True)


def shorten(run: Path) -> str:
    """Write message, certificate and result of ``run`` again, where that makes the bound lower."""
    certificate = parse((run / CERTIFICATE).read_bytes())
    if certificate.prior.given or certificate.noise or certificate.sample.spent:
        return "as it is: given weights, noise or spent examples"
    name = certificate.prior.architecture.name
    before = decode_into(networks.build(name), (run / MESSAGE).read_bytes())
    examples = data.load(certificate.sample.name, certificate.sample.split)
    inputs = torch.stack([examples[place][0] for place in range(EXAMPLES)])
    ordered = copy.deepcopy(before)
    order_for_coding(ordered, inputs)
    blob = encode(ordered, name)
    network = decode_into(networks.build(name), blob)
    if len(blob) >= certificate.message_bytes:
        return f"as it is: {len(blob)} bytes in place of {certificate.message_bytes}"
    errors = count_errors(network, examples).errors
    new = issue_again(certificate, network, blob, errors)
    if new.risk_bound >= certificate.risk_bound:
        return f"as it is: a bound of {new.risk_bound} in place of {certificate.risk_bound}"
    write_result(run, new, network)
    write_atomically(run / MESSAGE, blob)
    write_atomically(run / CERTIFICATE, to_json(new))
    return (
        f"{certificate.message_bytes} -> {len(blob)} bytes, {certificate.effective_bits:.0f} -> "
        f"{new.effective_bits:.0f} bits, {certificate.errors} -> {errors} errors, bound {certificate.risk_bound} -> "
        f"{new.risk_bound}; largest difference of scores {largest_difference(before, network, inputs)}"
    )


def issue_again(old: Certificate, network: nn.Module, blob: bytes, errors: int) -> Certificate:
    """The certificate about ``blob``, with everything else as it was."""
    ledger = ledger_of(read(blob, limits_of(network)), schema_is_fixed=True)
    (claim,) = old.claims
    updates = {
        "claims": (claim.model_copy(update={"errors": errors}),),
        "message": MessageRecord(
            form="arrays",
            sha256=hashlib.sha256(blob).hexdigest(),
            bytes=len(blob),
            effective_bits=ledger.charged_bits,
            ledger=ledger,
        ),
        "evaluation": old.evaluation.model_copy(
            update={"batch_size": BATCH_SIZE, "runtime": describe_runtime(network, devices.CPU)}
        ),
        "provenance": old.provenance.model_copy(update={"netrazor": __version__}),
    }
    return conclude(old.model_copy(update=updates))


def write_result(run: Path, certificate: Certificate, network: nn.Module) -> None:
    """Sizes by layer, bounds and test errors of ``result.json`` anew."""
    result = json.loads((run / RESULT).read_bytes())
    result["layers"] = [
        {**vars(layer), "shape": list(layer.shape)} for layer in layers_of(network, certificate, {})
    ]
    result["bounds"] = bounds_by_method((certificate,))
    count = count_errors(network, data.load(certificate.sample.name, "test"))
    result["test"] = test_record(count, certificate.delta)
    write_atomically(run / RESULT, json.dumps(result, indent=2) + "\n")


@torch.no_grad()
def largest_difference(one: nn.Module, other: nn.Module, inputs: Tensor) -> float:
    """Between the scores of two networks."""
    return float((one(inputs) - other(inputs)).abs().max())


if __name__ == "__main__":
    main()
