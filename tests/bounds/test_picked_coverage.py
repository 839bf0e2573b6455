"""How often the bound of picked examples is below the true risk: within delta if sound, beyond it for each fault."""

import numpy as np
import picked_designs
import pytest
from synthetic import DELTA, allowance

RUNS = 3000


@pytest.mark.parametrize("design", picked_designs.DESIGNS)
def test_sound_ways_hold_and_faults_are_seen(design):
    rates = picked_designs.rates(design, np.random.default_rng(5), RUNS)
    allowed = allowance(RUNS)
    sound = {name: rates.pop(name) for name in picked_designs.SOUND_WAYS & set(rates)}
    assert picked_designs.SOUND in sound
    assert max(sound.values()) <= allowed, sound
    assert rates, "each design has a fault to be seen"
    assert min(rates.values()) > allowed, rates


def test_one_design_is_tight():
    sound = picked_designs.rates("boundary", np.random.default_rng(6), RUNS)[picked_designs.SOUND]
    spread = allowance(RUNS) - DELTA
    assert sound == pytest.approx(DELTA, abs=spread)


def test_every_fault_is_planted():
    rng = np.random.default_rng(7)
    planted = {name for design in picked_designs.DESIGNS.values() for name in design(rng, 2)}
    assert planted - picked_designs.SOUND_WAYS == {
        "any stop, without its share of delta",
        "ties by the next larger loss",
        "first picks not charged",
        "errors left not charged",
        "priority chosen by the data",
        "final predictor chosen by its errors",
    }


def test_the_picks_of_a_run():
    # Four letters, labels 1 0 1 1: by priority, in batches of two, only what is wrong is picked after the first.
    letters = np.array([[0, 1, 2, 3, 2]])
    learner = picked_designs.ByHeart(letters, np.array([[True, False, True, True]]))
    picked = picked_designs.pick_to_learn(learner, letters.shape, 5, 2, 1)
    assert picked.tolist() == [[True, False, True, True, False]]
    learner = picked_designs.ByHeart(letters, np.array([[True, False, True, True]]))
    stopped = picked_designs.pick_to_learn(learner, letters.shape, 2, 2, 1)
    assert stopped.tolist() == [[True, False, True, False, False]]
    assert learner.risk().tolist() == [0.25]
