"""The recipe of the records, end to end on a small task: whole numbers, descent, certificate, check."""

from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
import torch
from torch import nn

import netrazor
from netrazor.compress import DescentConfig, IntegerConfig
from netrazor.data import ImageDataset
from netrazor.networks import coded_state, load_coded_state
from netrazor.pipeline import Recipe, Run, RunConfiguration, run
from netrazor.pipeline.stages import IntegerStage, PolishStage
from netrazor.reproduction.record_networks import IntegerChain
from netrazor.reproduction.record_recipes import ALL_RECIPES, TIGHT
from netrazor.runtime import Silent
from netrazor.train import FitConfig, OptimizerConfig
from netrazor.train.frozen_features import precompute_features

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


class Listener(Silent):
    """Counts the cycles of polish; interrupts the run in one of them."""

    def __init__(self, interrupt_after: int | None = None) -> None:
        self.polished, self.interrupt_after = 0, interrupt_after
        self.said: list[str] = []

    def say(self, line: str) -> None:
        self.said.append(line)
        self.polished += line.startswith("polished to")
        if self.polished == self.interrupt_after:
            raise KeyboardInterrupt


@cache
def tight_run() -> Run:
    return run(chain(), images(), RunConfiguration(recipe=RECIPE))


def test_the_message_holds_small_whole_numbers() -> None:
    for array in coded_state(tight_run().issued.decoded).values():
        assert (array == array.round()).all()
        assert abs(array).max() <= 7


def test_the_descent_lowers_the_bound() -> None:
    without = run(chain(), images(), RunConfiguration(recipe=replace(RECIPE, descend=None)))
    assert tight_run().issued.certificate.risk_bound < without.issued.certificate.risk_bound
    assert "descend" in tight_run().result.seconds


POLISH = PolishStage(
    replace(RECIPE.integers.fit, steps=20), replace(PolishStage().weights, every=2), cycles=3
)


def test_polishing_never_raises_the_bound_and_keeps_whole_numbers() -> None:
    listener, model = Listener(), chain()
    decoded = coded_state(tight_run().issued.decoded)  # of its graph, which reads constants besides
    load_coded_state(model, {name: decoded[name] for name in coded_state(model)})
    recipe = replace(RECIPE, name="tiny-polish", integers=None, polish=POLISH)
    polished = run(model, images(), RunConfiguration(recipe=recipe, reporter=listener))
    assert polished.issued.certificate.risk_bound <= tight_run().issued.certificate.risk_bound
    assert listener.polished == POLISH.cycles
    assert all((array == array.round()).all() for array in coded_state(polished.issued.decoded).values())


def test_a_network_that_does_not_end_in_a_linear_layer_is_certified_without_polish() -> None:
    torch.manual_seed(2)
    model = nn.Sequential(nn.Flatten(), nn.Linear(64, 4), nn.ReLU())
    listener = Listener()
    certified = run(
        model,
        images(),
        RunConfiguration(recipe=replace(RECIPE, name="tiny-polish", polish=POLISH), reporter=listener),
    )
    assert any(line.startswith("no polish: last layer") for line in listener.said)
    assert certified.issued.certificate.n == len(images())


def test_a_killed_polish_goes_on_with_the_cycle_it_was_in(tmp_path: Path) -> None:
    recipe = replace(RECIPE, name="tiny-polish", polish=POLISH)
    whole = run(chain(), images(), RunConfiguration(recipe=recipe))
    with pytest.raises(KeyboardInterrupt):
        run(
            chain(),
            images(),
            RunConfiguration(recipe=recipe, out=tmp_path, reporter=Listener(interrupt_after=2)),
        )
    listener = Listener()
    resumed = run(chain(), images(), RunConfiguration(recipe=recipe, out=tmp_path, reporter=listener))
    assert resumed.issued.blob == whole.issued.blob
    assert listener.polished == POLISH.cycles - 1  # the second was interrupted before it was saved


def test_the_same_seed_gives_the_same_message() -> None:
    assert run(chain(), images(), RunConfiguration(recipe=RECIPE)).issued.blob == tight_run().issued.blob


def test_the_certificate_is_valid(tmp_path: Path) -> None:
    run(chain(), images(), RunConfiguration(recipe=RECIPE, out=tmp_path))
    assert netrazor.verify(tmp_path, images(), model=chain()).status == "VALID"


def test_features_behind_the_front_are_what_the_network_sees() -> None:
    model, data = chain().eval(), images(30)
    part, features = precompute_features(model, data)
    everything = torch.arange(30)
    with torch.no_grad():
        assert torch.equal(part(features.batch(everything)[0]), model(data.batch(everything)[0]))


def test_other_networks_have_no_front() -> None:
    model, data = torch.nn.Linear(2, 2), images(3)
    assert precompute_features(model, data) == (model, data)


def test_every_record_has_its_recipe() -> None:
    assert all(ALL_RECIPES[recipe.name] is recipe for recipe in TIGHT)
