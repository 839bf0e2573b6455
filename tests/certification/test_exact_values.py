"""Numbers that every reader of a certificate comes to: roundings, parts of delta, orders of positions, the grid."""

import math
from hashlib import sha256

import numpy as np
import pytest

import tiny
from netrazor import coding
from netrazor.certification import Noise, charging, parse, seal, to_json
from netrazor.certification.canonical import MAX_BYTES
from netrazor.certification.delta_shares import delta_parts
from netrazor.certification.noise_description import LAMBDA, LAMBDA_GRID, SIGMA
from netrazor.certification.record import SampleRecord
from netrazor.certification.risk_rounding import risk_up
from netrazor.certification.spending import any_spent, hash_positions, split_positions, split_positions_of
from netrazor.coding.static_stream import StaticValues
from netrazor.errors import CertificateError


def test_risks_go_up_to_the_next_billionth_that_is_well_above() -> None:
    assert risk_up(0.0) == 1e-9
    assert risk_up(0.25) == 0.250000001
    assert risk_up(0.250000001 - 2e-12) == 0.250000001
    assert risk_up(0.250000001 - 5e-13) == 0.250000002
    assert risk_up(0.9999999995) == risk_up(1.0) == risk_up(7.0) == 1.0


def test_charges_go_up_to_the_next_1024th_of_a_bit_that_is_well_above() -> None:
    step, excess = 2.0**-10, 2.0**-20
    assert charging._round_up(0.0) == step
    assert charging._round_up(5.0) == 5 + step
    assert charging._round_up(5 + step - excess) == 5 + step
    assert charging._round_up(5 + step - excess / 2) == 5 + 2 * step


def test_values_without_noise_cost_their_code_length() -> None:
    values = StaticValues(np.float32([1, 2, 3]), np.array([3, 0, 4]), np.array([0.25, 0.25, 0.5]), 7)
    assert charging._discrete_bits(values) == 10 * (1 + 2.0**-40)


