"""The limits of a recount: what is just accepted, what is just refused, and what a note says of it."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

import netrazor
import spent_runs
import tiny
from netrazor.certification import Certificate, NoisyRisk, seal
from netrazor.certification.bounding import bound_claim
from netrazor.certification.sentences import claim_sentence
from netrazor.runtime import Silent
from netrazor.units import percent_up
from netrazor.verification import VerifyConfiguration, redrawing
from netrazor.verification.recounting import Recount, bound_with
from netrazor.verification.redrawing import MORE_DRAWS, noisy_limits
from tampering import change, conclude_again


def recount(path: Path, certificate: Certificate, blob: bytes, seed: int | None = None) -> netrazor.Verdict:
    noisy = certificate.noise is not None
    tiny.write(path, certificate, blob)
    data, model = (tiny.images(2000), tiny.linear()) if noisy else (tiny.images(), tiny.small())
    return netrazor.verify(path, data, model, configuration=VerifyConfiguration(seed=seed))


def with_errors(certificate: Certificate, errors: int, bound: float) -> Certificate:
    """Another recorded count beside a given bound, all else made to follow."""
    changed = change(change(certificate, "claims.0.errors", errors), "claims.0.bound", bound)
    sentence = claim_sentence(changed, changed.claims[0])
    return seal(change(changed, "claims.0.sentence", sentence))


def test_more_errors_than_recorded_are_accepted_where_the_bound_holds_for_them(tmp_path: Path) -> None:
    issued = tiny.occam_run().issued
    c, claim = issued.certificate, issued.certificate.claims[0]
    for bound in (claim.bound, 0.99):
        verdict = recount(tmp_path, with_errors(c, claim.errors - 1, bound), issued.blob)
        assert (verdict.status, verdict.findings) == ("VALID", ())
        assert verdict.notes[1].startswith(
            f"the certificate records {claim.errors - 1} errors, counted with "
        )
        assert verdict.notes[1].endswith(f"the bound is {percent_up(claim.bound)}")
    verdict = recount(tmp_path, with_errors(c, claim.errors - 1, claim.bound - 1e-9), issued.blob)
    assert [found.code for found in verdict.findings] == ["recount"]


def test_the_count_of_a_noisy_certificate_is_no_part_of_its_bound(tmp_path: Path) -> None:
    issued = tiny.noisy_run().issued
    c, claim = issued.certificate, issued.certificate.claims[0]
    for errors in (claim.errors + 1, max(0, claim.errors - 1)):
        assert bound_with(c, claim, errors) == claim.bound
        assert recount(tmp_path, with_errors(c, errors, claim.bound), issued.blob).status == "VALID"
    occam = tiny.occam_run().issued.certificate
    more = occam.claims[0].model_copy(update={"errors": occam.errors + 1})
    assert bound_with(occam, occam.claims[0], occam.errors + 1) == bound_claim(occam, more) > occam.risk_bound


def test_a_noisy_risk_at_its_limit_is_accepted_and_one_above_it_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued = tiny.noisy_run().issued
    for name in ("upper", "mean", "variance"):
        for fresh, found in ((0.25, []), (0.2, []), (np.nextafter(0.25, 1), ["noisy-risk"])):
            limits = ((name, 0.2, fresh, 0.25),)
            monkeypatch.setattr(redrawing, "noisy_limits", lambda *_, limits=limits: limits)
            verdict = recount(tmp_path, issued.certificate, issued.blob, seed=1)
            assert [finding.code for finding in verdict.findings] == found
            assert all(f"claims.noisy.{name} is 0.2" in finding.text for finding in verdict.findings)


def test_fresh_draws_are_four_times_as_many_and_of_the_seed_that_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued = tiny.noisy_run().issued
    noise, claim = issued.certificate.noise, issued.certificate.claims[0]
    assert noise is not None
    plans, rate = [], 3 / noise.examples_per_draw

    def constant(model, sigma, dataset, plan, **options):
        plans.append((len(dataset), plan, options["top"]))
        return torch.full((7,), rate, dtype=torch.float64)

    monkeypatch.setattr(redrawing, "draw_error_rates", constant)
    verdict = recount(tmp_path, issued.certificate, issued.blob, seed=11)
    ((n, plan, top),) = plans
    assert (n, plan.examples_per_draw, plan.seed, top) == (2000, noise.examples_per_draw, 11, 1)
    assert plan.passes * 2000 == MORE_DRAWS * noise.draws * noise.examples_per_draw
    assert MORE_DRAWS == 4
    said = f"noisy risk {percent_up(rate, 3)} over 7 draws of the verifier's own (seed 11)"
    assert said in verdict.notes[1]
    assert (rate > claim.noisy.upper) == (verdict.status == "INVALID")


def test_draws_of_no_spread_at_all() -> None:
    """The fourth moment less the square of the sample variance is negative for two values."""
    noisy = NoisyRisk(mean=0.1, variance=0.0, upper=0.2)
    assert noisy_limits(noisy, 10, np.array([0.1, 0.3]))[2][3] == 0.0
    assert noisy_limits(noisy, 10, np.full(4, 0.25))[1][2:] == (0.25, 0.1)


def test_the_given_networks_errors_may_be_fewer_than_recorded_and_not_more(tmp_path: Path) -> None:
    run = spent_runs.issued()
    given = run.certificate.prior.given
    assert given is not None
    assert given.errors is not None
    for recorded, status in (
        (given.errors + 1, "VALID"),
        (given.errors, "VALID"),
        (given.errors - 1, "INVALID"),
        (None, "VALID"),
    ):
        forged = conclude_again(run.certificate, {"prior.given.errors": recorded})
        type(run)(run.given, run.message, forged).write(tmp_path)
        verdict = netrazor.verify(tmp_path, spent_runs.images())
        assert verdict.status == status
        said = f"counted again: the given network by itself makes {given.errors} errors"
        assert (said in verdict.notes) == (recorded is not None)
        assert [found.code for found in verdict.findings] == ["recount"] * (status == "INVALID")


def test_nothing_is_drawn_again_where_the_count_is_wrong_already(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued = tiny.two_claims_run().issued
    errors = [claim.errors for claim in issued.certificate.claims]
    forged = conclude_again(issued.certificate, {"claims.0.errors": 0, "claims.1.errors": 0})
    verdict = recount(tmp_path, forged, issued.blob)
    assert [finding.code for finding in verdict.findings] == ["recount"] * sum(e > 0 for e in errors)
    assert "(top 2)" in "".join(verdict.notes)
    assert "(top 1)" not in "".join(verdict.notes)
    assert f"errors is 0; the rebuilt network makes {errors[0]} on this runtime" in verdict.findings[0].text


def test_noise_is_not_drawn_again_where_something_else_is_wrong_already(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    issued = tiny.noisy_run().issued
    assert any("drawn again" in note for note in recount(tmp_path, issued.certificate, issued.blob).notes)
    monkeypatch.setattr(
        Recount, "_count_given", lambda self, _examples: self._find("recount", "the given network errs more")
    )
    verdict = recount(tmp_path, issued.certificate, issued.blob)
    assert [found.code for found in verdict.findings] == ["recount"]
    assert not any("drawn again" in note for note in verdict.notes)


def test_a_given_network_that_is_not_at_hand_is_not_counted() -> None:
    certificate = spent_runs.issued().certificate
    assert certificate.prior.given is not None
    check = Recount(certificate, nn.Identity(), None, spent_runs.images(), Silent())
    check._count_given(spent_runs.images())
    assert (check.findings, check.notes) == ([], [])


def test_a_variance_that_no_honest_draws_have() -> None:
    """The recorded mean is the honest one; of ten thousand draws the variance of half the rates would be seen."""
    rates = np.random.default_rng(0).normal(0.1, 0.02, 10_000).clip(0, 1)
    for share, refused in ((1.0, []), (0.5, ["variance"]), (0.0, ["variance"])):
        noisy = NoisyRisk(mean=0.1, variance=share * 0.02**2, upper=0.11)
        limits = noisy_limits(noisy, 2500, rates)
        assert [name for name, _, fresh, most in limits if fresh > most] == refused


@pytest.mark.parametrize(
    ("recorded", "found", "differ"),
    [
        (("a", "b", "c", "d"), ("a", "b", "c", "d"), False),
        (("a", "b", "c", "d"), ("b", "a", "c", "d"), True),
        (("a", "b", "c", "d"), (), False),
        (None, ("a", "b", "c", "d"), False),
        (None, (), False),
    ],
)
def test_names_of_other_classes_are_found(
    recorded: tuple[str, ...] | None, found: tuple[str, ...], differ: bool, tmp_path: Path
) -> None:
    issued = tiny.occam_run().issued
    provenance = issued.certificate.provenance.model_copy(update={"class_names": recorded})
    certificate = seal(issued.certificate.model_copy(update={"provenance": provenance}))
    tiny.write(tmp_path, certificate, issued.blob)
    data = tiny.images()
    named = netrazor.data.ImageDataset(data.images, data.labels, data.classes, data.name, data.split, found)
    verdict = netrazor.verify(tmp_path, named, tiny.small())
    assert [finding.code for finding in verdict.findings] == ["dataset"] * differ
