"""Each clause of the check at its limit: what just holds, and what is just refused."""

import math

import pytest

import spent_runs
import tiny
from netrazor import bounds
from netrazor.certification import RunFiles, check_run, seal
from netrazor.certification.claim_record import MOST_EXAMPLES_DRAWN
from netrazor.certification.claims import Error
from netrazor.certification.delta_shares import delta_parts
from netrazor.certification.prior_record import GivenArraysRecord
from netrazor.certification.verdict import compare
from netrazor.coding import Limits
from netrazor.pipeline.spent_run import SpentRun
from tampering import alter, change, conclude_again, find

OCCAM, NOISY, TWO = tiny.occam_run, tiny.noisy_run, tiny.two_claims_run


def alter_spent(run: SpentRun, changes: dict[str, object]) -> set[str]:
    """Findings after changes of a certificate with spent examples, all that follows made to follow."""
    return find(conclude_again(run.certificate, changes), run.message, run.given)


@pytest.mark.parametrize(
    ("path", "most", "code"),
    [("sample.duplicates", 400, "sample"), ("sample.majority_errors", 400, "sample")],
)
def test_no_count_is_above_n(path: str, most: int, code: str) -> None:
    assert alter(OCCAM, {path: most}) == set()
    assert alter(OCCAM, {path: most + 1}) == {code}


def test_the_given_networks_errors_are_no_more_than_are_counted() -> None:
    for errors, found in ((150, set()), (151, {"sample"}), (None, set()), (0, set())):
        assert alter_spent(spent_runs.issued(), {"prior.given.errors": errors}) == found


def test_all_errors_are_an_honest_count() -> None:
    issued = OCCAM().issued
    assert find(conclude_again(issued.certificate, {"claims.0.errors": 400}), issued.blob) == set()


def test_some_examples_are_left_to_count() -> None:
    run = spent_runs.issued()
    assert alter_spent(run, {}) == set()
    none = {"prior.given.errors": 0, "sample.majority_errors": 0}
    for spent in (301, 302):
        assert alter_spent(run, {"sample.spent": spent, "sample.duplicates": 0, **none}) == {"sample"}
    one = {"claims.0.n": 1, "claims.0.errors": 1, "prior.given.errors": 1, "sample.majority_errors": 0}
    assert alter_spent(run, {"sample.spent": 300, **one}) == set()
    assert alter_spent(run, {"sample.spent": 0}) == {"sample"}


def test_a_hold_out_counts_what_was_not_spent() -> None:
    run = spent_runs.held_out()
    assert alter_spent(run, {}) == set()
    unspent = {"sample.spent": 0, "sample.spending": "none", "claims.0.n": 400}
    assert alter_spent(run, unspent) == {"sample"}
    assert alter_spent(run, {"claims.0.n": 101}) == {"risk"}


def test_files_and_records_come_together() -> None:
    run, hold_out = spent_runs.issued(), spent_runs.held_out()
    c = run.certificate
    assert find(c, run.message, run.given) == set()
    assert find(c, None, run.given) == find(c, run.message, None) == {"files"}
    assert find(hold_out.certificate, b"message", hold_out.given) == {"files"}
    assert find(c, run.message, run.given + b"\0") == {"digest", "length"}
    assert find(c, run.message, run.given[:-1] + bytes([run.given[-1] ^ 1])) == {"digest"}


def test_a_given_network_belongs_to_steps_and_to_a_hold_out() -> None:
    run, hold_out = spent_runs.issued(), spent_runs.held_out()
    assert alter_spent(run, {"message.form": "arrays"}) == {"prior"}
    without = conclude_again(hold_out.certificate, {"prior.given": None})
    assert find(without, None, None) == {"prior"}
    assert find(seal(change(run.certificate, "prior.architecture", None)), run.message, run.given) >= {
        "prior"
    }


def test_a_method_and_its_message() -> None:
    run, hold_out = spent_runs.issued(), spent_runs.held_out()
    parts = {"claims.0.delta_parts": {"hold-out": 0.05}, "considered": ("hold-out",), "method": "hold-out"}
    assert alter_spent(run, parts) == {"message"}
    parts = {"claims.0.delta_parts": {"occam": 0.05}, "considered": ("occam",), "method": "occam"}
    assert alter_spent(hold_out, parts) == {"message"}


def test_each_claim_has_its_part_of_delta_and_its_own_bound() -> None:
    issued = TWO().issued
    c = issued.certificate
    assert alter(TWO, {"claims.1.delta_parts": {"occam": 0.03}}) == {"delta"}
    assert alter(TWO, {"claims.1.top": 1}) == {"claims"}
    for number, claim in enumerate(c.claims):
        assert alter(TWO, {f"claims.{number}.bound": claim.bound - 1e-9}) >= {"bound"}
        assert alter(TWO, {f"claims.{number}.sentence": "It is so."}) == {"claim"}
    one = change(c, "claims", c.claims[:1])
    assert find(conclude_again(one, {}), issued.blob) == {"delta"}


def test_what_the_check_read_is_handed_on() -> None:
    issued = OCCAM().issued
    findings, message = check_run(RunFiles(issued.certificate, issued.blob, None, issued.graph))
    assert findings == ()
    assert message is not None
    assert sum(entry.bits for entry in message.ledger.entries) == 8 * len(issued.blob)
    findings, message = check_run(
        RunFiles(seal(change(issued.certificate, "delta", 0.5)), issued.blob, None, issued.graph)
    )
    assert [finding.code for finding in findings] == ["delta"]
    assert message is None
    altered = seal(change(issued.certificate, "message.effective_bits", 1.0))
    assert check_run(RunFiles(altered, issued.blob, None, issued.graph))[1] is not None


