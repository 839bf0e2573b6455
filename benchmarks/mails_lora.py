"""LoRA in the last layer of a sentence encoder, mails as tokens: the message holds the adapter and a head.

    OMP_NUM_THREADS=1 python benchmarks/mails_lora.py [--bits 80] [--mails 1479]

The spam filter of benchmarks/mails_head.py, with the first 32 sentences of each kind, its encoder wrapped by peft:
rank 2 in the last matrix of the last layer. Of the two matrices of the adapter the first stays at the random numbers
that peft draws, and is given like all else of the encoder (Zhang et al. 2023, LoRA-FA); the second, 384 x 2, and the
head are learned: training, whole numbers of about so many bits, the search of the recipe `small` over the head.
What the encoder computes before the adapter is computed once for each mail, 0.4 MB, and kept in a temporary file.

The mails are every fourth one unless more are asked for: the encoder takes some minutes of a core for all. Certified
from the tokens, and verified from them with an encoder that was loaded anew; writes results/mails_lora.json.
"""

import argparse
import json
import time
from pathlib import Path
from typing import Any

import peft
import torch
from mails_features import load_encoder
from mails_head import ORIGIN, SpamFilter, TokenMails, figures_of, given_behind
from torch import nn

import netrazor
from netrazor import coding
from netrazor.compress import IntegerConfig, SmallSearchConfig
from netrazor.data import load_mails
from netrazor.files import write_atomically
from netrazor.pipeline import Recipe
from netrazor.pipeline.stages import IntegerStage
from netrazor.train import FitConfig, OptimizerConfig

RESULT = Path(__file__).parents[1] / "results" / "mails_lora.json"
RUN = Path(__file__).parents[1] / "runs" / "mails-lora"
RANK, BATCH, SENTENCES = 2, 64, 32
ADAPTED = r".*layer\.5\.output\.dense"
ORIGIN_WITH_ADAPTER = f"{ORIGIN}; and the first matrix of an adapter, drawn at random by peft"


def with_adapter() -> tuple[nn.Module, Any]:
    """A filter that is not trained yet, with an adapter of zeros, and the tokenizer."""
    encoder, tokenizer = load_encoder()
    torch.manual_seed(0)
    model = SpamFilter(encoder, given_behind(SENTENCES))
    peft.inject_adapter_in_model(
        peft.LoraConfig(r=RANK, lora_alpha=RANK, target_modules=ADAPTED), model.encoder
    )
    for name, parameter in model.encoder.named_parameters():
        parameter.requires_grad_("lora_B" in name)
    return model.eval(), tokenizer


def recipe(bits: float, kicks: int) -> Recipe:
    """Train, whole numbers of about so many bits, search the head's again on the bound."""
    return Recipe(
        name=f"mails-lora-{bits:.0f}",
        train=FitConfig(300, BATCH, OptimizerConfig(rate=3e-3)),
        integers=IntegerStage(
            FitConfig(800, BATCH, OptimizerConfig(rate=1e-2)),
            IntegerConfig(start="given", target_bits=bits),
        ),
        small=SmallSearchConfig(kicks=kicks),
        noise=None,
        simplify=False,
    )


def adapter_numbers(run: Path) -> int:
    """How many numbers of the adapter in a message are not zero."""
    arrays = coding.decode((run / "network.nrz").read_bytes())
    return sum(int((array != 0).sum()) for name, array in arrays.items() if "lora" in name)


def main() -> None:
    """Certify, verify, write."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--bits", type=float, default=80.0, help="of adapter and head in training")
    parser.add_argument("--kicks", type=int, default=30, help="of the search over the head")
    parser.add_argument("--mails", type=int, default=1479)
    arguments = parser.parse_args()
    model, tokenizer = with_adapter()
    dataset = TokenMails(load_mails(), tokenizer, arguments.mails)
    started, used = time.monotonic(), time.process_time()
    certificate = netrazor.certify(
        model,
        dataset,
        recipe=recipe(arguments.bits, arguments.kicks),
        given="frozen",
        given_origin=ORIGIN_WITH_ADAPTER,
        out=RUN,
        overwrite=True,
    )
    seconds, cpu = time.monotonic() - started, time.process_time() - used
    print(certificate.claim, flush=True)
    options = f"--bits {arguments.bits:g} --kicks {arguments.kicks} --mails {arguments.mails}"
    figures = {
        **figures_of(certificate, f"python benchmarks/mails_lora.py {options}"),
        "rank": RANK,
        "adapter_nonzeros": adapter_numbers(RUN),
        "verdict": netrazor.verify(RUN, dataset, with_adapter()[0]).status,
        "seconds": round(seconds),
        "cpu_seconds": round(cpu),
    }
    print(json.dumps(figures, indent=2))
    write_atomically(RESULT, json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
