"""MobileNet v1 with a width multiplier (Howard et al. 2017); 0.5 is the paper's second system."""

from torch import Tensor, nn

# (output channels at width 1, stride) of the thirteen depthwise separable blocks.
_BLOCKS = ((64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1))


class MobileNet(nn.Module):
    """MobileNet v1: N x 3 x H x W images in [0, 1], of 32 x 32 or more, to N x ``classes`` logits.

    ``stem_stride=1`` is the stem for CIFAR's small images. ``momentum`` is that of the batch-norm statistics
    as PyTorch counts it (0.01 is TensorFlow's 0.99).
    """

    def __init__(
        self, width: float = 0.5, classes: int = 1000, *, stem_stride: int = 2, momentum: float = 0.01
    ) -> None:
        super().__init__()
        channels = int(32 * width)
        self.stem = _normalized(nn.Conv2d(3, channels, 3, stem_stride, padding=1, bias=False), momentum)
        blocks = []
        for outputs, stride in _BLOCKS:
            blocks.append(_separable(channels, int(outputs * width), stride, momentum))
            channels = int(outputs * width)
        self.blocks = nn.Sequential(*blocks)
        self.fc = nn.Linear(channels, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Logits of ``images``, which are scaled to [-1, 1] by constants first."""
        x = self.blocks(self.stem(2.0 * (images - 0.5)))
        logits: Tensor = self.fc(x.mean((2, 3)))
        return logits


def _separable(inputs: int, outputs: int, stride: int, momentum: float) -> nn.Module:
    depthwise = nn.Conv2d(inputs, inputs, 3, stride, padding=1, groups=inputs, bias=False)
    pointwise = nn.Conv2d(inputs, outputs, 1, bias=False)
    return nn.Sequential(_normalized(depthwise, momentum), _normalized(pointwise, momentum))


def _normalized(convolution: nn.Conv2d, momentum: float) -> nn.Module:
    norm = nn.BatchNorm2d(convolution.out_channels, eps=1e-3, momentum=momentum)
    return nn.Sequential(convolution, norm, nn.ReLU6())
