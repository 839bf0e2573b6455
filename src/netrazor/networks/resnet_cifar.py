"""ResNets for CIFAR (He et al. 2016, Section 4.2): ResNet-20 has 0.27, ResNet-56 0.85 million parameters."""

from torch import Tensor, nn
from torch.nn import functional as F


class Block(nn.Module):
    """Two 3 x 3 convolutions and a shortcut: A subsamples and pads with zero channels, B projects."""

    def __init__(self, inputs: int, outputs: int, stride: int, shortcut: str) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.shortcut: nn.Module = nn.Identity()
        if inputs != outputs:
            self.shortcut = _pad(inputs, outputs) if shortcut == "A" else _project(inputs, outputs, stride)

    def forward(self, x: Tensor) -> Tensor:
        """ReLU of the residual plus the shortcut."""
        residual = self.bn2(self.conv2(F.relu(self.bn1(self.conv1(x)))))
        return F.relu(residual + self.shortcut(x))


class PadShortcut(nn.Module):
    """Every second pixel, with zero channels added on both sides: a shortcut without parameters."""

    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.padding = (0, 0, 0, 0, before, after)

    def forward(self, x: Tensor) -> Tensor:
        """``x`` at half its resolution and with more channels."""
        return F.pad(x[:, :, ::2, ::2], self.padding)


class ResNetCifar(nn.Module):
    """ResNet of ``depth`` 6 k + 2: N x 3 x 32 x 32 images in [0, 1] to N x ``classes`` logits."""

    def __init__(self, depth: int = 20, classes: int = 10, *, shortcut: str = "A", width: int = 16) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(3, width, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        blocks = []
        inputs = width
        for stage in range(3):
            for block in range((depth - 2) // 6):
                outputs = width << stage
                blocks.append(Block(inputs, outputs, 2 if stage and not block else 1, shortcut))
                inputs = outputs
        self.blocks = nn.Sequential(*blocks)
        self.fc = nn.Linear(inputs, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Logits of ``images``, which are scaled to [-1, 1] by constants first."""
        x = F.relu(self.bn1(self.conv1(2.0 * (images - 0.5))))
        logits: Tensor = self.fc(self.blocks(x).mean((2, 3)))
        return logits


def _pad(inputs: int, outputs: int) -> nn.Module:
    before = (outputs - inputs) // 2
    return PadShortcut(before, outputs - inputs - before)


def _project(inputs: int, outputs: int, stride: int) -> nn.Module:
    return nn.Sequential(nn.Conv2d(inputs, outputs, 1, stride, bias=False), nn.BatchNorm2d(outputs))
