"""Writing a network as ONNX, as a program of torch.export, or as its arrays."""

import copy
import errno
import os
import re
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

import safetensors.torch
import torch
from torch import Tensor, nn

from netrazor.errors import OutputError, UnsupportedModel
from netrazor.networks.walk import set_evaluation_mode

Format: TypeAlias = Literal["onnx", "torch", "safetensors"]
FORMATS: tuple[Format, ...] = get_args(Format)
_NO_OPERATOR = re.compile(r"No ONNX function found for <OpOverload\(op='([\w.]+)'")
ENDINGS: dict[Format, str] = {"onnx": ".onnx", "torch": ".pt2", "safetensors": ".safetensors"}


def export_network(network: nn.Module, example: Tensor, to: Format, path: Path) -> nn.Module:
    """Write ``network`` in evaluation mode to ``path``, and give back what the file holds, read again.

    Args:
        network: one tensor to scores.
        example: a batch of two inputs at least; batches of other sizes are taken by what is written.
        to: onnx; torch: a program for ``torch.export.load``, which needs torch alone; safetensors: arrays by name.
        path: of the file.

    Raises:
        MissingExtra: the libraries of a format are not installed.
        OutputError: the file cannot be written.
        UnsupportedModel: an operation that the format does not have.
    """
    set_evaluation_mode(network)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():  # which each library says in an error of its own
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if to == "onnx":
            return _as_onnx(network, example, path)
        if to == "torch":
            return _as_program(network, example, path)
        safetensors.torch.save_file(_arrays(network), path)
        fresh = copy.deepcopy(network)
        fresh.load_state_dict(safetensors.torch.load_file(path), strict=False)
        return fresh
    except OSError as error:
        raise OutputError(
            f"cannot write {path}: {error.strerror}; choose a file that can be written"
        ) from error


def _as_onnx(network: nn.Module, example: Tensor, path: Path) -> nn.Module:
    from netrazor.export.onnx_network import OnnxNetwork

    try:
        torch.onnx.export(
            network,
            (example,),
            str(path),
            input_names=["inputs"],
            output_names=["scores"],
            dynamic_shapes=({0: torch.export.Dim("batch")},),
            dynamo=True,
            external_data=False,
            verbose=False,
        )
    except OSError:
        raise
    except Exception as error:  # the exporter raises anything
        raise _cannot("onnx", error) from error
    return OnnxNetwork(path)


def _as_program(network: nn.Module, example: Tensor, path: Path) -> nn.Module:
    try:
        shapes = ({0: torch.export.Dim("batch")},)
        program: Any = torch.export.export(network, (example,), dynamic_shapes=shapes)
    except Exception as error:
        raise _cannot("torch", error) from error
    torch.export.save(program, path)
    return _Program(torch.export.load(path).module())


class _Program(nn.Module):
    """A program whose mode cannot be set, because it is that of the network that it was made from."""

    def __init__(self, program: Any) -> None:
        super().__init__()
        self._run = [program]  # in a list: no part of this module, which is asked for its mode

    def forward(self, inputs: Tensor) -> Tensor:
        """The scores of a batch."""
        scores: Tensor = self._run[0](inputs)
        return scores


def _arrays(network: nn.Module) -> dict[str, Tensor]:
    """Each array once, also where several names share it."""
    return {name: tensor.detach().clone().contiguous() for name, tensor in network.state_dict().items()}


def _cannot(to: Format, error: Exception) -> UnsupportedModel:
    others = " or ".join(other for other in FORMATS if other != to)
    operator = _operator_in(error)
    if operator is not None:
        return UnsupportedModel(
            f"to: {to} has no operator for {operator}, which this network calls; choose {others}, or a network that "
            "computes the same by other operations"
        )
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return UnsupportedModel(
        f"to: {to} cannot hold this network ({type(error).__name__}: {lines[0]:.200}); choose {others}"
    )


def _operator_in(error: BaseException | None) -> str | None:
    """The operator of torch for which an exporter says that it has none, anywhere in the chain of causes."""
    while error is not None:
        found = _NO_OPERATOR.search(str(error))
        if found is not None:
            return found[1]
        error = error.__cause__
    return None
