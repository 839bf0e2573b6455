"""LeNet-5 in the form of the paper (and of Caffe): 431,080 parameters, one ReLU."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class LeNet5(nn.Module):
    """Two convolutions with max-pooling, then 800-500-10 fully connected with the only nonlinearity between.

    Input: N x 1 x 28 x 28 float32 in [0, 1]. Output: N x ``classes`` logits. The input is scaled to [0, 2] by
    a constant that no data chose, so the scaling is not part of the message.
    """

    def __init__(self, classes: int = 10) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(1, 20, 5)
        self.conv2 = nn.Conv2d(20, 50, 5)
        self.fc1 = nn.Linear(800, 500)
        self.fc2 = nn.Linear(500, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Logits of ``images``."""
        x = 2.0 * images
        x = F.max_pool2d(self.conv1(x), 2)
        x = F.max_pool2d(self.conv2(x), 2)
        x = torch.flatten(x, 1)
        logits: Tensor = self.fc2(F.relu(self.fc1(x)))
        return logits
