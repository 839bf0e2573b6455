"""What a message costs: every bit that could have told of the data, under the theorem that the message names."""

import math

import numpy as np
import pytest

import tiny
from netrazor import bounds, coding
from netrazor.certification import Noise, charge, ledger_of, noise_in, schema_digest
from netrazor.certification.charging import NOISE_WORK
from netrazor.certification.noise_description import LAMBDA, LAMBDA_GRID, SIGMA
from netrazor.coding.message import read
from netrazor.errors import CertificateError, CorruptMessage
from netrazor.networks import LeNet5
from netrazor.networks.network_message import codable_arrays, encode

WEIGHTS = np.random.default_rng(0).choice([-0.5, 0.0, 0.25, 0.75], (9, 7)).astype(np.float32)
BIAS = np.array([0.5, 0.0, 0.5, -0.25], dtype=np.float32)
ARRAYS = {"w": WEIGHTS, "b": BIAS}


def noisy(
    sigma: dict[str, float],
    index: dict[str, int],
    *,
    arrays: dict = ARRAYS,
    architecture: int = 0,
    **side_information: object,
) -> bytes:
    coded, apart = Noise(sigma, index).arrays()
    return coding.encode(
        {**arrays, **coded},
        architecture=architecture,
        values="static",
        side_information={**apart, **side_information},
    )


def noise_of(blob: bytes) -> Noise | None:
    return noise_in(read(blob, coding.Limits()))


def kinds(blob: bytes) -> dict[str, float]:
    ledger = charge(blob)
    return {kind: ledger.charged_to(kind) for kind in {line.kind for line in ledger.lines}}


def test_the_coded_column_is_the_file() -> None:
    for blob in (coding.encode(ARRAYS), noisy({"w": 0.1, "b": 0.0}, {"w": 40, "b": 0})):
        assert charge(blob).coded_bits == 8 * len(blob)


def test_without_noise_all_is_paid_but_magic_padding_and_schema() -> None:
    blob = coding.encode(ARRAYS)
    free = charge(blob).coded_bits - charge(blob).charged_bits
    assert free == coding.ledger(blob).bits_of("framing") + coding.ledger(blob).bits_of("schema")
    assert 24 <= coding.ledger(blob).bits_of("framing") < 24 + 2 * 8


def test_the_schema_is_paid_for_where_nothing_fixed_it_beforehand() -> None:
    own, declared = coding.encode(ARRAYS), coding.encode(ARRAYS, architecture=1)
    assert kinds(own)["schema"] == kinds(declared)["schema"] == 0
    assert kinds(declared)["header"] > kinds(own)["header"]  # its index is paid for
    paid, free = (
        ledger_of(read(blob, coding.Limits()), schema_is_fixed=False).charged_to("schema")
        for blob in (own, declared)
    )
    assert paid == coding.ledger(own).bits_of("schema") > 0
    assert free == 0


def digest_of(arrays: dict, **settings: object) -> str:
    return schema_digest(read(coding.encode(arrays, **settings), coding.Limits()))


def test_the_digest_of_a_schema_is_that_of_names_types_and_shapes_in_their_order() -> None:
    first = digest_of(ARRAYS)
    assert first == digest_of({name: 2 * array for name, array in ARRAYS.items()}, architecture=3)
    others = (
        {"v": WEIGHTS, "b": BIAS},
        {"w": WEIGHTS.T, "b": BIAS},
        {"w": WEIGHTS, "b": BIAS[:3]},
        {"w": WEIGHTS.astype(np.float64), "b": BIAS},
        {"b": BIAS, "w": WEIGHTS},
        {**ARRAYS, "c": BIAS},
        {"w": WEIGHTS},
    )
    assert len({first, *map(digest_of, others)}) == 1 + len(others)
    noise = noisy({"w": 0.1, "b": 0.0}, {"w": 60, "b": 0})
    assert schema_digest(read(noise, coding.Limits())) == first  # noise is no part of the architecture


def test_with_noise_values_cost_their_divergence() -> None:
    sigma = float(np.float32(0.1))
    blob = noisy({"w": sigma, "b": 0.0}, {"w": 60, "b": 0})
    ledger = charge(blob)
    lam = LAMBDA_GRID[59]
    values, counts = np.unique(WEIGHTS[WEIGHTS != 0], return_counts=True)
    sent = coding.static_values(blob)  # tables may be coarser than the frequencies
    naive = sum(
        c * bounds.perturbation_kl(float(v), sigma, values, sent["w"].probabilities, lam) / math.log(2)
        for v, c in zip(values, counts, strict=True)
    )
    divergences = {line.array: line.charged_bits for line in ledger.lines if line.kind == "divergence"}
    assert naive <= divergences["w"] <= naive + 0.01
    code_bits = -(np.array([1, 2]) * np.log2(sent["b"].probabilities)).sum()  # -0.25 once, 0.5 twice
    assert code_bits <= divergences["b"] <= code_bits + 0.003  # the bias has no noise
    assert set(divergences) == {"w", "b", LAMBDA}  # and so does the index of lambda
    assert ledger.charged_to("values", "side information", "framing") == 0
    paid = ledger.charged_to("header", "pattern", "codebook", "table", "divergence")
    assert ledger.charged_bits == pytest.approx(paid)


def test_pattern_codebooks_and_tables_stay_charged_under_noise() -> None:
    """A noisy value must not make anything else cheaper."""
    blob = noisy({"w": 0.1, "b": 0.0}, {"w": 60, "b": 0})
    coded = coding.ledger(blob)
    for kind in ("header", "pattern", "codebook", "table"):
        assert kinds(blob)[kind] == coded.bits_of(kind)


