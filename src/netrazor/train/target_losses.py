"""What is minimized for examples whose target is no single class, unless a loss is given."""

from dataclasses import dataclass

from torch import Tensor
from torch.nn import functional as F

from netrazor.certification.claims import AnyClaim
from netrazor.certification.target_claims import AbsoluteError, PixelErrors, SquaredError, Within


@dataclass(frozen=True)
class TargetLoss:
    """The usual smooth loss in place of that of ``headline``, the claim that comes first, in the mean over a batch.

    Of labels and pixels their cross-entropy; of numbers, in units of the claim's scale or tolerance, the squared
    distance for `SquaredError` and Huber's loss for the others.
    """

    headline: AnyClaim

    def __call__(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """The loss of a batch of outputs and targets."""
        claim = self.headline
        if claim.task == "multi-label":
            return F.binary_cross_entropy_with_logits(outputs, targets.to(outputs.dtype))
        if isinstance(claim, PixelErrors):
            return F.cross_entropy(
                outputs, targets, ignore_index=-100 if claim.ignored is None else claim.ignored
            )
        assert isinstance(claim, (SquaredError, AbsoluteError, Within))
        unit = (claim.tolerance or 1.0) if isinstance(claim, Within) else claim.scale
        scaled, wanted = outputs / unit, (targets / unit).to(outputs.dtype)
        return F.mse_loss(scaled, wanted) if isinstance(claim, SquaredError) else F.huber_loss(scaled, wanted)
