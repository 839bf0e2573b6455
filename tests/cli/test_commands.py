"""The command line: every ending has its exit code, and one line that says why."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.numpy import load_file, save_file

import tiny
from command_line import netrazor, standard_output
from netrazor import __version__, cli, coding, errors
from netrazor.certification import charge, charging, checking
from netrazor.certification.run_directory import CERTIFICATE, MESSAGE
from netrazor.cli import inspect_command
from netrazor.coding import Limits
from netrazor.coding.message import Message, read
from netrazor.data import ImageDataset
from netrazor.networks import LeNet5, build
from netrazor.networks.network_message import encode
from netrazor.pipeline.spent_examples import run_hold_out
from netrazor.pipeline.spent_run import SpentTerms

RECORDS = Path(__file__).parents[2] / "certificates"


@pytest.fixture
def occam(tmp_path: Path) -> Path:
    issued = tiny.occam_run().issued
    return tiny.write(tmp_path / "run", issued.certificate, issued.blob)


def test_version_and_help() -> None:
    assert netrazor("--version") == (0, f"netrazor {__version__}\n")
    code, text = netrazor("--help")
    assert code == 0
    for command in ("certify", "verify", "predict", "inspect", "bound", "encode", "decode"):
        assert command in text


@pytest.mark.parametrize(
    "words", [["nonsense"], ["verify"], ["verify", "--nonsense"], ["certify", "lenet5-mnist"]]
)
def test_wrong_words_end_with_2(words: list[str]) -> None:
    assert netrazor(*words)[0] == 2


def test_an_experiment_that_does_not_exist(tmp_path: Path) -> None:
    code, text = netrazor("certify", "lenet6", "--out", tmp_path)
    assert code == 2
    assert "lenet5-mnist" in text


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (KeyboardInterrupt(), 130),
        (errors.CorruptMessage("cut [/]"), 1),
        (errors.CertificateError("altered"), 1),
        (errors.OutputError("No space left on device"), 2),
        (errors.BadDataset("empty"), 2),
        (errors.NonFiniteWeights("NaN in [bold]"), 2),
        (errors.DatasetUnavailable("nowhere"), 2),
        (errors.CheckpointMismatch("another run"), 2),
    ],
)
def test_every_error_ends_with_its_code_and_its_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("netrazor.reproduction.certified_experiments.certify_experiment", fails)
    ended, text = netrazor("certify", "lenet5-mnist", "--out", tmp_path / "run")
    assert ended == code
    assert (str(error) or "with the same command") in text
    assert not (tmp_path / "run").exists()


def test_main_ends_the_process_with_the_code(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for words, code in ((["--version"], 0), (["verify", str(tmp_path / "none")], 2), (["inspect"], 2)):
        monkeypatch.setattr("sys.argv", ["netrazor", *words])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        assert ended.value.code == code


def test_verify_without_data_is_consistent_and_ends_with_3(occam: Path) -> None:
    code, text = netrazor("verify", occam)
    assert code == 3
    assert "CONSISTENT, NOT RECOUNTED" in text
    assert "With probability at least 95 %" in text
    assert netrazor("verify", occam, "--no-recount")[0] == 3


def test_verify_names_what_was_altered_and_ends_with_1(occam: Path) -> None:
    content = json.loads((occam / CERTIFICATE).read_text())
    content["evaluation"]["runtime"] = "another machine"
    (occam / CERTIFICATE).write_text(json.dumps(content))
    code, text = netrazor("verify", occam)
    assert code == 1
    assert "seal:" in text
    assert "INVALID" in text
    assert "With probability" not in text


def test_verify_a_damaged_message(occam: Path) -> None:
    (occam / MESSAGE).write_bytes((occam / MESSAGE).read_bytes()[:-2])
    code, text = netrazor("verify", occam)
    assert code == 1
    assert "digest: message.sha256 is" in text


def test_verify_for_programs(occam: Path) -> None:
    code, text = standard_output("verify", occam, "--json")
    assert code == 3
    assert json.loads(text)["status"] == "CONSISTENT, NOT RECOUNTED"


def test_verify_nothing(tmp_path: Path) -> None:
    code, text = netrazor("verify", tmp_path)
    assert code == 2
    assert "give the directory that" in text


@pytest.mark.parametrize("altered", [False, True])
def test_inspect_decodes_a_message_once(occam: Path, monkeypatch: pytest.MonkeyPatch, altered: bool) -> None:
    if altered:
        content = json.loads((occam / CERTIFICATE).read_text())
        (occam / CERTIFICATE).write_text(json.dumps({**content, "seal": "0" * 64}))
    decoded: list[bytes] = []

    def read_once(blob: bytes, limits: Limits) -> Message:
        decoded.append(blob)
        return read(blob, limits)

    for reader in (checking, charging, inspect_command):
        monkeypatch.setattr(reader, "read", read_once)
    assert ("seal:" in netrazor("inspect", occam)[1]) == altered
    assert len(decoded) == 1


def test_inspect_prints_the_ledger(occam: Path) -> None:
    code, text = netrazor("inspect", occam)
    assert code == 0
    ledger = charge((occam / MESSAGE).read_bytes())
    assert str(ledger.coded_bits) in text
    assert "fc1.weight" in text
    assert netrazor("inspect", occam / MESSAGE)[0] == 0
    assert netrazor("inspect", occam / CERTIFICATE)[0] == 1  # no message
    assert netrazor("inspect", occam / "nothing")[0] == 2


def test_encode_and_decode_give_the_weights_back(tmp_path: Path) -> None:
    arrays = {"w": np.float32([[0.5, 0], [0, -0.25]]), "i": np.int64([3]), "e": np.zeros((0, 2), np.float32)}
    save_file(arrays, tmp_path / "in.safetensors")
    assert netrazor("encode", tmp_path / "in.safetensors", "-o", tmp_path / "m.nrz")[0] == 0
    assert netrazor("decode", tmp_path / "m.nrz", "-o", tmp_path / "out.safetensors")[0] == 0
    back = load_file(tmp_path / "out.safetensors")
    assert set(back) == set(arrays)
    assert all(np.array_equal(back[name], array) for name, array in arrays.items())


def test_encode_and_decode_refuse_what_they_cannot_read_or_write(tmp_path: Path) -> None:
    (tmp_path / "junk").write_bytes(b"junk")
    save_file({"w": np.float32([np.nan])}, tmp_path / "nan.safetensors")
    save_file({"w": np.float32([1])}, tmp_path / "in.safetensors")
    assert netrazor("encode", tmp_path / "junk", "-o", tmp_path / "out")[0] == 2
    assert netrazor("encode", tmp_path / "nothing", "-o", tmp_path / "out")[0] == 2
    assert netrazor("encode", tmp_path / "nan.safetensors", "-o", tmp_path / "out")[0] == 2
    assert netrazor("encode", tmp_path / "in.safetensors", "-o", tmp_path / "junk" / "out")[0] == 2
    assert netrazor("decode", tmp_path / "junk", "-o", tmp_path / "out")[0] == 1
    assert not (tmp_path / "out").exists()


def test_predict(tmp_path: Path) -> None:
    model = LeNet5()
    for parameter in model.parameters():
        parameter.data.zero_()
    model.fc2.bias.data[7] = 1.0
    (tmp_path / MESSAGE).write_bytes(encode(model, "lenet5"))
    Image.new("L", (40, 40), 128).save(tmp_path / "[grey].png")
    code, text = netrazor("predict", tmp_path, tmp_path / "[grey].png")
    assert code == 0
    assert "[grey].png: 7 (softmax 0.23)" in text
    assert netrazor("predict", tmp_path, tmp_path / "none.png")[0] == 2
    assert netrazor("predict", tmp_path / "none", tmp_path / "[grey].png")[0] == 2
    (tmp_path / MESSAGE).write_bytes(coding.encode({}))
    assert netrazor("predict", tmp_path, tmp_path / "[grey].png")[0] == 2  # a user's own architecture


def test_tables_in_a_pipe_are_not_cut(tmp_path: Path) -> None:
    """Without a terminal and without COLUMNS, a cell of a long table stands on one line, whole."""
    code, text = netrazor("paper", columns=None)
    assert code == 0
    assert "…" not in text
    assert max(map(len, text.splitlines())) > 80


def test_verify_tells_a_hold_out(tmp_path: Path) -> None:
    generator = torch.Generator().manual_seed(0)
    pixels = torch.randint(0, 256, (40, 1, 28, 28), generator=generator).to(torch.uint8)
    images = ImageDataset(pixels, torch.arange(40) % 10, 10, name="noise")
    torch.manual_seed(0)
    terms = SpentTerms(architecture="lenet5")
    issued = run_hold_out(build("lenet5"), images, spent=20, terms=terms, out=tmp_path)
    code, text = netrazor("verify", tmp_path)
    assert code == 3
    assert issued.certificate.claim in text
    assert '"status": "CONSISTENT' in standard_output("verify", tmp_path, "--json")[1]


@pytest.mark.parametrize("record", ["mnist", "fashion-mnist", "cifar10-jpeg", "lenet5-mnist"])
def test_records_classify_images(tmp_path: Path, record: str) -> None:
    Image.new("RGB", (40, 40), "teal").save(tmp_path / "teal.png")
    code, text = netrazor("predict", RECORDS / record / MESSAGE, tmp_path / "teal.png")
    assert code == 0
    assert "teal.png: " in text