@pytest.mark.parametrize(("kl_nats", "steps"), [(-0.5, 1), (0.0, 1), (0.5, 739), (3.0, 4432)])
def test_a_divergence_is_charged_in_bits_and_never_below_zero(
    kl_nats: float, steps: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(charging.bounds, "layer_perturbation_kl", lambda *_, **__: np.array([kl_nats]))
    coded = {"w": np.float32([0.5, 0.0, 0.25, 0.25]), LAMBDA: np.uint8([60])}
    blob = coding.encode(coded, values="static", side_information={SIGMA: np.float32([1.0])})
    lines = charging.charge(blob).lines
    (bits,) = (line.charged_bits for line in lines if (line.kind, line.array) == ("divergence", "w"))
    assert bits == steps / 1024
    assert math.ceil(max(0.0, kl_nats) / math.log(2) * 1024 + 1e-3) == steps


def test_the_parts_of_delta() -> None:
    assert delta_parts(0.05, ("perturbation",)) == {"noisy risk": 0.01, "PAC-Bayes": 0.04}
    assert delta_parts(0.05, ("occam", "hold-out")) == {"occam": 0.025, "hold-out": 0.025}
    assert delta_parts(0.06, ("occam", "picked"), 3, 5) == {"occam": 0.01, "picked": 0.002}
    assert delta_parts(0.06, ("occam",), 3, 1, 2) == {"occam": 0.04}  # two thirds, by its weight
    # A third of 0.2 is nearest to a float that prints as more; a fifth of a third is cut to seven figures more.
    assert delta_parts(0.2, ("occam",), 3) == {"occam": math.nextafter(0.06666666666666667, 0)}
    share = 0.3333333333333333
    assert delta_parts(share, ("perturbation",)) == {
        "noisy risk": 0.06666666,
        "PAC-Bayes": 0.2666666733333333,
    }


def test_the_hash_is_splitmix64() -> None:
    assert [hex(h) for h in hash_positions(np.arange(3)).tolist()] == [
        "0xe220a8397b1dcdaf",
        "0x6e789e6aa1b965f4",
        "0x6c45d188009454f",
    ]
    assert hash_positions(np.arange(2), seed=1234567).tolist() == [6457827717110365317, 3203168211198807973]


def test_positions_are_split_in_ascending_order() -> None:
    first, others = split_positions_of("even positions", 7, 5)
    assert (first.tolist(), others.tolist()) == ([0, 1, 2, 4, 6], [3, 5])
    assert [part.tolist() for part in split_positions_of("none", 3, 0)] == [[], [0, 1, 2]]
    record = tiny.occam_run().issued.certificate.sample
    sample = SampleRecord(**{**record.model_dump(), "n": 6, "spent": 2, "spending": "hashed positions"})
    by_hash = np.argsort(hash_positions(np.arange(6)))
    assert [part.tolist() for part in split_positions(sample)] == [sorted(by_hash[:2]), sorted(by_hash[2:])]


def test_whether_positions_are_spent_under_either_rule() -> None:
    record = tiny.occam_run().issued.certificate.sample.model_dump()
    for rule, spent in (("even positions", [0, 2]), ("hashed positions", None)):
        sample = SampleRecord(**{**record, "n": 6, "spent": 2, "spending": rule})
        first, others = split_positions(sample)
        assert spent is None or first.tolist() == spent
        assert any_spent(sample, first[:1])
        assert not any_spent(sample, others)
        assert not any_spent(sample, others[:0])
    nothing = SampleRecord(**{**record, "n": 6})
    assert not any_spent(nothing, np.arange(6))


def test_the_grid_of_prior_scales() -> None:
    assert len(LAMBDA_GRID) == 255
    assert LAMBDA_GRID[0] == 32.0
    assert LAMBDA_GRID[8] == 16.0
    assert LAMBDA_GRID[254] == 2.0**-26.75


def test_noise_as_arrays() -> None:
    paid, free = Noise({"b": 0.5, "a": 0.25}, {"a": 7, "b": 255}).arrays()
    assert (list(paid), list(free)) == ([LAMBDA], [SIGMA])
    assert (paid[LAMBDA].tolist(), paid[LAMBDA].dtype) == ([7, 255], np.uint8)
    assert (free[SIGMA].tolist(), free[SIGMA].dtype) == ([0.25, 0.5], np.float32)


@pytest.mark.parametrize("sigma", [math.nan, math.inf, -1.0])
def test_scales_that_are_none(sigma: float) -> None:
    array = np.float32([0.5, 0.0, 0.25, 0.25])
    coded = {"w": array, LAMBDA: np.uint8([60])}
    blob = coding.encode(coded, values="static", side_information={SIGMA: np.float32([1.0])})
    assert charging.charge(blob).charged_bits > 0
    blob = blob[:-4] + np.float32(sigma).tobytes()
    with pytest.raises(CertificateError, match="for each of 1 arrays of values"):
        charging.charge(blob)


def test_the_limit_of_length_is_allowed_itself() -> None:
    with pytest.raises(CertificateError, match="must be JSON"):
        parse(" " * MAX_BYTES)
    with pytest.raises(CertificateError, match=f"at most {4 * 2**20} bytes allowed, got {MAX_BYTES + 1}"):
        parse(" " * (MAX_BYTES + 1))


def test_the_text_is_laid_out_for_reading_and_sealed_in_canonical_form() -> None:
    import json

    c = tiny.occam_run().issued.certificate
    text = to_json(c)
    assert text.startswith('{\n  "format": "netrazor-certificate-2",\n  "claim": ')
    assert text.endswith("\n}\n")
    content = json.loads(text)
    headline = ("claim", "risk_bound", "empirical_risk", "errors", "n", "effective_bits", "message_bytes")
    assert tuple(content)[1:8] == headline
    rest = {name: value for name, value in content.items() if name not in (*headline, "seal")}
    canonical = json.dumps(rest, sort_keys=True, separators=(",", ":"))
    assert c.seal == sha256(canonical.encode()).hexdigest()
    named = c.model_copy(update={"sample": c.sample.model_copy(update={"name": "Żółw"})})
    rest["sample"]["name"] = "Żółw"
    escaped = json.dumps(rest, sort_keys=True, separators=(",", ":")).encode("ascii")
    assert seal(named).seal == sha256(escaped).hexdigest()


def test_a_text_beyond_ascii_is_escaped() -> None:
    c = tiny.occam_run().issued.certificate
    named = seal(c.model_copy(update={"sample": c.sample.model_copy(update={"name": "Żółw"})}))
    assert to_json(named).isascii()
    assert parse(to_json(named)).sample.name == "Żółw"
