"""The whole way on a task of seconds: what comes out holds, repeats and resumes; bad input stops it early."""

import errno
import importlib
import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.utils.data import Dataset

import netrazor
import tiny
from netrazor.certification import parse
from netrazor.certification.run_directory import CERTIFICATE, CHECKPOINT, GRAPH, MESSAGE, RESULT
from netrazor.coding import decode
from netrazor.counting import count_errors
from netrazor.data import ImageDataset
from netrazor.errors import (
    BadDataset,
    ConfigurationError,
    InvalidArgument,
    NonFiniteWeights,
    OutputError,
    UnsupportedModel,
)
from netrazor.networks import LeNet5
from netrazor.pipeline import RunConfiguration, run
from netrazor.runtime import Silent

SHORT = replace(tiny.NO_NOISE, train=None, quantize=None)


def files(directory: Path) -> set[str]:
    return {path.name for path in directory.iterdir() if path.name != ".lock"}


def test_files_that_agree(tmp_path: Path) -> None:
    done = run(
        tiny.small(),
        tiny.images(),
        RunConfiguration(recipe=tiny.NO_NOISE, out=tmp_path, test=tiny.images(50, seed=9)),
    )
    assert files(tmp_path) == {MESSAGE, GRAPH, CERTIFICATE, RESULT}
    certificate = parse((tmp_path / CERTIFICATE).read_text())
    blob = (tmp_path / MESSAGE).read_bytes()
    assert certificate.seal == done.issued.certificate.seal
    assert len(blob) == certificate.message_bytes == certificate.ledger.coded_bits // 8
    result = json.loads((tmp_path / RESULT).read_text())
    assert result["test"]["n"] == 50
    assert sum(layer["elements"] for layer in result["layers"]) * 4 == result["original_bytes"]
    assert netrazor.verify(tmp_path, tiny.images(), model=tiny.small()).status == "VALID"


def test_the_counted_network_is_the_one_in_the_bytes() -> None:
    issued = tiny.occam_run().issued
    loaded = tiny.small(8)
    state = {name: torch.from_numpy(array) for name, array in decode(issued.blob).items()}
    loaded.load_state_dict(state)
    assert count_errors(loaded, tiny.images()).errors == issued.certificate.errors
    assert issued.certificate.n == len(tiny.images())


def test_the_same_seed_writes_the_same_message_and_another_does_not() -> None:
    blobs = [
        run(tiny.small(), tiny.images(), RunConfiguration(recipe=tiny.NO_NOISE, seed=s)).issued.blob
        for s in (0, 1)
    ]
    assert blobs[0] == tiny.occam_run().issued.blob != blobs[1]


def test_the_global_random_numbers_do_not_matter_and_are_left_alone() -> None:
    torch.manual_seed(1234)
    model = tiny.small()
    torch.manual_seed(1234)
    before = torch.get_rng_state()
    assert (
        run(model, tiny.images(), RunConfiguration(recipe=tiny.NO_NOISE)).issued.blob
        == tiny.occam_run().issued.blob
    )
    assert torch.equal(torch.get_rng_state(), before)