def test_a_method_is_considered_once() -> None:
    issued = OCCAM().issued
    for considered in (("occam", "occam"), ("occam", "hold-out"), ("occam", "picked")):
        parts = delta_parts(0.05, considered)
        changes = {"considered": considered, "claims.0.delta_parts": parts}
        found = find(conclude_again(issued.certificate, changes), issued.blob)
        assert found == ({"delta"} if considered[0] == considered[1] else set())


def test_limits_are_given_by_name() -> None:
    issued = OCCAM().issued
    with pytest.raises(TypeError):
        check_run(RunFiles(issued.certificate, issued.blob, None), Limits())  # type: ignore[misc]


def test_a_finding_shows_at_most_120_characters_of_a_value() -> None:
    (found,) = compare(("code", "name", "a" * 118, "b"))
    assert found.code == "code"
    assert found.text == f"name is {'a' * 118!r}; what it rests on gives 'b'"
    (found,) = compare(("code", "name", "b", "a" * 119))
    assert found.text == "name is 'b'; what it rests on gives '" + "a" * 116 + "..."
    assert list(compare(("code", "name", 1, 1.0), ("code", "other", None, None))) == []


def test_side_information_besides_sigma_is_a_finding_of_the_noise() -> None:
    from hashlib import sha256

    from netrazor import coding

    issued = NOISY().issued
    arrays = coding.decode(issued.blob)
    sigma = arrays.pop("@sigma")
    apart = {"@sigma": sigma, "more": sigma}
    blob = coding.encode(arrays, values="static", side_information=apart)
    about = {"message.sha256": sha256(blob).hexdigest(), "message.bytes": len(blob)}
    assert find(conclude_again(issued.certificate, about), blob) == {"noise"}


def test_the_draws_cover_every_example_equally_often() -> None:
    issued = NOISY().issued
    noise = issued.certificate.noise
    assert noise is not None
    per_pass = 2000 // noise.examples_per_draw
    assert noise.draws % per_pass == 0
    from netrazor.certification.bounding import bound_noisy_risk

    for draws, found in ((2 * per_pass, set()), (2 * per_pass + 1, {"risk"})):
        c = issued.certificate.model_copy(update={"noise": noise.model_copy(update={"draws": draws})})
        claim = c.claims[0]
        upper = bound_noisy_risk(claim.noisy, draws, claim.delta_parts)
        assert find(conclude_again(c, {"claims.0.noisy.upper": upper}), issued.blob) == found


def test_a_run_of_two_claims_with_noise_is_checked_in_both() -> None:
    """A claim of the same noisy risk for the two best answers, whose own upper bound is false."""
    issued = NOISY().issued
    first = issued.certificate.claims[0]
    second = first.model_copy(update={"top": 2})
    two = issued.certificate.model_copy(update={"claims": (first, second)})
    from netrazor.certification.bounding import bound_noisy_risk

    parts = delta_parts(two.delta, two.considered, 2)
    assert first.noisy is not None
    assert two.noise is not None
    upper = bound_noisy_risk(first.noisy, two.noise.draws, parts)
    noisy = first.noisy.model_copy(update={"upper": upper})
    changes: dict[str, object] = {}
    for number in (0, 1):
        changes |= {f"claims.{number}.delta_parts": parts, f"claims.{number}.noisy": noisy}
    honest = conclude_again(two, changes)
    assert find(honest, issued.blob) == set()

    for number in (0, 1):
        assert find(conclude_again(honest, {f"claims.{number}.noisy.upper": upper / 2}), issued.blob) == {
            "risk"
        }


def test_draws_of_more_examples_than_a_verifier_repeats() -> None:
    """What a certificate asks of its verifier is bounded, though all else in it follows."""
    c = NOISY().issued.certificate
    most = MOST_EXAMPLES_DRAWN // c.n
    for draws, found in ((most, set()), (most + 1, {"risk"})):
        noisy = c.claims[0].noisy
        part = c.claims[0].delta_parts["noisy risk"]
        upper = bounds.empirical_bernstein(noisy.mean, noisy.variance, draws, part)
        changes = {
            "noise.draws": draws,
            "noise.examples_per_draw": c.n,
            "claims.0.noisy.upper": math.ceil(upper * 1e9 + 1e-3) / 1e9,
        }
        assert find(conclude_again(c, changes), NOISY().issued.blob) == found


def test_given_arrays_belong_to_a_message_of_the_others() -> None:
    given = GivenArraysRecord(sha256="0" * 64, arrays=1, bytes=4, origin="random numbers")
    issued, hold_out = OCCAM().issued, spent_runs.held_out()
    assert find(conclude_again(issued.certificate, {"prior.given": given}), issued.blob) == set()
    assert find(conclude_again(hold_out.certificate, {"prior.given": given}), None) == {"prior"}


def test_the_usual_claim_is_recorded_in_one_way() -> None:
    """A claim about the error at the usual weight has no record of what was asked; at another weight it has."""
    issued = OCCAM().issued
    for weight, found in ((1, {"claims"}), (2, set())):
        asked = conclude_again(issued.certificate, {"claims.0.asked": Error(weight=weight)})
        assert find(asked, issued.blob) == found


def test_top_and_loss_are_those_of_the_statement() -> None:
    """What was asked for is of the error; so is what the record says besides."""
    issued = OCCAM().issued
    asked = {"claims.0.asked": Error(weight=2)}
    assert find(conclude_again(issued.certificate, asked), issued.blob) == set()
    for other in ({"claims.0.top": 2}, {"claims.0.loss": "in [0, 1]"}):
        assert find(conclude_again(issued.certificate, {**asked, **other}), issued.blob) == {"claims"}
