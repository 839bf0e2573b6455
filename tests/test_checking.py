"""Tampering: take a certificate that holds, alter one thing, seal it again, and the check names what."""

import math
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import tiny
from netrazor import bounds
from netrazor.certification import ASSUMPTIONS, Certificate, checking, seal
from netrazor.coding import Limits
from netrazor.units import nats_from_bits

OCCAM, NOISY = tiny.occam_run, tiny.noisy_run


def codes(certificate: Certificate, blob: bytes, **options: Any) -> set[str]:
    return {finding.code for finding in checking.check(certificate, blob, **options)}


def altered(run: Callable, **changes: object) -> set[str]:
    """Findings after a change, sealed again."""
    issued = run().issued
    return codes(seal(issued.certificate.model_copy(update=changes)), issued.blob)


def nested(run: Callable, part: str, **changes: object) -> set[str]:
    inner = getattr(run().issued.certificate, part)
    return altered(run, **{part: inner.model_copy(update=changes)})


@pytest.mark.parametrize("run", [OCCAM, NOISY])
def test_what_certify_issues_holds(run: Callable) -> None:
    issued = run().issued
    assert checking.check(issued.certificate, issued.blob) == ()
    assert issued.certificate.method == ("occam" if run is OCCAM else "perturbation")


def test_the_bound_is_the_theorems() -> None:
    c = OCCAM().issued.certificate
    exact = bounds.occam(c.errors, c.n, c.effective_bits, 0.05)
    assert exact < c.risk_bound <= exact + 2e-9
    c = NOISY().issued.certificate
    assert c.noise is not None
    upper = bounds.empirical_bernstein(
        c.noise.mean, c.noise.variance, c.noise.draws, c.delta_parts["noisy risk"]
    )
    assert upper < c.empirical_risk <= upper + 2e-9
    exact = bounds.maurer(c.empirical_risk, nats_from_bits(c.effective_bits), c.n, c.delta_parts["PAC-Bayes"])
    assert exact < c.risk_bound <= exact + 2e-9


@pytest.mark.parametrize("run", [OCCAM, NOISY])
@pytest.mark.parametrize(
    ("field", "change", "code"),
    [
        ("risk_bound", lambda c: c.risk_bound - 1e-9, "bound"),
        ("risk_bound", lambda c: 0.0, "bound"),
        ("empirical_risk", lambda c: c.empirical_risk / 2, "risk"),
        ("n", lambda c: 2 * c.n, "claim"),
        ("n", lambda c: c.n - 1, "risk"),
        ("effective_bits", lambda c: c.effective_bits - 1, "bits"),
        ("effective_bits", lambda c: c.effective_bits + 1, "bits"),
        ("message_bytes", lambda c: c.message_bytes - 1, "message-length"),
        ("message_sha256", lambda c: "0" * 64, "message-digest"),
        ("delta", lambda c: c.delta / 2, "delta"),
        ("delta", lambda c: c.delta * 2, "delta"),
        ("considered", lambda c: (), "delta"),
        ("considered", lambda c: ("occam", "perturbation", "perturbation"), "delta"),
        ("assumptions", lambda c: c.assumptions[1:], "assumptions"),
        ("assumptions", lambda c: (*ASSUMPTIONS, "The moon is full."), "assumptions"),
        ("claim", lambda c: c.claim.replace("at most", "exactly"), "claim"),
        ("seal", lambda c: c.seal, None),
    ],
)
def test_a_field_altered(run: Callable, field: str, change: Callable, code: str | None) -> None:
    found = altered(run, **{field: change(run().issued.certificate)})
    assert code in found if code else not found


def test_errors_altered() -> None:
    assert altered(OCCAM, errors=0) == {"risk"}
    assert altered(OCCAM, errors=0, empirical_risk=0.0) == set()  # claims no more; only a recount can tell
    assert altered(OCCAM, errors=401) == {"risk"}


def test_too_few_examples_for_the_bounds_is_a_finding() -> None:
    assert altered(NOISY, n=1) == {"risk"}


@pytest.mark.parametrize("part", ["occam", "noisy risk", "PAC-Bayes"])
def test_every_part_of_delta(part: str) -> None:
    parts = NOISY().issued.certificate.delta_parts
    assert altered(NOISY, delta_parts={name: p for name, p in parts.items() if name != part}) == {"delta"}
    assert altered(NOISY, delta_parts={**parts, part: parts[part] * 1.01}) == {"delta"}
    assert altered(NOISY, delta_parts={**parts, part: parts[part] / 2}) == {"delta"}
    assert altered(NOISY, delta_parts={**parts, "more": 0.01}) == {"delta"}


def test_a_method_that_nothing_was_spent_on() -> None:
    assert altered(NOISY, considered=("occam",), delta_parts={"occam": 0.05}) >= {"delta"}
    assert altered(OCCAM, method="perturbation") >= {"delta"}
    assert altered(NOISY, method="occam") == {"noise"}


