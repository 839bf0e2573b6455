"""One certificate has one form; what has another form, or another type, is refused."""

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tiny
from netrazor.certification import ChargedLedger, LedgerLine, parse, seal, to_json
from netrazor.certification.canonical import HEADLINE, MAX_BYTES, digest
from netrazor.errors import CertificateError

RUNS = [tiny.occam_run, tiny.noisy_run]


@pytest.mark.parametrize("run", RUNS)
def test_round_trip(run) -> None:
    certificate = run().issued.certificate
    text = to_json(certificate)
    again = parse(text)
    assert to_json(again) == text
    assert digest(again) == again.seal == certificate.seal == seal(again).seal
    assert parse(text.encode()) == again


def test_every_key_of_the_design_is_at_the_top() -> None:
    content = json.loads(to_json(tiny.occam_run().issued.certificate))
    for key in ("risk_bound", "empirical_risk", "effective_bits", "message_bytes", "n", "delta", "method"):
        assert key in content


def test_the_seal_depends_on_the_content_and_not_on_the_layout() -> None:
    certificate = tiny.occam_run().issued.certificate
    shuffled = dict(reversed(json.loads(to_json(certificate)).items()))
    assert digest(parse(json.dumps(shuffled))) == certificate.seal
    assert digest(certificate.model_copy(update={"delta": certificate.delta / 2})) != certificate.seal


def altered(**changes: object) -> str:
    content = json.loads(to_json(tiny.noisy_run().issued.certificate))
    return json.dumps(content | changes)


NO_INDEX = {"name": "x", "index": -1, "source_sha256": "0" * 64}


@pytest.mark.parametrize(
    "changes",
    [
        {"delta": 0},
        {"delta": 1},
        {"delta": "0.05"},
        {"method": "guess"},
        {"considered": "occam"},
        {"surplus": 1},
        {"noise": {}},
        {"claims": []},
        {"claims": {}},
        {"prior": {"architecture": NO_INDEX}},
        {"evaluation": {"batch_size": 0, "runtime": ""}},
        {"evaluation": {"batch_size": 2**31, "runtime": ""}},
    ],
)
def test_fields_out_of_range_or_of_another_type(changes: dict) -> None:
    with pytest.raises(CertificateError, match="the certificate is damaged, altered or of another version"):
        parse(altered(**changes))


def test_the_first_of_several_faults_is_named() -> None:
    with pytest.raises(CertificateError, match=r"^method: "):
        parse(altered(method="guess", delta=0))


def test_at_most_80_characters_of_a_value_are_shown() -> None:
    with pytest.raises(CertificateError, match=f", got '{'x' * 79}; the certificate is damaged"):
        parse(altered(method="x" * 200))
    with pytest.raises(CertificateError, match=f"needed, got '{'x' * 80}'; issue it again"):
        parse(altered(format="x" * 200))


@pytest.mark.parametrize(
    ("part", "changes"),
    [
        ("sample", {"n": "2000"}),
        ("sample", {"n": 2000.5}),
        ("sample", {"n": True}),
        ("sample", {"n": 0}),
        ("sample", {"n": 2**53 + 1}),
        ("sample", {"n": None}),
        ("sample", {"spending": "the easy ones"}),
        ("sample", {"fingerprint": "0" * 63}),
        ("message", {"sha256": "G" * 64}),
        ("message", {"form": "poem"}),
        ("message", {"ledger": {"lines": [{"array": "", "kind": "x", "coded_bits": -1, "charged_bits": 0}]}}),
        (
            "message",
            {"ledger": {"lines": [{"array": "", "kind": "x", "coded_bits": 1.5, "charged_bits": 0}]}},
        ),
        ("claims", {"bound": 1.5}),
        ("claims", {"bound": -0.1}),
        ("claims", {"errors": -1}),
        ("claims", {"top": 0}),
        ("claims", {"loss": "hinge"}),
    ],
)
def test_nested_fields_out_of_range_or_of_another_type(part: str, changes: dict) -> None:
    content = json.loads(altered())
    inner = content[part][0] if part == "claims" else content[part]
    inner |= changes
    with pytest.raises(CertificateError, match="the certificate is damaged, altered or of another version"):
        parse(json.dumps(content))


@pytest.mark.parametrize("name", HEADLINE)
def test_the_headline_is_what_the_claims_say(name: str) -> None:
    for other in (None, "better", 0.123, True):
        with pytest.raises(CertificateError, match=f"^{name}: "):
            parse(altered(**{name: other}))


def test_an_earlier_format_is_named() -> None:
    with pytest.raises(CertificateError, match=r"netrazor-certificate-1.*issue it again"):
        parse(altered(format="netrazor-certificate-1"))


@pytest.mark.parametrize("field", ["claim", "n", "claims", "message", "sample", "provenance", "prior"])
def test_a_missing_field(field: str) -> None:
    content = json.loads(altered())
    del content[field]
    with pytest.raises(CertificateError, match=field):
        parse(json.dumps(content))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"n": 1, "n": 2}',
        '{"n": NaN}',
        '{"n": 1e999}',
        "[" * 100_000,
        b"\xff\xfe",
        b"\0",
    ],
)
def test_what_is_no_certificate(text: str | bytes) -> None:
    with pytest.raises(CertificateError):
        parse(text)


def test_what_is_too_long_is_not_even_read() -> None:
    with pytest.raises(CertificateError, match="at most"):
        parse(" " * (MAX_BYTES + 1))


@given(data=st.data())
@settings(deadline=None, max_examples=150)
def test_any_damage_gives_a_certificate_or_the_named_error(data: st.DataObject) -> None:
    text = bytearray(altered().encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(text) - 1))
        text[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))
    with contextlib.suppress(CertificateError):
        parse(bytes(text))


def test_the_ledger_sums_exactly_and_rounds_up() -> None:
    def ledger(*charged: float) -> ChargedLedger:
        return ChargedLedger(
            lines=tuple(LedgerLine(array="a", kind="k", coded_bits=3, charged_bits=c) for c in charged)
        )

    assert ledger(0.5, 0.25, 7.0).charged_bits == 7.75
    assert ledger(*[0.1] * 10).charged_bits > 1.0  # ten times the float 0.1 is a little more than 1
    assert ledger().charged_bits == 0.0
    assert ledger(1.0, 2.0**-60).charged_bits == 1.0 + 2.0**-52
    assert ledger(1, 2).coded_bits == 6
    assert ledger(1, 2).coded_for("a") == 6
    assert ledger(1, 2).charged_for("a") == ledger(1, 2).charged_to("k") == 3.0
