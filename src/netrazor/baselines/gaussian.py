"""A network whose weights are independent normal variables, by local reparametrization."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import Dataset

from netrazor.evaluate import in_order
from netrazor.train import Reporter, Silent

_PACE = 10.0  # a spread moves this many times as fast as a mean at the same rate


class NoisyLinear(nn.Module):
    """A linear map with an independent Normal(mean, std^2) for each weight and bias.

    Each example of a batch sees a draw of its own: given its input, the outputs are independent and normal, so
    they are drawn instead of the weights (Kingma, Salimans and Welling 2015). That is exact, not an estimate.
    """

    def __init__(self, start: nn.Linear, center: nn.Linear, std: float) -> None:
        super().__init__()
        self.mean = nn.Parameter(_joined(start))
        self.spread = nn.Parameter(torch.full_like(self.mean, math.log(std) / _PACE))
        self.register_buffer("center", _joined(center))

    def forward(self, x: Tensor) -> Tensor:
        """A draw of the outputs for each example."""
        mean = F.linear(x, self.mean[:, :-1], self.mean[:, -1])
        variances = self.variances()
        variance = F.linear(x * x, variances[:, :-1], variances[:, -1])
        return mean + variance.sqrt() * torch.randn_like(mean)

    def variances(self) -> Tensor:
        """Of each weight, the bias last."""
        return (2 * _PACE * self.spread).exp()

    def kl_nats(self, log_variance: Tensor) -> Tensor:
        """KL of the weights from Normal(center, exp(log_variance))."""
        squares = (self.mean - self.center).square().sum() + self.variances().sum()
        own = 2 * _PACE * self.spread.sum()
        return (squares / log_variance.exp() + self.mean.numel() * (log_variance - 1) - own) / 2


class GaussianNetwork(nn.Module):
    """Fully connected, ReLU between; the posterior of a PAC-Bayes bound, with its prior's variance.

    Args:
        start: linear layers that the means start at.
        center: linear layers that the prior is centred at.
        log_variance: of the prior, to start with; the posterior starts with the same.
    """

    def __init__(self, start: Sequence[nn.Linear], center: Sequence[nn.Linear], log_variance: float) -> None:
        super().__init__()
        std = math.exp(log_variance / 2)
        self.layers = nn.ModuleList(NoisyLinear(a, b, std) for a, b in zip(start, center, strict=True))
        self.prior = nn.Parameter(torch.tensor(log_variance / _PACE))

    @property
    def log_variance(self) -> Tensor:
        """Of the prior, not rounded to its grid."""
        return _PACE * self.prior

    def forward(self, inputs: Tensor) -> Tensor:
        """Scores of ``inputs``, flattened, each under weights of its own."""
        x = inputs.flatten(1)
        for layer in self.layers[:-1]:
            x = F.relu(layer(x))
        return self.layers[-1](x)

    def kl_nats(self, log_variance: Tensor) -> Tensor:
        """KL of all weights from the prior with that variance."""
        return torch.stack([layer.kl_nats(log_variance) for layer in self.layers]).sum()


@torch.inference_mode()
def noisy_error_rate(
    posterior: GaussianNetwork,
    dataset: Dataset[tuple[Tensor, int]],
    *,
    passes: int,
    seed: int,
    batch_size: int = 1000,
    reporter: Reporter | None = None,
) -> tuple[float, int]:
    """Share of wrong signs over ``passes`` passes, and how many independent answers it is the mean of.

    Every answer is under weights drawn for it alone, so all are independent, and the mean of their expectations
    is the empirical risk of the noisy network. A score that is zero or not a number is wrong.
    """
    wrong = answers = 0
    with torch.random.fork_rng(), (reporter or Silent()).stage("DR17 risk", passes * len(dataset)) as tick:  # type: ignore[arg-type]
        torch.manual_seed(seed)
        for _ in range(passes):
            for inputs, labels in in_order(dataset, batch_size):
                wrong += int((~(posterior(inputs)[:, 0] * (2 * labels - 1) > 0)).sum())
                answers += len(labels)
                tick(len(labels))
    return wrong / answers, answers


def _joined(linear: nn.Linear) -> Tensor:
    """Weights with the bias as the last column."""
    return torch.cat([linear.weight.detach(), linear.bias.detach()[:, None]], 1)
