"""A callback of the Trainer of Hugging Face's transformers, which this module alone needs."""

from typing import Any

from torch import nn
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from netrazor.certification import Certificate
from netrazor.integrations.trained_network import Certifying
from netrazor.pipeline import Recipe


class CertifyTrainerCallback(TrainerCallback):  # type: ignore[misc]  # its types are not read
    """Certifies, when training has ended, a network cut down from the one that was trained.

    The claim is about ``network``, not about the network that was trained, which stays as it is; `netrazor.extend`
    bounds that too. The bound is put into the trainer's history as ``certified_error``. For a fine-tuned network give
    what was fixed before: ``given="frozen"``, or a pattern.

    Attributes:
        certificate: None until training has ended.
        network: the one that is certified, likewise.
    """

    def __init__(self, dataset: Any, *, recipe: Recipe | str = "post-training", **settings: Any) -> None:
        """Prepare to certify.

        Args:
            dataset: the entire training set, items with a label, as for `netrazor.certify`.
            recipe: as for `netrazor.certify`.
            settings: further keywords of `netrazor.certify`.
        """
        self._certifying = Certifying(dataset, recipe, settings)
        self.certificate: Certificate | None = None
        self.network: nn.Module | None = None

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **kwargs: Any
    ) -> None:
        """Certify.

        Raises:
            NetrazorError: as for `netrazor.certify`.
        """
        self.certificate, self.network = self._certifying.certify(kwargs["model"])
        state.log_history.append({"step": state.global_step, "certified_error": self.certificate.risk_bound})
