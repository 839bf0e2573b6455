"""Tampering: take a certificate that holds, alter one thing, seal it again, and the check names what."""

import math
from collections.abc import Callable
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

import spent_runs
import tiny
from netrazor import bounds
from netrazor.certification.bounding import bound_claim
from netrazor.certification.delta_shares import delta_parts
from netrazor.certification.sentences import claim_sentence, confidence
from netrazor.coding import Limits
from netrazor.errors import CertificateError
from netrazor.units import nats_from_bits
from tampering import alter, change, conclude_again, find

OCCAM, NOISY, TWO = tiny.occam_run, tiny.noisy_run, tiny.two_claims_run
GIVEN = {"sha256": "0" * 64, "bytes": 5, "origin": "elsewhere", "errors": 3}


@pytest.mark.parametrize("run", [OCCAM, NOISY, TWO])
def test_what_certify_issues_holds(run: Callable) -> None:
    issued = run().issued
    assert find(issued.certificate, issued.blob) == set()
    assert issued.certificate.method == ("perturbation" if run is NOISY else "occam")


def test_the_bound_is_the_theorems() -> None:
    c = OCCAM().issued.certificate
    exact = bounds.occam(c.errors, c.n, c.effective_bits, 0.05)
    assert exact < c.risk_bound <= exact + 2e-9
    c = NOISY().issued.certificate
    parts, noisy, noise = c.claims[0].delta_parts, c.claims[0].noisy, c.noise
    assert noise is not None
    assert noisy is not None
    upper = bounds.empirical_bernstein(noisy.mean, noisy.variance, noise.draws, parts["noisy risk"])
    assert upper < c.empirical_risk <= upper + 2e-9
    exact = bounds.maurer(c.empirical_risk, nats_from_bits(c.effective_bits), c.n, parts["PAC-Bayes"])
    assert exact < c.risk_bound <= exact + 2e-9


def test_two_claims_share_delta() -> None:
    c = TWO().issued.certificate
    first, second = c.claims
    assert (first.top, second.top) == (1, 2)
    for claim in c.claims:
        assert claim.delta_parts == {"occam": 0.025}
        exact = bounds.occam(claim.errors, c.n, c.effective_bits, 0.025)
        assert exact < claim.bound <= exact + 2e-9
    assert "(top 2)" in second.sentence
    assert second.errors <= first.errors


@pytest.mark.parametrize("run", [OCCAM, NOISY])
@pytest.mark.parametrize(
    ("path", "value", "code"),
    [
        ("claims.0.bound", lambda x: x - 1e-9, "bound"),
        ("claims.0.bound", 0.0, "bound"),
        ("claims.0.n", lambda n: 2 * n, "risk"),
        ("claims.0.n", lambda n: n - 1, "risk"),
        ("claims.0.errors", lambda _: 10**6, "risk"),
        ("claims.0.sentence", lambda s: s.replace("at most", "exactly"), "claim"),
        ("claims", lambda claims: (*claims, *claims), "claims"),
        ("sample.n", lambda n: n + 1, "risk"),
        ("sample.spent", 10, "sample"),
        ("sample.spending", "even positions", "sample"),
        ("sample.spent", 10**6, "sample"),
        ("sample.majority_errors", 10**6, "sample"),
        ("sample.duplicates", 10**6, "sample"),
        ("message.effective_bits", lambda bits: bits - 1, "bits"),
        ("message.effective_bits", lambda bits: bits + 1, "bits"),
        ("message.bytes", lambda n: n - 1, "length"),
        ("message.sha256", "0" * 64, "digest"),
        ("message.form", "steps", "prior"),
        ("message", None, "files"),
        ("prior.given", None, None),
        ("prior.architecture.index", 1, "graph"),
        ("prior.architecture.name", "lenet5", "architecture"),
        ("delta", lambda delta: delta / 2, "delta"),
        ("delta", lambda delta: delta * 2, "delta"),
        ("considered", (), "delta"),
        ("considered", ("occam", "perturbation", "perturbation"), "delta"),
        ("considered", ("occam", "hold-out"), "delta"),
        ("assumptions", lambda told: told[1:], "assumptions"),
        ("assumptions", lambda told: (*told, "The moon is full."), "assumptions"),
        ("seal", lambda seal: seal, None),
    ],
)
def test_a_field_altered(run: Callable, path: str, value: object, code: str | None) -> None:
    found = alter(run, {path: value})
    assert code in found if code else not found


def test_errors_altered_claim_no_more_and_only_a_recount_can_tell() -> None:
    assert alter(OCCAM, {"claims.0.errors": 0}) == set()
    assert alter(OCCAM, {"claims.0.errors": 401}) == {"risk"}


