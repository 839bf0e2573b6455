"""A callback of Lightning, which this module alone needs."""

from typing import Any

from lightning.pytorch import Callback, LightningModule, Trainer
from torch import nn

from netrazor.certification import Certificate
from netrazor.errors import ConfigurationError
from netrazor.integrations.trained_network import Certifying
from netrazor.pipeline import Recipe


class CertifyCallback(Callback):  # type: ignore[misc]  # its types are not read
    """Certifies, when fitting has ended, a network cut down from the one that was trained.

    The claim is about ``network``, not about the network that was trained, which stays as it is; `netrazor.extend`
    bounds that too. The bound is logged as ``certified_error``.

    Attributes:
        certificate: None until fitting has ended.
        network: the one that is certified, likewise.
    """

    def __init__(
        self,
        dataset: Any,
        *,
        part: str | None = None,
        recipe: Recipe | str = "post-training",
        **settings: Any,
    ) -> None:
        """Prepare to certify.

        Args:
            dataset: the entire training set, without random augmentation, as for `netrazor.certify`.
            part: name of the attribute of the module that is the network; None: the module itself.
            recipe: as for `netrazor.certify`.
            settings: further keywords of `netrazor.certify`.
        """
        super().__init__()
        self._part, self._certifying = part, Certifying(dataset, recipe, settings)
        self.certificate: Certificate | None = None
        self.network: nn.Module | None = None

    def on_fit_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Certify.

        Raises:
            ConfigurationError: ``part`` is no network.
            NetrazorError: as for `netrazor.certify`.
        """
        network = pl_module if self._part is None else getattr(pl_module, self._part, None)
        if not isinstance(network, nn.Module):
            raise ConfigurationError(
                f"part: the name of a network in {type(pl_module).__name__} needed, got {self._part!r}; it has "
                f"{', '.join(name for name, _ in pl_module.named_children())}"
            )
        self.certificate, self.network = self._certifying.certify(network)
        for logger in trainer.loggers:
            logger.log_metrics({"certified_error": self.certificate.risk_bound}, step=trainer.global_step)
