"""What a stranger's certificate or message may cost its reader."""

import json
import time
from pathlib import Path

import numpy as np
import pytest

import tiny
from netrazor import coding
from netrazor.certification import charge, check_consistency, parse, to_json
from netrazor.certification.bounded_json import MOST_KEYS, MOST_PARTS, load_json
from netrazor.certification.canonical import HEADLINE
from netrazor.certification.claim_record import MOST_DRAWS, MOST_EXAMPLES_DRAWN
from netrazor.certification.run_result import read_result
from netrazor.errors import CertificateError, ConfigurationError
from tampering import alter

LONGEST_S = 5.0  # of the processor; some tenths on a machine that does nothing else


def certificate_with(path: str, text: str) -> str:
    """The text of a certificate with ``text`` at a dotted path."""
    content = json.loads(to_json(tiny.occam_run().issued.certificate))
    content = {name: value for name, value in content.items() if name not in HEADLINE}
    *above, last = path.split(".")
    holder = content
    for name in above:
        holder = holder[int(name)] if isinstance(holder, list) else holder[name]
    holder[last] = "@@"
    return json.dumps(content).replace('"@@"', text)


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("provenance.configuration", '{"x": [' + "[]," * 10**6 + "[]]}"),
        ("message.ledger.lines", "[" + '{"a":1},' * 250_000 + "0]"),
        ("message.ledger.lines", "[" + "0," * 250_000 + "0]"),
        ("assumptions", "[" + '"",' * 250_000 + '""]'),
        ("considered", "[" + "0," * 250_000 + "0]"),
        ("claims", "[" + "{}," * 250_000 + "{}]"),
        ("claims.0.delta_parts", "{" + ",".join(f'"{i}": 0.1' for i in range(50_000)) + "}"),
        ("provenance.configuration", "{" + '"a": {' * 900 + "}" * 901),
        ("provenance.seed", "9" * 4000),
        ("provenance.seed", str(2**64)),
        ("evaluation.batch_size", str(2**31)),
        (
            "noise",
            '{"draws": 1000000000, "examples_per_draw": 1, "estimator": "empirical-bernstein", "seed": 0}',
        ),
    ],
)
def test_certificates_that_would_cost_gigabytes(path: str, text: str) -> None:
    started = time.process_time()
    with pytest.raises(CertificateError):
        parse(certificate_with(path, text))
    assert time.process_time() - started < LONGEST_S


def test_json_of_strangers() -> None:
    assert load_json(b'{"a": [1, 2]}') == {"a": [1, 2]}
    for text in ('{"a": 1, "a": 1}', "[NaN]", "[-Infinity]", "[" + "0," * MOST_PARTS + "0,0]", ""):
        with pytest.raises(ValueError, match=r"."):
            load_json(text)
    assert len(load_json("[" + "0," * MOST_PARTS + "0]")) == MOST_PARTS + 1
    keys = ",".join(f'"{i}": 0' for i in range(MOST_KEYS))
    assert len(load_json("{" + keys + "}")) == MOST_KEYS
    with pytest.raises(ValueError, match="keys"):
        load_json("{" + keys + ', "one more": 0}')
    with pytest.raises(RecursionError):
        load_json("[" * 100_000)


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"layers": [' + "0," * 250_000 + "0]}", "0", '{"layers": NaN}']
)
def test_results_that_would_cost_gigabytes(tmp_path: Path, text: str) -> None:
    (tmp_path / "result.json").write_text(text)
    with pytest.raises(ConfigurationError, match="must be the result of a run"):
        read_result(tmp_path / "result.json")


def noisy_message(values: int, sigma: float, index: int, arrays: int = 1) -> bytes:
    """A message of noise around a fine grid, as nobody honest would write it."""
    held = {f"w{i}": (np.arange(1, values + 1) / values).astype(np.float32) for i in range(arrays)}
    number = len(coding.static_values(coding.encode(held, values="static")))
    indices = {"@lambda": np.full(number, index, np.uint8)}
    sigmas = {"@sigma": np.full(number, sigma, np.float32)}
    return coding.encode({**held, **indices}, values="static", side_information=sigmas)


@pytest.mark.parametrize(
    ("values", "sigma", "arrays"), [(30, 1e-6, 1), (200, 1e-4, 1), (30, 1e-6, 40), (200, 0.01, 9)]
)
def test_noise_of_any_message_is_charged_in_bounded_time(values: int, sigma: float, arrays: int) -> None:
    """Some hundred bytes took minutes and gigabytes: nodes around each of many values, each finer than a sigma."""
    blob = noisy_message(values, sigma, 255, arrays)
    started = time.process_time()
    ledger = charge(blob)
    assert time.process_time() - started < LONGEST_S
    assert ledger.charged_bits > 0


def test_noise_that_takes_too_much_work_is_refused_by_name() -> None:
    started = time.process_time()
    with pytest.raises(CertificateError, match=r"w0, with noise: .*more work than is allowed; certify"):
        charge(noisy_message(4096, 1e-5, 100))
    assert time.process_time() - started < LONGEST_S


def test_draws_that_would_take_weeks_are_not_repeated() -> None:
    noise = tiny.noisy_run().issued.certificate.noise
    assert noise is not None
    most = MOST_EXAMPLES_DRAWN // noise.examples_per_draw
    assert most <= MOST_DRAWS or noise.examples_per_draw < 64
    per_pass = 2000 // noise.examples_per_draw
    assert "risk" in alter(tiny.noisy_run, {"noise.draws": per_pass * (most // per_pass + 1)})


def test_a_directory_with_a_pipe_for_a_certificate(tmp_path: Path) -> None:
    import os

    os.mkfifo(tmp_path / "certificate.json")
    verdict = check_consistency(tmp_path)
    assert verdict.status == "INVALID"
    assert "a regular file needed" in verdict.findings[0].text
