"""Picking against a plain oracle, its preference, its checkpoints, and what it refuses."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pickable import NearestMean, images, points, torch_learner
from sklearn.linear_model import LogisticRegression

from netrazor.certification.spending import split_positions_of
from netrazor.errors import BadDataset, ConfigurationError, InvalidArgument, UnsupportedLearner
from netrazor.picking import (
    Examples,
    FinalRule,
    Learner,
    Picking,
    PickingConfig,
    SklearnLearner,
    StopCount,
    in_order_of_priority,
    pick,
)
from netrazor.train import Checkpoint

CONFIG = PickingConfig(stops=(6, 12, 20), first=4, growth_percent=50, scoring_batch=32)
LEARNERS: dict[str, Any] = {
    "own": NearestMean,
    "sklearn": lambda: SklearnLearner(LogisticRegression()),
    "torch": torch_learner,
}


def data_for(name: str) -> Any:
    return images() if name == "torch" else points()


def same(one: Picking, other: Picking) -> bool:
    return (
        one.picks.tolist() == other.picks.tolist()
        and one.counts == other.counts
        and one.best == other.best
        and one.rounds == other.rounds
    )


def oracle(learner: Learner, dataset: Any, config: PickingConfig) -> tuple[list[int], list[StopCount]]:
    """Picking, one example at a time, everything scored in every round."""
    inputs, labels = dataset
    order = [int(p) for p in in_order_of_priority(np.arange(len(labels)))]
    picks: list[int] = []
    counts: list[StopCount] = []
    learner.start(config.seed)
    while len(counts) < len(config.stops):
        wrong = [
            p for p in order if p not in picks and (not picks or learner.predict(inputs[[p]])[0] != labels[p])
        ]
        if len(picks) == config.stops[len(counts)] or (picks and not wrong):
            counts.append(StopCount(config.stops[len(counts)], len(picks), len(wrong)))
            continue
        size = max(config.batch, len(picks) * config.growth_percent // 100) if picks else config.first
        new = wrong[: min(size, config.stops[len(counts)] - len(picks))]
        picks += new
        learner.learn(Examples(inputs[picks], labels[picks]), Examples(inputs[new], labels[new]))
    return picks, counts


@pytest.mark.parametrize("seed", range(3))
def test_equal_to_picking_one_example_at_a_time(seed: int) -> None:
    dataset = points(seed=seed)
    picked = pick(NearestMean(), dataset, CONFIG)
    picks, counts = oracle(NearestMean(), dataset, CONFIG)
    assert picked.picks.tolist() == picks
    assert list(picked.counts) == counts
    assert picked.best == min(counts, key=lambda count: count.size)


@pytest.mark.parametrize("name", LEARNERS)
def test_what_is_neither_picked_nor_wrong_can_be_taken_away(name: str) -> None:
    dataset, learner = data_for(name), LEARNERS[name]
    everything = pick(learner(), dataset, CONFIG)
    inputs, labels = dataset.tensors() if name == "torch" else dataset
    wrong = np.flatnonzero(everything.predictor.predict(inputs) != np.asarray(labels))
    kept = np.union1d(everything.best_picks, wrong)
    again = pick(learner(), dataset, CONFIG, among=kept, until=everything.best.stop)
    assert again.picks.tolist() == everything.best_picks.tolist()
    assert again.counts[-1] == everything.best
    alone = pick(learner(), dataset, CONFIG, among=np.sort(everything.best_picks), until=everything.best.stop)
    assert alone.picks.tolist() == everything.best_picks.tolist(), (
        "the picks alone lead to themselves, in order"
    )
    assert alone.counts[-1].errors == 0


@pytest.mark.parametrize("name", LEARNERS)
def test_the_final_predictor_is_the_one_that_was_counted(name: str) -> None:
    dataset = data_for(name)
    picked = pick(LEARNERS[name](), dataset, CONFIG)
    inputs, labels = dataset.tensors() if name == "torch" else dataset
    wrong = np.flatnonzero(picked.predictor.predict(inputs) != np.asarray(labels))
    assert len(np.setdiff1d(wrong, picked.best_picks)) == picked.best.errors


@pytest.mark.parametrize("kind", ["last", "vote", "mean"])
@pytest.mark.parametrize("name", ["sklearn", "torch"])
def test_an_interrupted_run_goes_on_to_the_same_result(name: str, kind: Any, tmp_path: Path) -> None:
    if (name, kind) == ("sklearn", "mean"):
        pytest.skip("estimators have no mean")
    config = PickingConfig(**{**CONFIG.__dict__, "final": FinalRule(kind, 3)})
    dataset, learner = data_for(name), LEARNERS[name]
    straight = pick(learner(), dataset, config)
    inputs = dataset.tensors()[0] if name == "torch" else dataset[0]
    for stop in config.stops[:2]:
        checkpoint = Checkpoint(tmp_path / f"{stop}", "run", seconds=0)
        pick(learner(), dataset, config, until=stop, checkpoint=checkpoint)
        assert checkpoint.load() is not None
        resumed = pick(learner(), dataset, config, checkpoint=checkpoint)
        assert same(resumed, straight)
        assert np.array_equal(resumed.predictor.predict(inputs), straight.predictor.predict(inputs))


def test_only_as_many_are_scored_as_it_takes() -> None:
    dataset, learner = points(5000), NearestMean()
    config = PickingConfig(stops=(10,), first=9, scoring_batch=50)
    pick(learner, dataset, config)
    tried = 8 * 256  # at most, by the check of the learner
    assert learner.scored <= tried + 50 * 10 + 5000 + 50, "some batches for the last pick, one pass to count"


def test_where_nothing_is_wrong_any_more_all_later_stops_are_the_same() -> None:
    inputs, labels = points(60, classes=2)
    easy = inputs + 40 * labels[:, None]
    picked = pick(NearestMean(), (easy, labels), PickingConfig(stops=(5, 20, 30), first=5))
    assert [(count.picked, count.errors) for count in picked.counts] == [(5, 0)] * 3
    assert picked.best.stop == 5


def test_spent_examples_train_the_start_and_are_not_counted() -> None:
    dataset = points()
    config = PickingConfig(stops=(0, 5), spent=40)
    picked = pick(NearestMean(), dataset, config)
    spent = split_positions_of("hashed positions", 300, 40)[0]
    assert picked.counted == 260
    assert not set(picked.picks.tolist()) & set(spent.tolist())
    start = NearestMean()
    start.start(0)
    start.learn(*[Examples(dataset[0][spent], dataset[1][spent])] * 2)
    counted = np.setdiff1d(np.arange(300), spent)
    errors = int(np.sum(start.predict(dataset[0][counted]) != dataset[1][counted]))
    assert picked.counts[0] == StopCount(0, 0, errors), "nothing picked: the hold-out count"


def test_labels_never_picked_count_as_errors() -> None:
    inputs, labels = points(100, classes=2)
    labels[in_order_of_priority(np.arange(100))[:6]] = 0
    picked = pick(SklearnLearner(LogisticRegression()), (inputs, labels), PickingConfig(stops=(4,), first=4))
    assert picked.counts[0].errors == int(np.sum(labels == 1)), (
        "as long as one label was seen, it is the answer"
    )


def test_map_style_data_sets_are_read_item_by_item() -> None:
    dataset = images(60)
    items = [dataset[index] for index in range(60)]
    config = PickingConfig(stops=(8,), first=4)
    assert same(pick(torch_learner(), items, config), pick(torch_learner(), dataset, config))


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"stops": (400,)}, "the first asks for 400 picks, and 300 examples are counted"),
        ({"stops": (6, 6)}, "must increase"),
        ({"stops": (0, 5)}, "at least 1 where no examples are spent"),
        ({"spent": 300}, r"spent: must be in 0 \.\. 299"),
        ({"spent": 295}, "5 examples are counted"),
    ],
)
def test_configurations_that_do_not_fit_the_data(settings: dict[str, Any], words: str) -> None:
    with pytest.raises(InvalidArgument, match=words):
        pick(NearestMean(), points(), PickingConfig(**{**CONFIG.__dict__, **settings}))


@pytest.mark.parametrize("among", [[3, 3], [5, 2], [300], [-1]])
def test_positions_of_a_record_that_repeat_exceed_or_come_out_of_order(among: list[int]) -> None:
    with pytest.raises(InvalidArgument, match="among: must be distinct positions"):
        pick(NearestMean(), points(), CONFIG, among=np.array(among))


def test_spent_positions_are_not_among_the_counted() -> None:
    config = PickingConfig(stops=(5,), spent=10)
    with pytest.raises(InvalidArgument, match="among"):
        pick(NearestMean(), points(), config, among=split_positions_of("hashed positions", 300, 10)[0])


def test_ending_after_what_is_no_stop() -> None:
    with pytest.raises(
        InvalidArgument, match=r"until: must be one of the declared stops \[6, 12, 20\], got 7"
    ):
        pick(NearestMean(), points(), CONFIG, until=7)


@pytest.mark.parametrize(
    ("dataset", "words"),
    [
        ((np.zeros((3, 2)), np.zeros(2, dtype=int)), "3 whole numbers"),
        ((np.zeros((3, 2)), np.zeros(3)), "whole numbers"),
        ([], "at least one example"),
        (iter([]), "must be a pair"),
    ],
)
def test_data_sets_that_nothing_can_be_picked_from(dataset: Any, words: str) -> None:
    with pytest.raises(BadDataset, match=words):
        pick(NearestMean(), dataset, CONFIG)


def test_the_mean_of_weights_needs_weights() -> None:
    config = PickingConfig(**{**CONFIG.__dict__, "final": FinalRule("mean", 2)})
    with pytest.raises(ConfigurationError, match=r"averaged\(others\), got NearestMean"):
        pick(NearestMean(), points(), config)


class OneHot(NearestMean):
    def predict(self, inputs: Any) -> Any:
        return np.eye(3)[super().predict(inputs)]


class Broken(NearestMean):
    def predict(self, inputs: Any) -> Any:
        raise RuntimeError("no such layer")


@pytest.mark.parametrize(
    ("learner", "words"),
    [
        (object(), "no start and no learn and no predict"),
        (OneHot(), "return labels, not scores"),
        (Broken(), "no such"),
    ],
)
def test_what_is_no_learner(learner: Any, words: str) -> None:
    with pytest.raises(UnsupportedLearner, match=words):
        pick(learner, points(), CONFIG)
