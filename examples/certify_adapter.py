"""Adapters of peft in a sentence encoder, and a head: the message holds what was learned, the encoder is given.

    python examples/certify_adapter.py [--smoke]

LoRA adds a product of two thin matrices to a weight matrix. The first of them, drawn at random before any text, stays
as it is and is given like the encoder (Zhang et al. 2023, LoRA-FA); the second, which starts at zero, and the head
are learned: training, whole numbers, then the search of the recipe `small` over the head. What of the adapter does
not earn its bits by fewer errors stays at zero, which costs one bit in all; the last lines say how much of it that
is. The encoder and the texts are those of certify_text.py, whose words a head tells apart well enough alone;
benchmarks/mails_lora.py does the same with MiniLM and mails. Needs transformers and peft.
"""

import argparse
import tempfile
from pathlib import Path

import peft
import torch
from certify_text import Texts, network
from torch import nn

import netrazor
from netrazor import coding
from netrazor.compress import IntegerConfig, SmallSearchConfig
from netrazor.pipeline import Recipe
from netrazor.pipeline.stages import IntegerStage
from netrazor.train import FitConfig, OptimizerConfig

RANK = 2


def with_adapter() -> nn.Module:
    """The text classifier with an adapter of zeros in the last matrix of its last layer."""
    model = network()
    torch.manual_seed(1)
    adapter = peft.LoraConfig(r=RANK, lora_alpha=RANK, target_modules=r".*layer\.1\.output\.dense")
    peft.inject_adapter_in_model(adapter, model.encoder)
    for name, parameter in model.encoder.named_parameters():
        parameter.requires_grad_("lora_B" in name)  # the second matrix; "frozen" makes all else given
    return model.eval()


def recipe(smoke: bool) -> Recipe:
    """Train, whole numbers of about 120 bits, search the head's again on the bound."""
    steps = 20 if smoke else 600
    return Recipe(
        "adapter",
        train=FitConfig(steps, 64, OptimizerConfig(rate=1e-2)),
        integers=IntegerStage(
            FitConfig(2 * steps, 64, OptimizerConfig(rate=1e-2)),
            IntegerConfig(start="given", target_bits=120.0),
        ),
        small=SmallSearchConfig(kicks=2 if smoke else 100),
        noise=None,
        simplify=False,
    )


def main() -> None:
    """Certify adapter and head, and verify with an encoder and a first matrix that were built anew."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--smoke", action="store_true", help="few texts, few steps")
    smoke = parser.parse_args().smoke
    texts = Texts(300 if smoke else 3000)
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory) / "run"
        certificate = netrazor.certify(
            with_adapter(),
            texts,
            recipe=recipe(smoke),
            given="frozen",
            given_origin="random numbers of seeds 0 and 1, drawn before any text",
            out=out,
        )
        learned = coding.decode((out / "network.nrz").read_bytes())
        print(certificate.claim)
        print(f"{certificate.errors} errors, {certificate.effective_bits:.0f} bits charged")
        for name, array in learned.items():
            print(f"{name}: {int((array != 0).sum())} of {array.size} numbers are not zero")
        print(netrazor.verify(out, texts, with_adapter()).status)


if __name__ == "__main__":
    main()
