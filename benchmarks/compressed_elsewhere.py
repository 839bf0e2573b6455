"""Networks as others compress them, brought as they are: bytes of the message beside other coders of the same file.

    python benchmarks/compressed_elsewhere.py --out results/compressed_elsewhere.json

Cases: the record LeNet-5s with their units in another order and dead units full of weights that nothing reads or that
read nothing, which `as-is` has to find; weights quantized per channel, per group and with codebooks, pruned by masks,
in half precision; a ResNet-20 whose batch norms have scales of zero. Lengths are those of the message of the network
as `netrazor certify --recipe as-is` encodes it, of `netrazor encode` on the same file, of xz -9e and of zstd -19 (if
``zstandard`` is installed) on the file of safetensors.
"""

import argparse
import copy
import importlib.util
import itertools
import json
import lzma
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.torch
import torch
from circumstances import circumstances
from torch import Tensor, nn
from torch.nn.utils import prune

from netrazor import coding
from netrazor.coding import Limits
from netrazor.files import write_atomically
from netrazor.networks import build
from netrazor.networks.network_message import codable_arrays, decode_into
from netrazor.networks.plain import plain_copy
from netrazor.simplify import order_for_coding, simplify

LENET_LAYERS = ("conv1", "conv2", "fc1", "fc2")
_SIZES = torch.tensor([0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0])
E2M1 = torch.cat([-_SIZES.flip(0), torch.zeros(1), _SIZES])
E4M3 = torch.arange(256, dtype=torch.uint8).view(torch.float8_e4m3fn).float().nan_to_num().unique()
# Quantiles of a normal law, as QLoRA (Dettmers et al. 2023) takes them for four bits.
QUANTILES = torch.tensor(
    [
        *(-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635),
        *(-0.18477343022823334, -0.09105003625154495, 0.0, 0.07958029955625534, 0.16093020141124725),
        *(0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941),
        *(0.7229568362236023, 1.0),
    ]
)