def test_noise_that_only_one_of_message_and_certificate_speaks_of() -> None:
    record = NOISY().issued.certificate.noise
    assert altered(OCCAM, noise=record) == {"noise"}
    assert altered(NOISY, noise=None) == {"noise"}


@pytest.mark.parametrize(
    "changes",
    [
        {"draws": 10**6},
        {"draws": 801},
        {"examples_per_draw": 40, "draws": 400},
        {"examples_per_draw": 1600, "draws": 10},
        {"mean": 0.0},
        {"variance": 0.0},
        {"estimator": "kl-chernoff"},
        {"risk_upper": 0.0},
        {"risk_upper": 1.0},
    ],
)
def test_the_record_of_the_draws(changes: dict) -> None:
    assert "risk" in nested(NOISY, "noise", **changes)


def test_another_architecture() -> None:
    assert nested(OCCAM, "architecture", index=1) == {"architecture"}


def test_a_smaller_price_for_any_line_of_the_ledger() -> None:
    for run in (OCCAM, NOISY):
        ledger = run().issued.certificate.ledger
        for place, line in enumerate(ledger.lines):
            if line.charged_bits:
                cheaper = line.model_copy(update={"charged_bits": line.charged_bits / 2})
                lines = (*ledger.lines[:place], cheaper, *ledger.lines[place + 1 :])
                assert "ledger" in nested(run, "ledger", lines=lines)
        assert "ledger" in nested(run, "ledger", lines=ledger.lines[1:])


def test_an_alteration_without_a_new_seal() -> None:
    issued = OCCAM().issued
    assert codes(issued.certificate.model_copy(update={"claim": "It is perfect."}), issued.blob) >= {"seal"}
    assert codes(issued.certificate.model_copy(update={"seal": ""}), issued.blob) == {"seal"}


def test_another_message() -> None:
    certificate = OCCAM().issued.certificate
    assert codes(certificate, NOISY().issued.blob) >= {"message-digest", "ledger"}


@pytest.mark.parametrize(
    "damage", [lambda b: b[:-1], lambda b: b + b"\0", lambda b: b"", lambda b: b[:20] + b[21:]]
)
def test_a_damaged_message(damage: Callable) -> None:
    issued = OCCAM().issued
    blob = damage(issued.blob)
    assert codes(issued.certificate, blob) >= {"message", "message-digest"}


def test_a_message_over_the_readers_limits() -> None:
    issued = OCCAM().issued
    assert codes(issued.certificate, issued.blob, limits=Limits(elements=10)) == {"message"}


def test_a_weaker_claim_holds_too() -> None:
    c = OCCAM().issued.certificate
    weaker = c.model_copy(update={"risk_bound": 0.99})
    weaker = weaker.model_copy(update={"claim": checking.claim(weaker)})
    assert codes(seal(weaker), OCCAM().issued.blob) == set()


@given(st.floats(1e-12, 0.999))
def test_the_parts_add_up_to_delta_in_print(delta: float) -> None:
    for considered in (("occam",), ("perturbation",), ("occam", "perturbation")):
        parts = checking.delta_parts(delta, considered)
        budget = bounds.DeltaBudget(delta, parts)  # refuses what adds up to more
        assert budget.unspent <= 1e-5 * delta


def test_the_usual_delta_has_round_parts() -> None:
    assert checking.delta_parts(0.05, ("occam", "perturbation")) == {
        "occam": 0.025,
        "noisy risk": 0.005,
        "PAC-Bayes": 0.02,
    }


@pytest.mark.parametrize(
    ("delta", "printed"),
    [
        (0.05, "95 %"),
        (0.1, "90 %"),
        (0.5, "50 %"),
        (1e-7, "99.99999 %"),
        (1e-12, "99.999999 %"),
        (1 / 60, "98.333333 %"),
    ],
)
def test_the_printed_confidence_is_never_more_than_the_real_one(delta: float, printed: str) -> None:
    text = checking.claim(OCCAM().issued.certificate.model_copy(update={"delta": delta}))
    assert f"at least {printed} over" in text
    assert Decimal(printed[:-2]) <= 100 * (1 - Decimal(delta)) + Decimal("1e-14")


def test_the_printed_percentage_is_never_less_than_the_bound() -> None:
    c = OCCAM().issued.certificate
    for bound in (0.12340001, 0.1234, 1 / 3, 1.0):
        text = checking.claim(c.model_copy(update={"risk_bound": bound}))
        printed = float(text.split("at most ")[1].split(" %")[0])
        assert bound <= printed / 100 + 1e-15
        assert printed / 100 < bound + 1.01e-4


def test_rounding_hides_what_another_machines_logarithms_would_change() -> None:
    c = OCCAM().issued.certificate
    assert (c.risk_bound * 1e9) == pytest.approx(round(c.risk_bound * 1e9), abs=1e-6)
    assert c.risk_bound > math.nextafter(bounds.occam(c.errors, c.n, c.effective_bits, 0.05), 1) + 1e-13
