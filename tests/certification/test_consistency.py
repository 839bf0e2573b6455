"""A run's directory without torch and without data: at most consistent, and what does not follow is found."""

import json
from pathlib import Path

import pytest

import tiny
from netrazor.certification import check_consistency, parse, to_json
from netrazor.certification.claim_record import MOST_DRAWS
from netrazor.certification.run_directory import CERTIFICATE, MESSAGE
from netrazor.certification.verdict import Verdict
from netrazor.coding import Limits
from netrazor.errors import CertificateError, ConfigurationError


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    issued = tiny.occam_run().issued
    return tiny.write(tmp_path / "run", issued.certificate, issued.blob)


def test_what_certify_wrote_is_consistent_and_no_more(directory: Path) -> None:
    verdict = check_consistency(directory)
    assert (verdict.status, verdict.findings, verdict.exit_code) == ("CONSISTENT, NOT RECOUNTED", (), 3)
    assert verdict.certificate is not None
    assert verdict.certificate.seal == tiny.occam_run().issued.certificate.seal


def test_another_message_is_found(directory: Path) -> None:
    (directory / MESSAGE).write_bytes(tiny.noisy_run().issued.blob)
    verdict = check_consistency(directory)
    assert verdict.status == "INVALID"
    assert verdict.findings


@pytest.mark.parametrize("content", ["", "{", "[]", '{"format": "netrazor-certificate-2"}'])
def test_what_is_no_certificate_is_invalid(directory: Path, content: str) -> None:
    (directory / CERTIFICATE).write_text(content)
    verdict = check_consistency(directory)
    assert (verdict.status, verdict.certificate) == ("INVALID", None)
    assert [finding.code for finding in verdict.findings] == ["certificate"]
    told = json.loads(verdict.to_json())
    assert told.keys() == {"status", "findings", "notes"}


def test_a_message_above_the_limits_is_invalid(directory: Path) -> None:
    verdict = check_consistency(directory, limits=Limits(decisions=10))
    assert verdict.status == "INVALID"


def test_no_certificate_is_wrong_use(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="give the directory"):
        check_consistency(tmp_path)


def test_a_verdict_without_a_certificate_says_what_it_is() -> None:
    assert json.loads(Verdict("VALID").to_json()) == {"status": "VALID", "findings": [], "notes": []}


def test_more_draws_than_a_verifier_repeats_are_in_no_certificate() -> None:
    content = json.loads(to_json(tiny.noisy_run().issued.certificate))
    for draws in (MOST_DRAWS + 1, 10**9):
        content["noise"]["draws"] = draws
        with pytest.raises(CertificateError, match=rf"noise\.draws: .* {MOST_DRAWS}, got {draws}"):
            parse(json.dumps(content))
    content["noise"]["draws"] = MOST_DRAWS
    assert parse(json.dumps(content)).noise is not None
