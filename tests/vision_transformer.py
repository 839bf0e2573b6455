"""A small vision transformer (Dosovitskiy et al. 2021), pre-norm, with a mean instead of a class token."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F


class Attention(nn.Module):
    """Self-attention with ``heads`` heads; queries, keys and values come from one linear map."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Attention over the tokens of ``x``, N x tokens x width."""
        examples, tokens, width = x.shape
        qkv = self.qkv(x).reshape(examples, tokens, 3, self.heads, width // self.heads)
        q, k, v = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        mixed = F.scaled_dot_product_attention(q, k, v)
        return self.out(mixed.transpose(1, 2).reshape(examples, tokens, width))


class EncoderBlock(nn.Module):
    """Attention, then two fully connected layers, each behind a layer norm and beside a residual."""

    def __init__(self, width: int, heads: int, hidden: int) -> None:
        super().__init__()
        self.norm1 = nn.LayerNorm(width)
        self.attention = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width)
        self.fc1 = nn.Linear(width, hidden)
        self.fc2 = nn.Linear(hidden, width)

    def forward(self, x: Tensor) -> Tensor:
        """``x`` with both residuals added."""
        x = x + self.attention(self.norm1(x))
        return x + self.fc2(F.gelu(self.fc1(self.norm2(x))))


class VisionTransformer(nn.Module):
    """N x channels x ``size`` x ``size`` images in [0, 1] to N x ``classes`` logits."""

    def __init__(
        self,
        classes: int = 10,
        *,
        size: int = 32,
        channels: int = 3,
        patch: int = 4,
        width: int = 64,
        depth: int = 4,
        heads: int = 4,
    ) -> None:
        super().__init__()
        self.embed = nn.Conv2d(channels, width, patch, stride=patch)
        self.position = nn.Parameter(0.02 * torch.randn(1, (size // patch) ** 2, width))
        self.blocks = nn.Sequential(*[EncoderBlock(width, heads, 2 * width) for _ in range(depth)])
        self.norm = nn.LayerNorm(width)
        self.head = nn.Linear(width, classes)

    def forward(self, images: Tensor) -> Tensor:
        """Logits of ``images``, which are scaled to [-1, 1] by constants first."""
        tokens = self.embed(2.0 * (images - 0.5)).flatten(2).transpose(1, 2)
        x = self.blocks(tokens + self.position)
        return self.head(self.norm(x).mean(1))
