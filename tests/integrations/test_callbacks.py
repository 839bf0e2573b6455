"""Callbacks against the real libraries: Lightning, and the Trainer of transformers."""

from pathlib import Path

import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

import netrazor
import tiny
from netrazor.errors import ConfigurationError


@pytest.fixture(autouse=True)
def _no_long_search_for_the_shortest_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("netrazor.coding.message_writer._SMALL", 0)
    monkeypatch.setattr("netrazor.coding.message_writer._LARGE_BUDGET", 2**10)


def test_lightning(tmp_path: Path) -> None:
    reason = "LIGHTNING WAS NOT TESTED: pip install 'netrazor[lightning]'"
    lightning = pytest.importorskip("lightning.pytorch", reason=reason)
    from netrazor.integrations.lightning_callback import CertifyCallback

    class Module(lightning.LightningModule):
        def __init__(self) -> None:
            super().__init__()
            self.net = tiny.linear()

        def training_step(self, batch, _):
            return nn.functional.cross_entropy(self.net(batch[0]), batch[1])

        def configure_optimizers(self):
            return torch.optim.Adam(self.parameters(), 1e-2)

    def fit(callback) -> lightning.Trainer:
        trainer = lightning.Trainer(
            max_steps=20,
            callbacks=[callback],
            logger=lightning.loggers.CSVLogger(tmp_path),
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            accelerator="cpu",
        )
        trainer.fit(module, DataLoader(tiny.images(), batch_size=100))
        return trainer

    module = Module()
    callback = CertifyCallback(tiny.images(), part="net", recipe="as-is", out=tmp_path / "run")
    trainer = fit(callback)
    assert callback.certificate is not None
    assert callback.certificate.n == 400
    assert netrazor.verify(tmp_path / "run", tiny.images()).status == "VALID"
    assert callback.network is not module.net
    trainer.logger.save()
    assert "certified_error" in Path(trainer.logger.log_dir, "metrics.csv").read_text()
    with pytest.raises(ConfigurationError, match=r"part: .* got 'head'; it has net"):
        fit(CertifyCallback(tiny.images(), part="head"))


class Named(Dataset):
    """Items as a Trainer has them."""

    def __len__(self) -> int:
        return 120

    def __getitem__(self, place: int) -> dict[str, object]:
        pixels, label = tiny.images()[place]
        return {"pixels": pixels, "labels": label}


def test_trainer(tmp_path: Path) -> None:
    reason = "THE TRAINER WAS NOT TESTED: pip install 'netrazor[transformers]'"
    transformers = pytest.importorskip("transformers", reason=reason)
    pytest.importorskip("accelerate", reason=reason)
    from netrazor.integrations.trainer_callback import CertifyTrainerCallback

    class Model(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = tiny.linear()

        def forward(self, pixels, labels=None):
            logits = self.net(pixels)
            if labels is None:
                return {"logits": logits}
            return {"loss": nn.functional.cross_entropy(logits, labels), "logits": logits}

    callback = CertifyTrainerCallback(Named(), recipe="as-is", out=tmp_path / "run")
    arguments = transformers.TrainingArguments(
        output_dir=str(tmp_path / "trainer"), max_steps=5, report_to=[], save_strategy="no", use_cpu=True,
        disable_tqdm=True,
    )  # fmt: skip
    model = Model()
    trainer = transformers.Trainer(model, arguments, train_dataset=Named(), callbacks=[callback])
    trainer.train()
    assert callback.certificate is not None
    assert callback.certificate.n == 120
    assert any("certified_error" in entry for entry in trainer.state.log_history)
    assert netrazor.verify(tmp_path / "run", Named(), Model()).status == "VALID"
    assert callback.network is not model