def main() -> None:
    """Measure every case."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--records", type=Path, default=Path("certificates"))
    parser.add_argument("--out", type=Path, default=Path("results/compressed_elsewhere.json"))
    parser.add_argument("--only", nargs="*", default=[], help="cases to measure; the others stay")
    chosen = parser.parse_args()
    found = json.loads(chosen.out.read_text())["cases"] if chosen.only and chosen.out.exists() else {}
    for name, make, example in cases(chosen.records):
        if chosen.only and name not in chosen.only:
            continue
        found[name] = measure(make(), example)
        print(name, json.dumps(found[name]), flush=True)
        content = {**circumstances("benchmarks/compressed_elsewhere.py"), "cases": found}
        write_atomically(chosen.out, json.dumps(content, indent=1) + "\n")


def cases(records: Path) -> Iterator[tuple[str, Callable[[], nn.Module], Tensor]]:
    """Names, networks and an example of their input."""
    digit = torch.rand(4, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    for name in ("lenet5-mnist", "lenet5-mnist-tight", "lenet5-fashion-mnist"):
        blob = (records / name / "network.nrz").read_bytes()
        network = decode_into(build("lenet5"), blob)
        yield f"{name}, as recorded", lambda network=network: network, digit
        yield f"{name}, scrambled, dead units full", lambda network=network: scrambled(network), digit
    yield "int8, a scale per channel", lambda: quantized(trained(), channel_scales(127)), digit
    yield "int4, a scale per 32 weights", lambda: quantized(trained(), group_scales(7, 32)), digit
    yield (
        "int8 per channel in bfloat16",
        lambda: quantized(trained(), rounded(channel_scales(127), 16)),
        digit,
    )
    yield "16 values per layer", lambda: quantized(trained(), codebook(16)), digit
    yield "two in four, int4 per channel", lambda: quantized(trained(), two_in_four(channel_scales(7))), digit
    yield "blocks of 4 x 4, a fifth, int8", lambda: quantized(trained(), blocks(channel_scales(127))), digit
    yield "four-bit quantiles, a scale per 64", lambda: quantized(trained(), levels(QUANTILES, 64)), digit
    yield "four-bit floats, a power of two per 32", lambda: quantized(trained(), levels(E2M1, 32)), digit
    yield "eight-bit floats, a scale per channel", lambda: quantized(trained(), levels(E4M3, 0)), digit
    yield "pruned to 10 % by masks", lambda: masked(0.9), digit
    yield "pruned to 10 %, float16", lambda: masked(0.9).half().float(), digit
    yield "pruned to 10 %, bfloat16", lambda: masked(0.9).bfloat16().float(), digit
    yield "dynamically quantized by torch", dynamically_quantized, digit
    image = torch.rand(4, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    yield "ResNet-20, half of the channels scaled to zero", slimmed_resnet, image


def measure(network: nn.Module, example: Tensor) -> dict[str, Any]:
    """Bytes of a network by each coder, and whether its answers stay."""
    network = plain_copy(network)
    arrays = codable_arrays(network)
    file = safetensors.torch.save(
        {name: tensor.contiguous() for name, tensor in network.state_dict().items()}
    )
    began = time.process_time()
    as_it_is = coding.encode(arrays)
    encoded_s = time.process_time() - began
    simple = copy.deepcopy(network)
    began = time.process_time()
    report = simplify(simple, example)
    order_for_coding(simple, example)
    message = coding.encode(codable_arrays(simple))
    recipe_s = time.process_time() - began
    limits = Limits.for_arrays(arrays)
    with torch.no_grad():
        difference = float((network(example) - simple(example)).abs().max())
    return {
        "numbers": sum(array.size for array in arrays.values()),
        "nonzeros": [
            sum(int(np.count_nonzero(a)) for a in codable_arrays(n).values()) for n in (network, simple)
        ],
        "bytes": {
            "safetensors": len(file),
            "xz -9e": len(lzma.compress(file, preset=9 | lzma.PRESET_EXTREME)),
            **zstandard_bytes(file),
            "netrazor encode": len(as_it_is),
            "as-is": len(message),
        },
        "content_bits": content_bits(message, limits),
        "float_models": [coding.message.read(blob, limits).float_models for blob in (as_it_is, message)],
        "cpu_s": {"netrazor encode": round(encoded_s, 2), "as-is": round(recipe_s, 2)},
        "largest_difference_of_scores": difference,
        "untouched": report.untouched,
    }


def content_bits(blob: bytes, limits: Limits) -> int:
    """Bits of a message but for magic, padding and schema."""
    entries = coding.ledger(blob, limits=limits).entries
    return sum(entry.bits for entry in entries if entry.kind not in ("framing", "schema"))


def zstandard_bytes(content: bytes) -> dict[str, int]:
    """The length by zstd -19, if it is installed."""
    if importlib.util.find_spec("zstandard") is None:
        return {}
    zstandard = importlib.import_module("zstandard")
    return {"zstd -19": len(zstandard.ZstdCompressor(level=19).compress(content))}


@torch.no_grad()
def scrambled(network: nn.Module) -> nn.Module:
    """The same function: units permuted, dead ones given weights that nothing reads, or that read what is dead."""
    chance = torch.Generator().manual_seed(1)
    network = copy.deepcopy(network)
    layers = [network.get_submodule(name) for name in LENET_LAYERS]
    for layer, after in itertools.pairwise(layers):
        units = len(layer.weight)
        incoming = layer.weight.flatten(1).any(1) | (layer.bias != 0)
        share = after.weight.shape[1] // units
        reads = after.weight.reshape(len(after.weight), units, share, -1)
        outgoing = reads.permute(1, 0, 2, 3).flatten(1).any(1)
        unread = torch.nonzero(~outgoing).flatten()
        values = layer.weight[layer.weight != 0]
        drawn = values[torch.randint(len(values), layer.weight[unread].shape, generator=chance)]
        keep = torch.rand(drawn.shape, generator=chance) < 0.1
        layer.weight[unread] = torch.where(keep, drawn, 0.0)  # into units that nothing reads
        silent = torch.nonzero(~incoming & ~outgoing).flatten()[::2]
        layer.weight[silent] = 0.0
        layer.bias[silent] = 0.0
        values = after.weight[after.weight != 0]
        drawn = values[torch.randint(len(values), reads[:, silent].shape, generator=chance)]
        reads[:, silent] = torch.where(
            torch.rand(drawn.shape, generator=chance) < 0.1, drawn, 0.0
        )  # of zeros
        order = torch.randperm(units, generator=chance)
        layer.weight.copy_(layer.weight[order])
        layer.bias.copy_(layer.bias[order])
        after.weight.copy_(reads[:, order].reshape(after.weight.shape))
    return network


def trained() -> nn.Module:
    """A LeNet-5 whose weights are spread like those of a trained one: heavier tails than normal ones."""
    torch.manual_seed(0)
    network = build("lenet5")
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.dim() > 1:
                parameter.copy_(0.03 * torch.randn(parameter.shape) * torch.rand(parameter.shape).sqrt())
    return network


Quantizer = Callable[[Tensor], Tensor]


@torch.no_grad()
def quantized(network: nn.Module, quantize: Quantizer) -> nn.Module:
    """With the values of a quantizer in place of each weight."""
    for parameter in network.parameters():
        if parameter.dim() > 1:
            parameter.copy_(quantize(parameter.flatten(1)).reshape(parameter.shape))
    return network


def channel_scales(most: int) -> Quantizer:
    """Whole numbers up to ``most``, a scale for each row."""

    def quantize(rows: Tensor) -> Tensor:
        scales = rows.abs().amax(1, keepdim=True) / most
        return torch.round(rows / scales).to(torch.int8) * scales

    return quantize


def group_scales(most: int, group: int) -> Quantizer:
    """Whole numbers up to ``most``, a scale for each group of a row, or for a row that is no multiple of it."""

    def quantize(rows: Tensor) -> Tensor:
        places = group if rows.shape[1] % group == 0 else rows.shape[1]
        return channel_scales(most)(rows.reshape(-1, places)).reshape(rows.shape)

    return quantize


def rounded(quantize: Quantizer, dropped: int) -> Quantizer:
    """The same in bfloat16: with so many bits dropped."""
    assert dropped == 16
    return lambda rows: quantize(rows).bfloat16().float()


def two_in_four(quantize: Quantizer) -> Quantizer:
    """Of every four places of a row the two smaller ones zero; a row that is no multiple of four stays."""

    def prune_and_quantize(rows: Tensor) -> Tensor:
        if rows.shape[1] % 4 == 0:
            groups = rows.reshape(len(rows), -1, 4)
            rows = (groups * (groups.abs().argsort(-1).argsort(-1) >= 2)).reshape(rows.shape)
        return quantize(rows)

    return prune_and_quantize


def blocks(quantize: Quantizer) -> Quantizer:
    """Of the blocks of 4 x 4 the fifth with the largest weights; what is no multiple of four stays."""

    def prune_and_quantize(rows: Tensor) -> Tensor:
        if rows.shape[0] % 4 == 0 and rows.shape[1] % 4 == 0:
            cut = rows.reshape(rows.shape[0] // 4, 4, -1, 4)
            sizes = cut.square().sum((1, 3), keepdim=True)
            rows = (cut * (sizes >= sizes.flatten().quantile(0.8))).reshape(rows.shape)
        return quantize(rows)

    return prune_and_quantize


def levels(values: Tensor, group: int) -> Quantizer:
    """The nearest of some levels times a scale by the largest weight of each group, or of each row.

    The scale of four-bit floats is a power of two.
    """

    def quantize(rows: Tensor) -> Tensor:
        places = group if group and rows.shape[1] % group == 0 else rows.shape[1]
        parts = rows.reshape(-1, places)
        scales = parts.abs().amax(1, keepdim=True) / values.max()
        if values is E2M1:
            scales = torch.exp2(scales.log2().ceil())
        middles = (values[1:] + values[:-1]) / 2
        return (values[torch.bucketize(parts / scales, middles)] * scales).reshape(rows.shape)

    return quantize


def codebook(entries: int) -> Quantizer:
    """The nearest of as many quantiles of a layer."""

    def quantize(rows: Tensor) -> Tensor:
        shares = (torch.arange(entries) + 0.5) / entries
        values = torch.from_numpy(np.quantile(rows.numpy(), shares.numpy()).astype(np.float32))
        return values[torch.bucketize(rows, (values[1:] + values[:-1]) / 2)]

    return quantize


def masked(share: float) -> nn.Module:
    """Pruned by `torch.nn.utils.prune`, by magnitude."""
    network = trained()
    layers = [(network.get_submodule(name), "weight") for name in LENET_LAYERS]
    prune.global_unstructured(layers, prune.L1Unstructured, amount=share)
    return plain_copy(network)


def dynamically_quantized() -> nn.Module:
    """LeNet-5's fully connected layers by torch's dynamic quantization."""
    spec = {nn.Linear: torch.ao.quantization.per_channel_dynamic_qconfig}
    return torch.ao.quantization.quantize_dynamic(trained(), spec)


@torch.no_grad()
def slimmed_resnet() -> nn.Module:
    """A ResNet-20 in which half of the inner channels have a scale and a shift of zero, int8 per channel."""
    torch.manual_seed(0)
    network = quantized(build("resnet-20"), channel_scales(127)).eval()
    for name, module in network.named_modules():
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 2)
            module.weight.uniform_(0.5, 1.5)
            module.bias.normal_(0, 0.1)
            if name.endswith("1") and "." in name:
                module.weight[::2], module.bias[::2] = 0.0, 0.0
    return network


if __name__ == "__main__":
    main()
