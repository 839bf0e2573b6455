"""The evidence pack: whole, true to its certificate, and plain about what it does not cover."""

import hashlib
import json
from pathlib import Path

import pytest

import netrazor
import spent_runs
import tiny
from command_line import netrazor as command
from netrazor.certification import parse
from netrazor.certification.model_card import model_card_section
from netrazor.errors import CertificateError, ConfigurationError
from netrazor.report.evidence_pack import write_evidence


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    issued = tiny.occam_run().issued
    return tiny.write(tmp_path_factory.mktemp("evidence") / "run", issued.certificate, issued.blob)


def test_a_pack_is_whole_and_verifies(run: Path, tmp_path: Path) -> None:
    code, text = command("evidence", run, "--out", tmp_path / "pack", "--data", "mine.py:data")
    assert code == 0, text
    pack, certificate = tmp_path / "pack", tiny.occam_run().issued.certificate
    sums = dict(reversed(line.split("  ")) for line in (pack / "SHA256SUMS").read_text().splitlines())
    names = {str(file.relative_to(pack)) for file in pack.rglob("*") if file.is_file()} - {"SHA256SUMS"}
    assert set(sums) == names >= {"run/certificate.json", "run/network.nrz", "run/graph.json", "report.html"}
    assert all(hashlib.sha256((pack / name).read_bytes()).hexdigest() == sums[name] for name in names)
    assert netrazor.verify(pack / "run", tiny.images()).status == "VALID"
    mapping = (pack / "MAPPING.md").read_text()
    assert all(number in mapping for number in ("LM-04", "LM-06", "LM-07", "LM-09", "Article 15"))
    assert mapping.count("**Not in the pack.**") == 5
    assert certificate.claim in mapping
    assert "another distribution" in mapping
    assert json.loads((pack / "data.json").read_text())["fingerprint"] == certificate.sample.fingerprint
    assert "netrazor" in json.loads((pack / "environment.json").read_text())["made_with"]
    assert "netrazor verify run --data mine.py:data" in (pack / "COMMANDS.md").read_text()


def test_nothing_is_written_over_and_nothing_false_is_packed(run: Path, tmp_path: Path) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").write_text("mine")
    with pytest.raises(ConfigurationError, match="empty or new folder"):
        write_evidence(run, tmp_path / "full")
    issued = tiny.occam_run().issued
    altered = tiny.write(tmp_path / "run", issued.certificate, issued.blob)
    content = json.loads((altered / "certificate.json").read_text())
    content["evaluation"]["runtime"] = "another machine"
    (altered / "certificate.json").write_text(json.dumps(content))
    with pytest.raises(CertificateError, match="follows from its parts"):
        write_evidence(altered, tmp_path / "pack")
    assert not (tmp_path / "pack").exists()


def test_a_model_card_says_what_part_the_examples_had_in_training() -> None:
    assert "had no part in training" in model_card_section(spent_runs.held_out().certificate)
    record = Path(__file__).parents[2] / "certificates" / "picked-wine" / "certificate.json"
    assert "from which it picked those" in model_card_section(parse(record.read_bytes()))
    assert "trained as well" in model_card_section(tiny.occam_run().issued.certificate)


def test_a_model_card_says_the_claim_and_what_it_rests_on() -> None:
    certificate = tiny.two_claims_run().issued.certificate
    section = model_card_section(certificate, "netrazor verify here")
    for claim in certificate.claims:
        assert claim.sentence.replace("_", "\\_") in section
    assert section.count("To compare:") == 2
    assert "    netrazor verify here\n" in section
    sample = certificate.sample.model_copy(update={"name": "<b>[x](y)"})
    named = model_card_section(certificate.model_copy(update={"sample": sample}))
    assert "\\<b\\>\\[x\\](y)" in named
