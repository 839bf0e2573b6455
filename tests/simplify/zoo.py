"""Small networks of every kind of structure that units have to be followed through."""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from netrazor import networks
from text_classifier import TextClassifier
from vision_transformer import VisionTransformer


class Residual(nn.Module):
    """In-place sums and activations, a projection, a batch norm before the classifier."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 6, 3, padding=1)
        self.conv1 = nn.Conv2d(6, 8, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.conv2 = nn.Conv2d(8, 6, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(6)
        self.relu = nn.ReLU(inplace=True)
        self.fc = nn.Linear(6, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = self.relu(self.stem(x))
        out = self.relu(self.bn1(self.conv1(x)))
        out = self.bn2(self.conv2(out))
        out += x
        return self.fc(F.adaptive_avg_pool2d(self.relu(out), 1).flatten(1))


class Dense(nn.Module):
    """Concatenations that are read several times, a slice, zero padding and group norm."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Conv2d(3, 4, 3)
        self.b = nn.Conv2d(4, 5, 3)
        self.norm = nn.GroupNorm(2, 4)
        self.c = nn.Conv2d(9, 6, 1)
        self.fc = nn.Linear(15, 3)

    def forward(self, x: Tensor) -> Tensor:
        a = F.relu(self.norm(self.a(F.pad(x, (1, 1, 1, 1)))))
        b = F.silu(self.b(F.pad(a, (1, 1, 1, 1))))
        ab = torch.cat([a, b], 1)
        c = torch.tanh(self.c(ab))
        return self.fc(torch.cat([ab.mean((2, 3)), c.amax((2, 3))], 1))


class Grouped(nn.Module):
    """Depthwise, grouped, transposed and dilated convolutions, a channel shuffle, a squeeze-and-excite gate."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Conv2d(3, 6, 1)
        self.depthwise = nn.Conv2d(6, 6, 3, padding=1, groups=6)
        self.grouped = nn.Conv2d(6, 8, 3, dilation=2, padding=2, groups=2, bias=False)
        self.multiplied = nn.Conv2d(8, 16, 3, groups=8)
        self.up = nn.ConvTranspose2d(16, 5, 2, stride=2)
        self.down = nn.Linear(5, 4)
        self.gate = nn.Linear(4, 5)
        self.slope = nn.PReLU(5)
        self.fc = nn.Linear(5, 3)

    def forward(self, x: Tensor) -> Tensor:
        x = F.relu6(self.depthwise(self.a(x)))
        x = self.grouped(x)
        n, c, h, w = x.shape
        x = x.view(n, 2, c // 2, h, w).transpose(1, 2).reshape(n, c, h, w)
        x = self.slope(self.up(F.leaky_relu(self.multiplied(x))))
        gate = torch.sigmoid(self.gate(F.relu(self.down(x.mean((2, 3))))))
        return self.fc(F.max_pool2d(x * gate[:, :, None, None], 2).sum((2, 3)))


class Matrices(nn.Module):
    """Bare parameters in matrix products, tied weights, layer scale, attention written out by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(11, 8)
        self.query = nn.Parameter(torch.randn(8, 8))
        self.key = nn.Linear(8, 8, bias=False)
        self.value = nn.Linear(8, 8)
        self.scale = nn.Parameter(torch.randn(8))
        self.position = nn.Parameter(torch.randn(5, 8))
        self.norm = nn.LayerNorm(8)
        self.out = nn.Linear(8, 11, bias=False)
        self.out.weight = self.embedding.weight

    def forward(self, tokens: Tensor) -> Tensor:
        x = self.embedding(tokens) + self.position
        n, t, _ = x.shape
        q = (x @ self.query).view(n, t, 2, 4).transpose(1, 2)
        k = self.key(x).view(n, t, 2, 4).transpose(1, 2)
        v = self.value(x).view(n, t, 2, 4).transpose(1, 2)
        weights = torch.softmax(q @ k.transpose(-2, -1) / 2.0, -1)
        mixed = (weights @ v).transpose(1, 2).reshape(n, t, 8)
        return self.out(self.norm(x + self.scale * mixed).mean(1))


