"""LoRA by peft: what it leaves of the original modules is given, its adapters and the new head are coded."""

from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import netrazor
import tiny
from netrazor.pipeline import Recipe
from netrazor.train import FitConfig

peft = pytest.importorskip("peft", reason="peft is not installed: NOT TESTED with it")
TRAIN = Recipe(name="a-few-steps", train=FitConfig(20, 50, tiny.FAST), noise=None)


def adapted(seed: int = 0) -> nn.Module:
    """The small network with adapters of rank 2 in its first layer, and its head to be trained."""
    config = peft.LoraConfig(r=2, target_modules=["fc1"], modules_to_save=["fc2"])
    base = tiny.small(seed)
    torch.manual_seed(5)
    model: Any = peft.get_peft_model(base, config)
    found: nn.Module = model.base_model.model.eval()  # without the wrapper, which takes named inputs
    return found


def test_the_base_is_given_and_adapters_and_head_are_coded(tmp_path: Path) -> None:
    certificate = netrazor.certify(
        adapted(), tiny.images(), recipe=TRAIN, given="frozen", given_origin="at random", out=tmp_path / "run"
    )
    arrays = netrazor.coding.decode((tmp_path / "run" / "network.nrz").read_bytes())
    assert {name for name in arrays if "lora" not in name} == {
        "fc2.modules_to_save.default.weight",
        "fc2.modules_to_save.default.bias",
    }
    assert len(arrays) == 4
    assert certificate.effective_bits > 0
    assert netrazor.verify(tmp_path / "run", tiny.images(), adapted()).status == "VALID"


def test_an_adapter_whose_base_is_another(tmp_path: Path) -> None:
    netrazor.certify(
        adapted(), tiny.images(), recipe=TRAIN, given="frozen", given_origin="at random", out=tmp_path / "run"
    )
    verdict = netrazor.verify(tmp_path / "run", tiny.images(), adapted(seed=1))
    assert verdict.status == "INVALID"
    assert "load the given weights" in verdict.findings[0].text
    verdict = netrazor.verify(tmp_path / "run", tiny.images(), tiny.small().eval())
    assert verdict.status == "INVALID"
