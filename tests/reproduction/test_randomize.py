"""Section 8 on tiny networks: labels, runs that resume, and the figures computed from their records."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from netrazor import data as datasets
from netrazor.data import ImageDataset
from netrazor.errors import BadDataset, ConfigurationError, InvalidArgument
from netrazor.networks import MLP, build
from netrazor.pipeline.stages import QuantizeStage
from netrazor.reproduction.randomize.random_labels import draw_sample
from netrazor.reproduction.randomize.randomize_study import randomize, study_scaled
from netrazor.reproduction.randomize.study import STUDIES, Study, study_named
from netrazor.reproduction.randomize.study_records import MessageRecord, Point, RunRecord, record_path
from netrazor.reproduction.randomize.study_run import layer_sparsities, next_sparsity, prune_at_once
from netrazor.reproduction.randomize.summarizing import summarize
from netrazor.reproduction.randomize.summary import Summary
from netrazor.train import FitConfig, OptimizerConfig


def _images(n: int, seed: int) -> ImageDataset:
    generator = torch.Generator().manual_seed(seed)
    labels = torch.arange(n) % 4
    images = torch.randint(0, 80, (n, 1, 6, 6), generator=generator, dtype=torch.uint8)
    images[torch.arange(n), 0, labels] += 120
    return ImageDataset(images, labels, classes=4, name="rows")


@pytest.fixture
def rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """`netrazor.data.load` gives a small made-up data set, whatever it is asked for."""
    splits = {"train": _images(400, 0), "test": _images(100, 1)}
    monkeypatch.setattr(datasets, "load", lambda name, split="train", *, directory=None: splits[split])


def _tiny() -> Study:
    fit = FitConfig(steps=30, batch_size=40, optimizer=OptimizerConfig(rate=5e-3))
    return Study(
        name="tiny",
        architecture="lenet-300-100",
        settings={"widths": (36, 8, 4)},
        dataset="rows",
        examples=80,
        train=FitConfig(steps=120, batch_size=40, optimizer=OptimizerConfig(rate=5e-3)),
        tune=fit,
        quantize=QuantizeStage(fit=fit),
        sparsities=(0.0, 0.5, 0.8),
        levels=(0.0, 1.0),
        seeds=(0, 1),
        refinements=1,
    )


def test_labels_are_nested_and_of_the_right_share() -> None:
    train, test = _images(4000, 0), _images(2000, 1)
    none, half, whole = (draw_sample(train, test, 3000, level, 7) for level in (0.0, 0.5, 1.0))
    assert torch.equal(none.train.images, half.train.images)
    changed = half.train.labels != none.train.labels
    assert torch.equal(half.train.labels[changed], whole.train.labels[changed])
    assert changed.float().mean().item() == pytest.approx(0.5 * 0.75, abs=0.03)
    assert (whole.test.labels != test.labels).float().mean().item() == pytest.approx(0.75, abs=0.04)
    assert not torch.equal(draw_sample(train, test, 3000, 0.0, 8).train.images, none.train.images)


def test_labels_refuse_what_cannot_be() -> None:
    images = _images(40, 0)
    with pytest.raises(BadDataset, match="at most the 40"):
        draw_sample(images, images, 41, 0.5, 0)
    with pytest.raises(InvalidArgument, match="level"):
        draw_sample(images, images, 40, 1.5, 0)


@pytest.mark.parametrize("sparsity", [0.0, 0.5, 0.9])
def test_one_threshold_for_all_layers(sparsity: float) -> None:
    torch.manual_seed(0)
    model = MLP((20, 10, 5))
    whole = torch.cat([p.detach().abs().flatten() for p in model.parameters() if p.ndim > 1])
    prune_at_once(model, layer_sparsities(model, sparsity))
    left = torch.cat([p.detach().abs().flatten() for p in model.parameters() if p.ndim > 1])
    assert int((left == 0).sum()) == round(sparsity * whole.numel())
    assert left[left != 0].min() >= whole[left == 0].max() if sparsity else True


def test_a_study_resumes_and_repeats(rows: None, tmp_path: Path) -> None:
    study = _tiny()
    first = randomize(study, tmp_path / "a")
    kept = record_path(tmp_path / "a", 1.0, 1)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "a").glob("level-*")}
    kept.unlink()
    again = randomize(study, tmp_path / "a")
    same = {"date", "cpu_seconds", "runs"}
    assert first.model_dump(exclude=same) == again.model_dump(exclude=same)
    after = {path: path.stat().st_mtime_ns for path in (tmp_path / "a").glob("level-*")}
    assert [path for path in before if before[path] != after[path]] == [kept]
    with pytest.raises(ConfigurationError, match="another configuration"):
        randomize(replace(study, examples=60), tmp_path / "a")


def test_a_run_goes_on_from_its_checkpoint(
    rows: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from netrazor.reproduction.randomize import study_run as run

    study = replace(_tiny(), levels=(1.0,), seeds=(0,))
    whole = randomize(study, tmp_path / "whole")
    counts = iter(range(100))
    tune = run.MaskedWeights

    def stopping(*arguments: object) -> object:
        if next(counts) == 1:
            raise KeyboardInterrupt
        return tune(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(run, "MaskedWeights", stopping)
    with pytest.raises(KeyboardInterrupt):
        randomize(study, tmp_path / "stopped")
    resumed = randomize(study, tmp_path / "stopped")
    assert resumed.runs[0].points == whole.runs[0].points
    assert not list((tmp_path / "stopped").glob("*.pt"))


def test_the_summary_is_read_back(rows: None, tmp_path: Path) -> None:
    summary = randomize(replace(_tiny(), seeds=(0,)), tmp_path)
    assert Summary.model_validate_json((tmp_path / "summary.json").read_bytes()) == summary
    assert summary.configuration["examples"] == 80
    assert json.loads((tmp_path / "summary.json").read_text())["format"] == "netrazor-randomize-1"


def _record(level: float, seed: int, points: tuple[Point, ...]) -> RunRecord:
    return RunRecord(study="s", digest="d", level=level, seed=seed, n=100, classes=10, train_error=0.0,
                     test_error=level, points=points, cpu_seconds=0.0, netrazor="0")  # fmt: skip


def _point(sparsity: float, error: float, bits: int) -> Point:
    message = MessageRecord(bits=bits, nonzeros=1, train_error=error, test_error=0.5)
    return Point(sparsity=sparsity, refined=False, one_shot_error=error, tuned_error=error, message=message)


def test_areas_by_hand() -> None:
    """Accuracies 1, 0.9, 0.5 against 1, 0.6, 0.1: the window is 0.5 to 0.8, areas are 0.7 and 0.35."""
    records = [
        _record(level, 0, tuple(_point(s, e, 10) for s, e in zip((0.0, 0.5, 0.8), errors, strict=True)))
        for level, errors in ((0.0, (0.0, 0.1, 0.5)), (1.0, (0.0, 0.4, 0.9)))
    ]
    summary = summarize(records, {}, (0.99,), command="", cores=1, date="")
    assert summary.one_shot.window == (0.5, 0.8)
    assert summary.one_shot.area is not None
    assert [level.mean for level in summary.one_shot.area.levels] == pytest.approx([0.7, 0.35])
    assert summary.one_shot.area.monotone
    assert [loss.mean for loss in summary.one_shot.loss_at_half] == pytest.approx([0.1, 0.4])


def test_the_shortest_message_keeps_its_share() -> None:
    record = _record(0.0, 0, (_point(0.0, 0.0, 90), _point(0.5, 0.005, 50), _point(0.8, 0.04, 20)))
    assert record.shortest(0.99).bits == 50  # type: ignore[union-attr]
    assert record.shortest(0.95).bits == 20  # type: ignore[union-attr]
    assert record.shortest(1.0).bits == 90  # type: ignore[union-attr]
    assert record.bits_at(0.99) == pytest.approx(50 - 30 * 5 / 35)
    assert record.bits_at(0.95) == 20
    assert next_sparsity(record, 0.99) == pytest.approx(1 - (0.5 * 0.2) ** 0.5)
    assert next_sparsity(record, 0.95) is None


def test_the_floor_is_of_the_compressed_networks() -> None:
    from netrazor import bounds

    records = [_record(level, seed, (_point(0.0, 0.01 * seed, 900), _point(0.5, 0.5, 9)))
               for level in (0.0, 1.0) for seed in (0, 1)]  # fmt: skip
    lengths = summarize(records, {}, (0.95,), command="", cores=1, date="").lengths[0]
    assert lengths.floor_bits == pytest.approx([float(bounds.memorized_bits(0.005, 0.5, 100))] * 2)
    assert not lengths.bits.monotone


def test_incomplete_records_are_refused() -> None:
    with pytest.raises(ConfigurationError, match="same seeds"):
        summarize([_record(0.0, 0, ()), _record(1.0, 1, ())], {}, (), command="", cores=1, date="")


def test_a_level_without_a_message_leaves_no_length() -> None:
    record = _record(0.0, 0, (_point(0.0, 0.5, 90), _point(0.5, 0.5, 50)))
    assert summarize([record], {}, (0.99,), command="", cores=1, date="").lengths == ()


@pytest.mark.parametrize("study", STUDIES.values(), ids=STUDIES)
def test_published_studies_can_be_built(study: Study) -> None:
    assert study_named(study.name) is study
    assert sum(p.numel() for p in build(study.architecture, **study.settings).parameters()) > 10_000
    assert study_scaled(study, 0.1).train.steps == round(0.1 * study.train.steps)
    assert 0.5 in study.sparsities


def test_processes_side_by_side(tmp_path: Path) -> None:
    from netrazor.reproduction.randomize.launcher import launcher

    with launcher(2, None, tmp_path) as executor:
        assert [executor.submit(pow, 2, k).result() for k in (3, 4)] == [8, 16]
    with pytest.raises(ConfigurationError, match="processes"), launcher(0, None, tmp_path):
        pass