class Recurrent(nn.Module):
    """An operation that is not followed, between two that are; a shared layer used twice; a spare head."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Linear(4, 6)
        self.lstm = nn.LSTM(6, 5, batch_first=True)
        self.twice = nn.Linear(5, 5)
        self.fc = nn.Linear(5, 3)
        self.spare = nn.Linear(5, 2)

    def forward(self, x: Tensor) -> Tensor:
        x = self.lstm(F.relu(self.inner(x)))[0][:, -1]
        return self.fc(F.relu(self.twice(F.relu(self.twice(x)))))


class Gapped(nn.Module):
    """A shortcut that reaches some channels only, and one that mixes up their order."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Linear(6, 6)
        self.b = nn.Linear(6, 9)
        self.c = nn.Linear(9, 9)
        self.fc = nn.Linear(9, 3)
        self.register_buffer("order", torch.tensor([1, 2, 0, 4, 5, 3, 6, 7, 8]))

    def forward(self, x: Tensor) -> Tensor:
        a = F.relu(self.a(x))
        b = F.relu(self.b(a) + F.pad(a, (3, 0)))
        c = self.c(b)
        return self.fc(F.gelu(c + c[:, self.order]))


def encoder() -> nn.Module:
    """The transformer encoder of torch and its multi-head attention."""
    layer = nn.TransformerEncoderLayer(8, 2, 12, batch_first=True, dropout=0.1)
    return nn.Sequential(
        nn.Linear(4, 8), nn.TransformerEncoder(layer, 1, enable_nested_tensor=False), nn.Linear(8, 3)
    )


def small_resnet() -> nn.Module:
    return networks.ResNetCifar(8, 3, width=4)


def small_transformer() -> nn.Module:
    return VisionTransformer(3, size=8, width=8, depth=1, heads=2)


IMAGES, TOKENS, SEQUENCES, VECTORS = ((3, 8, 8), None), ((5,), 11), ((5, 4), None), ((6,), None)

ZOO: dict[str, tuple[Callable[[], nn.Module], tuple]] = {
    "residual": (Residual, IMAGES),
    "dense": (Dense, IMAGES),
    "grouped": (Grouped, IMAGES),
    "matrices": (Matrices, TOKENS),
    "recurrent": (Recurrent, SEQUENCES),
    "gapped": (Gapped, VECTORS),
    "encoder": (encoder, SEQUENCES),
    "small-resnet": (small_resnet, IMAGES),
    "small-transformer": (small_transformer, IMAGES),
}

DECLARED: dict[str, tuple[Callable[[], nn.Module], tuple]] = {
    "lenet5": (lambda: networks.build("lenet5"), ((1, 28, 28), None)),
    "lenet-300-100": (lambda: networks.build("lenet-300-100"), ((1, 28, 28), None)),
    "mobilenet-0.5-cifar": (lambda: networks.build("mobilenet-0.5-cifar"), ((3, 32, 32), None)),
    "squeezenet-1.1-cifar": (lambda: networks.SqueezeNet("1.1", 10, stem_stride=1), ((3, 32, 32), None)),
    "resnet-20": (lambda: networks.build("resnet-20"), ((3, 32, 32), None)),
    "vision-transformer": (VisionTransformer, ((3, 32, 32), None)),
    "text-classifier": (TextClassifier, ((12,), 1000)),
}


def pruned(make: Callable[[], nn.Module], density: float, seed: int) -> nn.Module:
    """A network with weights of unit scale, of which ``density`` are kept, and a part of everything else."""
    generator = torch.Generator().manual_seed(seed)

    def kept(tensor: Tensor, share: float) -> Tensor:
        return (torch.rand(tensor.shape, generator=generator) < share).to(tensor.dtype)

    model = make().eval()
    with torch.no_grad():
        for parameter in model.parameters():
            spread = parameter[0].numel() if parameter.dim() > 1 else 1.0
            parameter.copy_(torch.randn(parameter.shape, generator=generator) * (density * spread) ** -0.5)
            parameter *= kept(parameter, density if parameter.dim() > 1 else 0.7)
        for name, buffer in model.named_buffers():
            if buffer.is_floating_point():
                buffer.copy_(torch.rand(buffer.shape, generator=generator) + ("var" in name))
    return model


def inputs(kind: tuple, number: int = 3, seed: int = 0) -> Tensor:
    """Random inputs of the kind that a network of the zoo takes."""
    shape, vocabulary = kind
    generator = torch.Generator().manual_seed(seed)
    if vocabulary is not None:
        return torch.randint(0, vocabulary, (number, *shape), generator=generator)
    return torch.rand((number, *shape), generator=generator)
