"""How often a certified bound lies below the true risk: within delta for every method, beyond it for every fault."""

import numpy as np
import pytest
import synthetic

TIGHT_RUNS, NOISY_RUNS = 4000, 200


@pytest.fixture(scope="module")
def errors():
    return synthetic.tight_errors(np.random.default_rng(1), TIGHT_RUNS)


def test_sound_methods_hold(errors):
    rates = synthetic.tight_rates(errors)
    assert max(rates.values()) <= synthetic.allowance(TIGHT_RUNS)
    assert 0.01 <= rates["occam"] <= 0.05


def test_faults_are_seen(errors):
    rates = synthetic.tight_fault_rates(errors)
    assert min(rates.values()) > synthetic.allowance(TIGHT_RUNS), rates


def test_the_second_stage():
    rates = synthetic.noisy_rates(np.random.default_rng(2), NOISY_RUNS)
    faults = {rates.pop("confidence term forgotten"), rates.pop("draws reused")}
    assert max(rates.values()) <= synthetic.allowance(NOISY_RUNS)
    assert min(faults) > synthetic.allowance(NOISY_RUNS)


def test_through_the_functions_that_issue_certificates():
    rng = np.random.default_rng(3)
    found = [entry for seed in range(2) for entry in synthetic.through_pipeline(rng, seed)]
    assert {name for name, _, _ in found} == {"occam", "perturbation", "code length forgotten"}
    assert all(value >= true for name, value, true in found if name != "code length forgotten")
    assert all(value < true for name, value, true in found if name == "code length forgotten")
