"""Fine-tuning in several ways, of which the least bound is certified."""

from pathlib import Path

import numpy as np
import pytest
from torch import Tensor, nn
from torch.nn import functional as F

import netrazor
import tiny
from netrazor.certification import read_run
from netrazor.errors import ConfigurationError
from netrazor.networks import coded_state
from netrazor.networks.fine_tuned import WAYS, FineTuned
from netrazor.pipeline import RunConfiguration
from netrazor.pipeline import transfer as transfer_module
from netrazor.pipeline.transfer import LEARNED, TransferConfig, Trial, transfer
from netrazor.train import FitConfig

ORIGIN = "drawn at random, before anything"
SHORT = TransferConfig(
    bits_per_example=(0.1,), train=FitConfig(15, 50, tiny.FAST), integers=FitConfig(25, 50, tiny.FAST)
)
TINY = FitConfig(3, 20, tiny.FAST)


def network() -> nn.Module:
    return tiny.small().eval()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("transfer") / "run"


def test_all_ways_are_tried_and_the_best_is_certified(place: Path) -> None:
    before = coded_state(network())
    configuration = RunConfiguration(given=["conv", "fc1"], given_origin=ORIGIN, out=place)
    found = transfer(network(), tiny.images(), configuration, SHORT)
    assert [trial.way for trial in found.trials] == [way for way in SHORT.ways for _ in range(2)]
    best = min(found.trials, key=lambda trial: trial.bound)
    certificate = found.certificate
    assert certificate.effective_bits == best.bits
    assert abs(certificate.errors - best.errors) <= 2
    after = coded_state(found.network)
    used = {way for way in WAYS if after[way].any()}
    assert used <= set(LEARNED[best.way])
    for name in ("conv.weight", "conv.bias", "fc1.weight", "fc1.bias"):
        assert np.array_equal(before[name], after[f"network.{name}"])


def test_the_message_holds_every_way_and_the_verifier_builds_it(place: Path) -> None:
    blob = read_run(place).message
    assert blob is not None
    assert set(netrazor.coding.decode(blob)) == {*WAYS, "network.fc2.weight", "network.fc2.bias"}
    names = ["conv.weight", "conv.bias", "fc1.weight", "fc1.bias"]
    assert netrazor.verify(place, tiny.images(), FineTuned(network(), names)).status == "VALID"
    assert netrazor.verify(place, tiny.images(), FineTuned(tiny.small(1), names)).status == "INVALID"


def test_wrong_ways_are_named() -> None:
    for ways in ((), ("head", "feet")):
        with pytest.raises(ConfigurationError, match="ways: some of head"):
            TransferConfig(ways=ways)


def test_without_a_start_there_is_nothing_to_fine_tune() -> None:
    with pytest.raises(ConfigurationError, match=r"given: what of the network was fixed .* got None"):
        transfer(network(), tiny.images(), RunConfiguration(), SHORT)


def test_what_is_trained_on_and_how_is_the_run_s(tmp_path: Path) -> None:
    seen: list[int] = []

    def step(model: nn.Module, inputs: Tensor, labels: Tensor) -> Tensor:
        seen.append(int(labels.max()))
        return F.cross_entropy(model(inputs), labels)

    images = tiny.images()
    of_one_class = [(images[at][0], 0) for at in range(60)]
    short = TransferConfig(ways=("head",), bits_per_example=(0.1,), train=TINY, integers=TINY, descend=None)
    told = RunConfiguration(
        given=["conv", "fc1"], given_origin=ORIGIN, training=of_one_class, training_step=step
    )
    transfer(network(), tiny.images(), told, short)
    assert seen == [0] * 6


def test_a_way_ends_at_the_first_length_that_its_bound_does_not_pay_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Few bits say nothing at all, twice the same; then more pay; then they do not, and no more are tried."""
    bounds = {2.0: 1.0, 4.0: 1.0, 8.0: 0.5, 16.0: 0.6, 32.0: 0.4}
    tried: list[float] = []

    def measured(tuned, behind, learned, attempt, target):
        tried.append(target)
        return Trial(attempt.way, target, target, 0, bounds[target])

    monkeypatch.setattr(transfer_module, "_measured", measured)
    lengths = tuple(bits / 400 for bits in bounds)
    short = TransferConfig(("head",), lengths, train=TINY, integers=TINY, descend=None)
    told = RunConfiguration(given=["conv", "fc1"], given_origin=ORIGIN)
    found = transfer(network(), tiny.images(), told, short)
    assert tried == [2.0, 4.0, 8.0, 16.0]
    assert [trial.bound for trial in found.trials] == [1.0, 1.0, 0.5, 0.6]