def test_charges_stand_on_a_grid_above_the_exact_values() -> None:
    """So that two machines whose logarithms differ in the last place come to the same ledger."""
    for line in charge(noisy({"w": 0.1, "b": 0.0}, {"w": 60, "b": 0})).lines:
        assert (line.charged_bits * 2**10).is_integer()


def test_the_noise_comes_back() -> None:
    noise = noise_of(noisy({"w": 0.1, "b": 0.0}, {"w": 60, "b": 0}))
    assert noise is not None
    assert noise.sigma == {"w": float(np.float32(0.1)), "b": 0.0}
    assert noise.index == {"w": 60, "b": 0}
    assert noise_of(coding.encode(ARRAYS)) is None


def test_side_information_is_sigma_alone() -> None:
    """Side information costs nothing, so a whole network could be hidden there."""
    attacks = [
        coding.encode({}, side_information={"w": WEIGHTS}),
        coding.encode({"b": BIAS}, architecture=1, values="static", side_information={"w": WEIGHTS}),
        noisy({"b": 0.1}, {"b": 60}, arrays={"b": BIAS}, w=WEIGHTS),
        coding.encode(
            ARRAYS, values="static", side_information={SIGMA: np.float32([0.1, 0]), LAMBDA: np.uint8([60, 0])}
        ),
    ]
    for blob in attacks:
        for function in (charge, noise_of):
            with pytest.raises(CertificateError, match="as the only side information"):
                function(blob)


@pytest.mark.parametrize(
    ("sigma", "index"),
    [
        ({"w": 0.1}, {"w": 60}),
        ({"w": 0.1, "b": 0.0, "c": 0.0}, {"w": 60, "b": 0, "c": 0}),
        ({"w": 0.0, "b": 0.0}, {"w": 60, "b": 0}),
        ({"w": 0.1, "b": 0.0}, {"w": 0, "b": 0}),
        ({"w": -0.1, "b": 0.0}, {"w": 60, "b": 0}),
        ({"w": -0.1, "b": 0.0}, {"w": 0, "b": 0}),
    ],
)
def test_noise_that_does_not_fit_the_arrays(sigma: dict, index: dict) -> None:
    with pytest.raises(CertificateError, match="one index and, as the only side information, one scale"):
        charge(noisy(sigma, index))


def test_noise_in_arrays_of_other_types() -> None:
    wrong = [
        ({LAMBDA: np.int64([60, 0])}, {SIGMA: np.float32([0.1, 0])}),
        ({LAMBDA: np.uint8([60, 0])}, {SIGMA: np.float64([0.1, 0])}),
        ({LAMBDA: np.uint8([[60, 0]])}, {SIGMA: np.float32([0.1, 0])}),
        ({LAMBDA: np.uint8([60, 0])}, {}),
        ({}, {SIGMA: np.float32([0.1, 0])}),
    ]
    for coded, side_information in wrong:
        with pytest.raises(CertificateError):
            charge(coding.encode({**ARRAYS, **coded}, values="static", side_information=side_information))


def test_a_minus_zero_under_noise_is_refused() -> None:
    """It stands in the pattern and in the table, but no noise is drawn for it."""
    arrays = {"w": np.float32([-0.0, 1.0, 1.0, 0.5])}
    with pytest.raises(CertificateError, match="minus zero"):
        charge(noisy({"w": 0.1}, {"w": 60}, arrays=arrays))


def test_no_minus_zero_leaves_the_pipeline() -> None:
    model = tiny.small()
    model.fc1.weight.data *= 0.0
    assert model.fc1.weight.signbit().any()
    for array in codable_arrays(model).values():
        assert not np.signbit(array[array == 0]).any()


def test_damage_is_a_named_error() -> None:
    blob = coding.encode(ARRAYS)
    for damaged in (blob[:-1], blob + b"\0", b"", b"NRZ"):
        with pytest.raises(CorruptMessage):
            charge(damaged)


def test_the_schema_of_a_declared_network_is_no_part_of_its_charge() -> None:
    model = LeNet5()
    for parameter in model.parameters():
        parameter.data.zero_()
    blob = encode(model, "lenet5")
    assert charge(blob).charged_bits < 40
    assert charge(blob).coded_for("") > 300


def test_literals_of_a_graph_are_a_line_of_their_own() -> None:
    message = read(coding.encode(ARRAYS), coding.Limits())
    none = ledger_of(message)
    assert "literals" not in {line.kind for line in none.lines}
    for bits in (1, 32):
        ledger = ledger_of(message, bits)
        assert ledger.charged_to("literals") == bits
        assert ledger.charged_bits == none.charged_bits + bits
        assert ledger.coded_bits == none.coded_bits  # they are in no message


@pytest.mark.parametrize(
    ("index", "share"), [({"w": 40, "b": 0}, 1), ({"w": 1, "b": 5}, 2), ({"w": 0, "b": 0}, None)]
)
def test_arrays_with_noise_have_equal_parts_of_the_work(
    monkeypatch: pytest.MonkeyPatch, index: dict, share: int | None
) -> None:
    given, real = [], bounds.layer_perturbation_kl

    def watch(*values: object, most_work: float, **options: object) -> object:
        given.append(most_work)
        return real(*values, most_work=most_work, **options)

    monkeypatch.setattr(bounds, "layer_perturbation_kl", watch)
    charge(noisy({name: 0.1 * (place > 0) for name, place in index.items()}, index))
    assert given == ([] if share is None else [NOISE_WORK / share] * share)