def test_too_few_examples_for_the_bounds_is_a_finding() -> None:
    assert alter(NOISY, {"claims.0.n": 1, "sample.n": 1}) >= {"sample"}
    few = {"claims.0.n": 4, "sample.n": 4, "sample.majority_errors": 1, "sample.duplicates": 0}
    assert alter(NOISY, {**few, "claims.0.errors": 0}) == {"risk"}


@pytest.mark.parametrize("part", ["occam", "noisy risk", "PAC-Bayes"])
def test_every_part_of_delta(part: str) -> None:
    parts = NOISY().issued.certificate.claims[0].delta_parts
    for other in (
        {name: p for name, p in parts.items() if name != part},
        {**parts, part: parts[part] * 1.01},
        {**parts, part: parts[part] / 2},
        {**parts, "more": 0.01},
    ):
        assert alter(NOISY, {"claims.0.delta_parts": other}) == {"delta"}


def test_a_method_that_nothing_was_spent_on() -> None:
    assert alter(NOISY, {"considered": ("occam",), "claims.0.delta_parts": {"occam": 0.05}}) >= {"delta"}
    assert alter(OCCAM, {"method": "perturbation"}) >= {"delta"}
    assert alter(NOISY, {"method": "occam"}) == {"noise"}


def test_noise_that_only_one_of_message_and_certificate_speaks_of() -> None:
    c = NOISY().issued.certificate
    assert alter(OCCAM, {"noise": c.noise}) >= {"noise"}
    assert alter(NOISY, {"noise": None}) >= {"noise"}
    both = {"method": "perturbation", "considered": c.considered, "noise": c.noise, "claims": c.claims}
    assert "noise" in find(conclude_again(OCCAM().issued.certificate, both), OCCAM().issued.blob)
    assert "risk" in alter(NOISY, {"claims.0.noisy": None})
    assert "risk" in alter(OCCAM, {"claims.0.noisy": c.claims[0].noisy})


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("noise.draws", 10**6),
        ("noise.draws", 801),
        ("noise.examples_per_draw", 1600),
        ("claims.0.noisy.mean", 0.0),
        ("claims.0.noisy.variance", 0.0),
        ("claims.0.noisy.upper", 0.0),
        ("claims.0.noisy.upper", 1.0),
    ],
)
def test_the_record_of_the_draws(path: str, value: object) -> None:
    assert "risk" in alter(NOISY, {path: value})


def test_draws_that_leave_examples_out_are_found_though_all_else_follows() -> None:
    """40 examples a draw divide n = 2,000, but 1,025 draws of them cover half of the examples once more."""
    c = NOISY().issued.certificate
    assert c.n % 40 == 0
    for group, draws in ((40, 1025), (1600, 1025)):
        forged = c.model_copy(
            update={"noise": c.noise.model_copy(update={"examples_per_draw": group, "draws": draws})}
        )
        upper = bounds.empirical_bernstein(
            c.claims[0].noisy.mean, c.claims[0].noisy.variance, draws, c.claims[0].delta_parts["noisy risk"]
        )
        forged = change(forged, "claims.0.noisy.upper", math.ceil(upper * 1e9 + 1e-3) / 1e9)
        assert find(conclude_again(forged, {}), NOISY().issued.blob) == {"risk"}


def test_given_weights_that_only_one_of_certificate_and_directory_has() -> None:
    issued = OCCAM().issued
    assert "files" in find(issued.certificate, issued.blob, b"given")
    assert "files" in find(issued.certificate, None)
    from netrazor.certification import GivenRecord

    assert {"files", "prior"} <= alter(OCCAM, {"prior.given": GivenRecord(**GIVEN)})


def test_a_smaller_price_for_any_line_of_the_ledger() -> None:
    for run in (OCCAM, NOISY):
        lines = run().issued.certificate.ledger.lines
        for place, line in enumerate(lines):
            if line.charged_bits:
                cheaper = line.model_copy(update={"charged_bits": line.charged_bits / 2})
                other = (*lines[:place], cheaper, *lines[place + 1 :])
                assert "ledger" in alter(run, {"message.ledger.lines": other})
        assert "ledger" in alter(run, {"message.ledger.lines": lines[1:]})


def test_an_alteration_without_a_new_seal() -> None:
    issued = OCCAM().issued
    assert find(change(issued.certificate, "claims.0.sentence", "It is perfect."), issued.blob) == {"seal"}
    assert find(issued.certificate.model_copy(update={"seal": ""}), issued.blob) == {"seal"}