class Stop(Silent):
    """Presses Ctrl-C at the n-th step."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def stage(self, name: str, steps: int, done: int = 0) -> object:
        from contextlib import nullcontext

        def tick(_: int = 1) -> None:
            self.left -= 1
            if self.left == 0:
                raise KeyboardInterrupt

        return nullcontext(tick)


@pytest.mark.parametrize("steps", [5, 12, 20, 30])
def test_interrupted_anywhere_it_ends_as_if_never_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    monkeypatch.setattr("netrazor.train.checkpoint.Checkpoint.due", lambda self: True)
    with pytest.raises(KeyboardInterrupt):
        run(
            tiny.small(),
            tiny.images(),
            RunConfiguration(recipe=tiny.NO_NOISE, out=tmp_path, reporter=Stop(steps)),
        )
    assert files(tmp_path) <= {CHECKPOINT}  # nothing half-written
    resumed = run(tiny.small(), tiny.images(), RunConfiguration(recipe=tiny.NO_NOISE, out=tmp_path))
    assert resumed.issued.blob == tiny.occam_run().issued.blob
    assert resumed.issued.certificate.seal == tiny.occam_run().issued.certificate.seal
    assert files(tmp_path) == {MESSAGE, GRAPH, CERTIFICATE, RESULT}


def test_both_kinds_are_tried_and_delta_is_divided() -> None:
    issued = tiny.noisy_run().issued
    assert issued.certificate.considered == ("occam", "perturbation")
    (other,) = issued.others
    assert other.method == "occam"
    assert issued.certificate.risk_bound <= other.risk_bound
    assert sum(issued.certificate.claims[0].delta_parts.values()) == pytest.approx(0.05)
    assert issued.certificate.errors == other.errors
    noisy = issued.certificate.claims[0].noisy
    assert noisy is not None
    assert issued.certificate.empirical_risk - noisy.mean <= 0.02 + 1e-6  # the slack of the recipe


# Bad input


@pytest.mark.parametrize(
    ("items", "message"),
    [
        ([], "at least 8 examples needed, got 0"),
        ([tiny.images()[i] for i in range(7)], "at least 8 examples needed, got 7"),
        ([(torch.zeros(1, 8, 8), 4)] * 20, r"label 0: must be in 0 \.\. 3, got 4"),
        ([(torch.zeros(1, 8, 8), -1)] * 20, r"label 0: must be in 0 \.\. 3, got -1"),
        ([(torch.full((1, 8, 8), float("nan")), 0)] * 20, "image 0: must be finite"),
        ([torch.zeros(1, 8, 8)] * 20, "must be a pair"),
        ([(torch.zeros(1, 8, 8), 0)] * 10 + [(torch.zeros(1, 4, 4), 0)] * 10, "one type and shape"),
        (iter([]), "map-style"),
    ],
)
def test_bad_data(tmp_path: Path, items: object, message: str) -> None:
    with pytest.raises(BadDataset, match=message):
        run(tiny.small(), items, RunConfiguration(recipe=SHORT, out=tmp_path / "run"))  # type: ignore[arg-type]
    assert not (tmp_path / "run").exists()


def test_random_augmentation() -> None:
    class Random(Dataset):
        def __len__(self) -> int:
            return 20

        def __getitem__(self, index: int) -> tuple[Tensor, int]:
            return torch.rand(1, 8, 8), 0

    with pytest.raises(BadDataset, match="augment"):
        run(tiny.small(), Random(), RunConfiguration(recipe=SHORT))


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_weights_that_are_not_finite(tmp_path: Path, bad: float) -> None:
    model = tiny.small()
    model.fc1.weight.data[0, 0] = bad
    with pytest.raises(NonFiniteWeights, match=r"fc1\.weight"):
        run(model, tiny.images(), RunConfiguration(recipe=SHORT, out=tmp_path / "run"))
    assert not (tmp_path / "run").exists()


def test_data_that_does_not_fit_the_network() -> None:
    with pytest.raises(UnsupportedModel, match="give a data set whose items fit the network"):
        run(LeNet5(), tiny.images(), RunConfiguration(recipe=SHORT))


@pytest.mark.parametrize("options", [{"delta": 0.0}, {"delta": 1.0}, {"delta": float("nan")}, {"seed": -1}])
def test_numbers_out_of_range(options: dict) -> None:
    with pytest.raises(InvalidArgument, match=next(iter(options))):
        run(tiny.small(), tiny.images(), RunConfiguration(recipe=SHORT, **options))


def test_a_network_that_is_not_the_declared_one() -> None:
    with pytest.raises(ConfigurationError, match="pass architecture='custom'"):
        run(tiny.small(), tiny.images(), RunConfiguration(recipe=SHORT, architecture="lenet5"))

    class Mine(LeNet5):
        """The same shapes, another source."""

    digits = ImageDataset(torch.zeros(20, 1, 28, 28, dtype=torch.uint8), torch.arange(20) % 10, 10)
    with pytest.raises(ConfigurationError, match="pass architecture='custom'"):
        run(Mine(), digits, RunConfiguration(recipe=SHORT, architecture="lenet5"))


def test_an_unwritable_directory_stops_before_training(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    model = tiny.small()
    before = model.fc1.weight.clone()
    with pytest.raises(OutputError, match="choose a directory that can be written"):
        run(model, tiny.images(), RunConfiguration(recipe=SHORT, out=tmp_path / "file" / "run"))
    assert torch.equal(model.fc1.weight, before)


@pytest.mark.parametrize("calls", [1, 3])
def test_a_disk_that_fills_while_writing_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, calls: int
) -> None:
    run(tiny.small(), tiny.images(), RunConfiguration(recipe=SHORT, out=tmp_path))
    before = {name: (tmp_path / name).read_bytes() for name in (MESSAGE, CERTIFICATE, RESULT)}
    pipeline = importlib.import_module("netrazor.pipeline.certified_run")
    real = pipeline.write_run

    def filling(directory: object, contents: dict) -> None:
        left = [calls]

        def fsync(_: int) -> None:
            left[0] -= 1
            if not left[0]:
                raise OSError(errno.ENOSPC, "No space left on device")

        if MESSAGE in contents:
            monkeypatch.setattr("netrazor.files.os.fsync", fsync)
        real(directory, contents)

    monkeypatch.setattr(pipeline, "write_run", filling)
    with pytest.raises(OutputError, match="No space left on device"):
        run(tiny.small(1), tiny.images(), RunConfiguration(recipe=SHORT, out=tmp_path, overwrite=True))
    assert {name: (tmp_path / name).read_bytes() for name in before} == before
    assert files(tmp_path) <= {*before, CHECKPOINT, GRAPH}


def test_copies_are_spoken_of() -> None:
    class Told(Silent):
        lines: list[str] = []  # noqa: RUF012

        def say(self, line: str) -> None:
            self.lines.append(line)

    images = tiny.images(40)
    doubled = ImageDataset(images.images.repeat(2, 1, 1, 1), images.labels.repeat(2), tiny.CLASSES)
    run(tiny.small(), doubled, RunConfiguration(recipe=SHORT, reporter=Told()))
    assert any("40 of 80 inputs equal an earlier one" in line for line in Told.lines)


# Networks of the user's own


class Volume(nn.Module):
    """Three dimensions, for which there is no channels-last layout of four."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv3d(1, 2, (1, 3, 3))
        self.fc = nn.Linear(72, tiny.CLASSES)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(torch.relu(self.conv(x[:, :, None])).flatten(1))


