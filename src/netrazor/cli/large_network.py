"""A network of any size by its name: the one that a certificate is extended to, or a teacher."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import nn


def large_network(reference: str, weights: Path | None, classes: int = 0) -> "nn.Module":
    """The network that a file of ONNX holds, or that ``reference`` builds, with the weights of a file.

    Args:
        reference: file.py:function, package.module:function, a declared architecture, or a file that ends in .onnx.
        weights: .safetensors, or .pt of tensors.
        classes: of a declared architecture; 0: its own.

    Raises:
        NetrazorError: it cannot be built, read or run.
    """
    from netrazor.pipeline.own_network import own_network

    if reference.endswith(".onnx"):
        from netrazor.export.onnx_network import OnnxNetwork

        return OnnxNetwork(reference).eval()
    return own_network(reference, weights, classes=classes)