@pytest.mark.parametrize(
    "damage", [lambda b: b[:-1], lambda b: b + b"\0", lambda b: b"", lambda b: b[:20] + b[21:]]
)
def test_another_or_a_damaged_message_is_found_by_its_digest_and_not_read(damage: Callable) -> None:
    issued = OCCAM().issued
    assert find(issued.certificate, damage(issued.blob)) == {"digest", "length"}
    assert "digest" in find(issued.certificate, NOISY().issued.blob)


def test_damage_under_a_fitting_digest_is_found_by_the_reader() -> None:
    from hashlib import sha256

    issued = OCCAM().issued
    blob = issued.blob[:-1]
    fitting = {"message.sha256": sha256(blob).hexdigest(), "message.bytes": len(blob)}
    assert find(conclude_again(issued.certificate, fitting), blob) == {"message"}


def test_a_message_over_the_readers_limits() -> None:
    issued = OCCAM().issued
    assert find(issued.certificate, issued.blob, limits=Limits(elements=10, elements_per_byte=0)) == {
        "message"
    }


def test_a_weaker_claim_holds_too() -> None:
    issued = OCCAM().issued
    weaker = change(issued.certificate, "claims.0.bound", 0.99)
    sentence = claim_sentence(weaker, weaker.claims[0])
    assert alter(OCCAM, {"claims.0.bound": 0.99, "claims.0.sentence": sentence}) == set()


def test_a_noisy_method_without_a_noisy_risk_has_no_bound() -> None:
    c = OCCAM().issued.certificate.model_copy(update={"method": "perturbation"})
    with pytest.raises(CertificateError, match="a noisy risk needed"):
        bound_claim(c, c.claims[0])


@given(st.floats(1e-12, 0.999), st.integers(1, 7))
def test_the_parts_add_up_to_delta_in_print(delta: float, claims: int) -> None:
    for considered in (("occam",), ("perturbation",), ("occam", "perturbation"), ("hold-out",)):
        parts = delta_parts(delta, considered, claims)
        spent = claims * sum(Decimal(repr(part)) for part in parts.values())
        assert Decimal(repr(delta)) * (1 - Decimal("1e-5")) <= spent <= Decimal(repr(delta))


def test_the_usual_delta_has_round_parts() -> None:
    assert delta_parts(0.05, ("occam", "perturbation")) == {
        "occam": 0.025,
        "noisy risk": 0.005,
        "PAC-Bayes": 0.02,
    }


@pytest.mark.parametrize(
    ("delta", "printed"),
    [
        (0.05, "95"),
        (0.1, "90"),
        (0.5, "50"),
        (1e-7, "99.99999"),
        (1e-12, "99.999999"),
        (1e-30, "99.999999"),
        (1e-100, "99.999999"),
        (1 / 60, "98.333333"),
    ],
)
def test_the_printed_confidence_is_never_more_than_the_real_one(delta: float, printed: str) -> None:
    assert confidence(delta) == printed
    c = OCCAM().issued.certificate.model_copy(update={"delta": delta})
    assert f"at least {printed} % over" in claim_sentence(c, c.claims[0])
    assert Decimal(printed) <= 100 * (1 - Decimal(delta)) + Decimal("1e-14")


def test_the_printed_percentage_is_never_less_than_the_bound() -> None:
    c = OCCAM().issued.certificate
    for bound in (0.12340001, 0.1234, 1 / 3, 1.0):
        text = claim_sentence(c, c.claims[0].model_copy(update={"bound": bound}))
        printed = float(text.split("at most ")[1].split(" %")[0])
        assert bound <= printed / 100 + 1e-15
        assert printed / 100 < bound + 1.01e-4


def test_rounding_hides_what_another_machines_logarithms_would_change() -> None:
    c = OCCAM().issued.certificate
    assert (c.risk_bound * 1e9) == pytest.approx(round(c.risk_bound * 1e9), abs=1e-6)
    assert c.risk_bound > math.nextafter(bounds.occam(c.errors, c.n, c.effective_bits, 0.05), 1) + 1e-13


def test_it_is_assumed_that_methods_delta_and_claims_were_fixed_beforehand() -> None:
    """No file shows whether they were; so every certificate says it."""
    for certificate in (
        *(run().issued.certificate for run in (OCCAM, NOISY)),
        spent_runs.issued().certificate,
        spent_runs.held_out().certificate,
    ):
        told = [text for text in certificate.assumptions if "fixed before the examples were counted" in text]
        assert told == [
            "Delta, the methods considered and the claims were fixed before the examples were counted."
        ]