class InPlace(nn.Module):
    """Changes its input, branches on values, keeps an integer buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(64, tiny.CLASSES)
        self.register_buffer("order", torch.arange(63, -1, -1))

    def forward(self, x: Tensor) -> Tensor:
        x.mul_(2).sub_(1)
        x = x.flatten(1)[:, self.order]
        return self.fc(x) if x.numel() and float(x.sum()) > -1e9 else self.fc(-x)


@pytest.mark.parametrize("make", [Volume, InPlace])
def test_unusual_networks(tmp_path: Path, make: Callable[[], nn.Module]) -> None:
    torch.manual_seed(0)
    recipe = replace(tiny.NOISY, noise=replace(tiny.NOISY.noise, slack=0.2, shares=(0.2,)))
    certificate = run(make(), tiny.images(), RunConfiguration(recipe=recipe, out=tmp_path)).issued.certificate
    assert certificate.architecture.name == "custom"
    items = [tiny.images()[i] for i in range(400)]  # any map-style data set that gives the same items will do
    for dataset in (tiny.images(), items):
        assert netrazor.verify(tmp_path, dataset, model=make()).status == "VALID"
    halved = [(image / 2, label) for image, label in items]
    assert netrazor.verify(tmp_path, halved, model=make()).status == "INVALID"


def test_a_plain_list_of_examples() -> None:
    items = [(tiny.images()[i][0], np.int32(tiny.images()[i][1])) for i in range(60)]
    certificate = netrazor.certify(tiny.small(), items, recipe=tiny.NO_NOISE)
    assert certificate.n == 60
    assert certificate.sample.name == "list"


def test_the_number_of_copies_stands_in_the_certificate() -> None:
    data = tiny.images(200)
    copies = [*range(200), 3, 3, 7]
    again = replace(data, images=data.images[copies], labels=data.labels[copies])
    for examples, duplicates in ((data, 0), (again, 3)):
        assert netrazor.certify(tiny.small(), examples, recipe="as-is").sample.duplicates == duplicates
