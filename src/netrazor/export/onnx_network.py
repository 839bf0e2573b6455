"""A network in a file of ONNX, run by onnxruntime, which this module alone needs."""

import os
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from torch import Tensor, nn

from netrazor.errors import ConfigurationError, UnsupportedModel
from netrazor.files import open_regular


class OnnxNetwork(nn.Module):
    """Inputs to N x classes scores, by a session of onnxruntime on the CPU.

    The file is the network's only tensor, so that its digest, in an extension, is that of the file.
    """

    file: Tensor

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Raises: ConfigurationError: no such file. UnsupportedModel: onnxruntime cannot run it."""
        super().__init__()
        try:
            with open_regular(Path(path)) as file:
                content = file.read()
        except OSError as error:
            raise ConfigurationError(
                f"model: cannot read {path}: {error.strerror}; give a file of ONNX"
            ) from error
        try:
            self._session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime's errors have no common base but this
            raise UnsupportedModel(
                f"model: {path} cannot be run by onnxruntime ({str(error).splitlines()[0]:.200}); export it again, "
                "with its weights in the one file"
            ) from error
        self.register_buffer("file", torch.frombuffer(bytearray(content), dtype=torch.uint8))

    def forward(self, inputs: Tensor) -> Tensor:
        """The scores of a batch.

        Raises:
            UnsupportedModel: inputs of another type or shape than the file is for.
        """
        (first, *_), array = self._session.get_inputs(), inputs.detach().cpu().numpy()
        try:
            found: Any = self._session.run(None, {first.name: np.ascontiguousarray(array)})[0]
        except Exception as error:
            raise UnsupportedModel(
                f"model: inputs of {first.type} and shape {first.shape} needed, got {array.dtype} of {array.shape}; "
                "give the inputs that the exported network takes"
            ) from error
        return torch.from_numpy(found)
