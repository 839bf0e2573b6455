"""Certified networks in the formats of others: the same answers, the differing ones counted and bounded."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import nn

import netrazor
import tiny
from command_line import netrazor as command
from netrazor import bounds
from netrazor.errors import ConfigurationError, InvalidArgument, OutputError, UnsupportedModel
from netrazor.export import Format, compare_answers, export_network
from netrazor.verification import Extended


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    issued = tiny.occam_run().issued
    return tiny.write(tmp_path_factory.mktemp("exported") / "run", issued.certificate, issued.blob)


def inputs(n: int) -> torch.Tensor:
    return tiny.images(n, seed=5).batch(torch.arange(n))[0]


def exported(run: Path, to: Format, path: Path) -> nn.Module:
    return export_network(netrazor.load(run), inputs(2), to, path)


@pytest.mark.parametrize("to", ["onnx", "torch", "safetensors"])
def test_the_file_gives_the_certified_answers(run: Path, tmp_path: Path, to: Format) -> None:
    if to == "onnx":
        pytest.importorskip("onnxscript", reason="ONNX WAS NOT TESTED: pip install 'netrazor[onnx]'")
        pytest.importorskip("onnxruntime", reason="ONNX WAS NOT TESTED: pip install 'netrazor[onnx]'")
    network = exported(run, to, tmp_path / "network")
    for n in (1, 2, 70):
        with torch.inference_mode():
            assert torch.allclose(network(inputs(n)), netrazor.load(run)(inputs(n)), atol=1e-5)
    found = compare_answers(
        tiny.occam_run().issued.certificate, netrazor.load(run), network, tiny.images(), delta=0.02
    )
    assert (found.n, found.differ) == (400, 0)
    certificate = tiny.occam_run().issued.certificate
    exact = bounds.occam(0, 400, certificate.effective_bits, 0.02)
    assert found.bound is not None
    assert exact <= found.bound <= exact + 2e-9
    assert found.risk_bound == pytest.approx(min(1.0, certificate.risk_bound + exact), abs=4e-9)


def test_arrays_are_those_of_the_network(run: Path, tmp_path: Path) -> None:
    exported(run, "safetensors", tmp_path / "n.safetensors")
    arrays, own = load_file(tmp_path / "n.safetensors"), netrazor.load(run).state_dict()
    assert set(arrays) == set(own)
    assert all(torch.equal(arrays[name], own[name]) for name in own)


def test_what_differs_is_counted_and_other_examples_bound_nothing(run: Path) -> None:
    network = netrazor.load(run)
    certificate = tiny.occam_run().issued.certificate

    class Other(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return network(x).roll(1, dims=1)

    assert compare_answers(certificate, network, Other(), tiny.images()).differ == 400
    elsewhere = compare_answers(certificate, network, Other(), tiny.images(50, seed=9))
    assert (elsewhere.n, elsewhere.bound, elsewhere.risk_bound) == (50, None, None)
    with pytest.raises(InvalidArgument, match="delta"):
        compare_answers(certificate, network, Other(), tiny.images(), delta=1.0)


def test_an_onnx_file_is_extended_to_and_verified(run: Path, tmp_path: Path) -> None:
    pytest.importorskip("onnxscript", reason="ONNX WAS NOT TESTED: pip install 'netrazor[onnx]'")
    pytest.importorskip("onnxruntime", reason="ONNX WAS NOT TESTED: pip install 'netrazor[onnx]'")
    from netrazor.export.onnx_network import OnnxNetwork

    network = exported(run, "onnx", tmp_path / "n.onnx")
    record = netrazor.extend(run, network, inputs(100), out=tmp_path / "out")
    assert (record.disagreements, record.network) == (0, "OnnxNetwork")
    again = Extended(OnnxNetwork(tmp_path / "n.onnx"), inputs(100))
    assert netrazor.verify(tmp_path / "out", tiny.images(), extended=again).status == "VALID"
    with pytest.raises(UnsupportedModel, match="inputs of"):
        network(inputs(1).double())
    (tmp_path / "bad.onnx").write_bytes(b"none")
    with pytest.raises(UnsupportedModel, match="onnxruntime"):
        OnnxNetwork(tmp_path / "bad.onnx")
    with pytest.raises(ConfigurationError, match="cannot read"):
        OnnxNetwork(tmp_path / "none.onnx")


def test_what_cannot_be_exported(run: Path, tmp_path: Path) -> None:
    with pytest.raises(UnsupportedModel, match="torch cannot hold this network"):
        export_network(tiny.branching(), inputs(2), "torch", tmp_path / "n.pt2")
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot write"):
        exported(run, "safetensors", tmp_path / "file" / "n.safetensors")


class Listed(nn.Module):
    """Linear but for one operation, which a certified graph may call and ONNX does not have."""

    def __init__(self, operation: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.operation, self.layer = operation, nn.Linear(64, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.operation(torch.tanh(self.layer(x.flatten(1))))


@pytest.mark.parametrize(
    ("operation", "name"),
    [
        (torch.erfinv, r"prims\.erf_inv"),
        (torch.special.bessel_j0, r"prims\.bessel_j0"),
        (lambda x: x + x.kthvalue(2, dim=1, keepdim=True).values, r"aten\.kthvalue"),
    ],
)
def test_an_operator_that_onnx_does_not_have_is_named(
    operation: Callable[[torch.Tensor], torch.Tensor], name: str, tmp_path: Path
) -> None:
    pytest.importorskip("onnxscript", reason="ONNX WAS NOT TESTED: pip install 'netrazor[onnx]'")
    pytest.importorskip("onnxruntime", reason="ONNX WAS NOT TESTED: pip install 'netrazor[onnx]'")
    said = f"to: onnx has no operator for {name}, which this network calls; choose torch or safetensors"
    with pytest.raises(UnsupportedModel, match=said):
        export_network(Listed(operation), inputs(2), "onnx", tmp_path / "n.onnx")
    assert not (tmp_path / "n.onnx").exists()
    network = Listed(operation).eval()
    program = export_network(network, inputs(2), "torch", tmp_path / "n.pt2")
    with torch.inference_mode():
        assert torch.allclose(program(inputs(5)), network(inputs(5)), atol=1e-5)


def test_the_command_names_an_operator_of_a_certified_network_too(tmp_path: Path) -> None:
    pytest.importorskip("onnxscript", reason="ONNX WAS NOT TESTED: pip install 'netrazor[onnx]'")
    pytest.importorskip("onnxruntime", reason="ONNX WAS NOT TESTED: pip install 'netrazor[onnx]'")
    netrazor.certify(Listed(torch.erfinv), tiny.images(), recipe="exact", out=tmp_path / "run")
    (tmp_path / "mine.py").write_text("import tiny\n\n\ndef data():\n    return tiny.images()\n")
    words = ["export", tmp_path / "run", "--data", f"{tmp_path / 'mine.py'}:data", "--to"]
    code, text = command(*words, "onnx")
    assert (code, "--to: onnx has no operator for prims.erf_inv" in text) == (2, True), text
    assert command(*words, "torch")[0] == 0


def test_the_command(run: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("import tiny\n\n\ndef data():\n    return tiny.images()\n\n\ndef other():\n"
                                      "    return tiny.images(60, seed=9)\n")  # fmt: skip
    words = ["export", run, "--to", "safetensors", "--out", tmp_path / "n.safetensors"]
    code, text = command(*words, "--data", f"{tmp_path / 'mine.py'}:data")
    assert (code, "On 400 examples 0 answers differ" in text) == (0, True), text
    assert "the file's network errs on at most" in text
    code, text = command(*words, "--data", f"{tmp_path / 'mine.py'}:other")
    assert (code, "netrazor extend" in text) == (0, True), text
    code, text = command(*words)
    assert (code, "--data" in text) == (2, True), text


@pytest.mark.parametrize("to", ["onnx", "torch", "safetensors"])
def test_a_directory_where_a_file_should_be(run: Path, tmp_path: Path, to: Format) -> None:
    with pytest.raises(OutputError, match="directory"):
        exported(run, to, tmp_path)


def test_a_wrong_delta_is_refused_before_anything_is_written(run: Path, tmp_path: Path) -> None:
    path = tmp_path / "n.safetensors"
    code, text = command("export", run, "--to", "safetensors", "--delta", 0, "--out", path)
    assert code == 2
    assert "--delta" in text
    assert not path.exists()
