"""The recipe of the records, end to end on a small task: whole numbers, descent, certificate, check."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import torch

import netrazor
from netrazor.compress import DescentConfig, IntegerConfig
from netrazor.data import ImageDataset
from netrazor.networks import IntegerChain, IntegerStack, coded_state
from netrazor.pipeline import Recipe, Run, run
from netrazor.pipeline.front import without_front
from netrazor.pipeline.recipes import RECIPES, TIGHT, IntegerStage
from netrazor.train import FitConfig, OptimizerConfig

FIT = FitConfig(steps=60, batch_size=50, optimizer=OptimizerConfig(rate=0.03))
RECIPE = Recipe(
    "tiny-tight",
    integers=IntegerStage(FIT, IntegerConfig(target_bits=150.0, every=2, price=1e-3)),
    descend=DescentConfig(rounds=2),
    noise=None,
    simplify=False,
)


def images(n: int = 400) -> ImageDataset:
    generator = torch.Generator().manual_seed(7)
    labels = torch.randint(0, 4, (n,), generator=generator)
    patterns = torch.randint(0, 256, (4, 1, 8, 8), generator=generator)
    noise = torch.randint(0, 256, (n, 1, 8, 8), generator=generator)
    return ImageDataset((0.7 * patterns[labels] + 0.3 * noise).to(torch.uint8), labels, 4, name="tiny")


def chain() -> IntegerChain:
    torch.manual_seed(1)
    return IntegerChain((1, 8, 8), filters=6, units=4, classes=4)


@cache
def tight_run() -> Run:
    return run(chain(), images(), recipe=RECIPE)


def test_the_message_holds_small_whole_numbers() -> None:
    for array in coded_state(tight_run().issued.decoded).values():
        assert (array == array.round()).all()
        assert abs(array).max() <= 7


def test_the_descent_lowers_the_bound() -> None:
    without = run(chain(), images(), recipe=replace(RECIPE, descend=None))
    assert tight_run().issued.certificate.risk_bound < without.issued.certificate.risk_bound
    assert "descend" in tight_run().result.seconds


def test_the_same_seed_gives_the_same_message() -> None:
    assert run(chain(), images(), recipe=RECIPE).issued.blob == tight_run().issued.blob


def test_the_certificate_is_valid(tmp_path: Path) -> None:
    run(chain(), images(), recipe=RECIPE, out=tmp_path)
    assert netrazor.verify(tmp_path, images(), model=chain()).status == "VALID"


def test_features_behind_the_front_are_what_the_network_sees() -> None:
    model, data = chain().eval(), images(30)
    part, features = without_front(model, data)
    everything = torch.arange(30)
    with torch.no_grad():
        assert torch.equal(part(features.batch(everything)[0]), model(data.batch(everything)[0]))


def test_other_networks_have_no_front() -> None:
    model, data = torch.nn.Linear(2, 2), images(3)
    assert without_front(model, data) == (model, data)


def test_every_record_has_its_recipe() -> None:
    assert all(RECIPES[recipe.name] is recipe for recipe in TIGHT)


def test_a_mirrored_stack_goes_the_whole_way(tmp_path: Path) -> None:
    generator = torch.Generator().manual_seed(8)
    labels = torch.randint(0, 4, (300,), generator=generator)
    patterns = torch.randint(0, 256, (4, 3, 16, 16), generator=generator)
    noise = torch.randint(0, 256, (300, 3, 16, 16), generator=generator)
    data = ImageDataset((0.7 * patterns[labels] + 0.3 * noise).to(torch.uint8), labels, 4, name="tiny")
    torch.manual_seed(1)
    model = IntegerStack((3, 16, 16), filters=6, units=(4,), classes=4)
    certificate = run(model, data, recipe=RECIPE, out=tmp_path).issued.certificate
    fresh = IntegerStack((3, 16, 16), filters=6, units=(4,), classes=4)
    assert netrazor.verify(tmp_path, data, model=fresh).status == "VALID"
    assert certificate.errors < 0.6 * len(data)
