"""A head on a sentence encoder, texts as transformers takes them: named inputs, the encoder given.

    python examples/certify_text.py [--smoke]

The encoder is a small BERT of random weights, which no text chose, so that the example needs no download; a
pre-trained one is used alike: benchmarks/mails_head.py certifies a spam filter on MiniLM. Needs transformers.
"""

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import Dataset
from transformers import BertConfig, BertModel

import netrazor
from netrazor.pipeline import recipe_named

WORDS, LENGTH = 40, 12


class Texts(Dataset[tuple[dict[str, Tensor], int]]):
    """Made-up texts, padded to one length: those of class 1 use the second half of the vocabulary more often."""

    def __init__(self, n: int) -> None:
        generator = torch.Generator().manual_seed(0)
        self.labels = torch.randint(0, 2, (n,), generator=generator)
        words = torch.randint(1, WORDS // 2, (n, LENGTH), generator=generator)
        upper = torch.rand((n, LENGTH), generator=generator) < 0.2 + 0.6 * self.labels[:, None]
        lengths = torch.randint(LENGTH // 2, LENGTH + 1, (n,), generator=generator)
        self.mask = (torch.arange(LENGTH) < lengths[:, None]).long()
        self.words = (words + upper * (WORDS // 2)) * self.mask

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, place: int) -> tuple[dict[str, Tensor], int]:
        return {"input_ids": self.words[place], "attention_mask": self.mask[place]}, int(self.labels[place])


class Classifier(nn.Module):
    """The mean of an encoder's states, and a head of one logit."""

    def __init__(self, encoder: nn.Module, width: int) -> None:
        super().__init__()
        self.encoder, self.head = encoder.requires_grad_(False), nn.Linear(width, 1)

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> Tensor:
        """N x 1; above 0 is class 1."""
        states = self.encoder(input_ids=input_ids, attention_mask=attention_mask).last_hidden_state
        weights = attention_mask[:, :, None].to(states.dtype)
        return self.head((states * weights).sum(1) / weights.sum(1))


def network() -> nn.Module:
    """An encoder, frozen, and a head."""
    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 32}
    settings: dict[str, Any] = {"vocab_size": WORDS, "max_position_embeddings": LENGTH, **sizes}
    return Classifier(BertModel(BertConfig(**settings)), 32).eval()


def main() -> None:
    """Certify the head, and verify with an encoder that was built anew."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--smoke", action="store_true", help="few texts, a short search")
    smoke = parser.parse_args().smoke
    texts = Texts(300 if smoke else 3000)
    recipe = recipe_named("small")
    assert recipe.small is not None
    recipe = replace(recipe, small=replace(recipe.small, kicks=2 if smoke else 100))
    with tempfile.TemporaryDirectory() as directory:
        out = Path(directory) / "run"
        certificate = netrazor.certify(
            network(),
            texts,
            recipe=recipe,
            given="frozen",
            given_origin="random numbers of seed 0, drawn before any text",
            out=out,
        )
        print(certificate.claim)
        print(f"{certificate.errors} errors, {certificate.effective_bits:.0f} bits charged")
        print(netrazor.verify(out, texts, network()).status)


if __name__ == "__main__":
    main()
