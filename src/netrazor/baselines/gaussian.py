"""A network whose weights are independent normal variables, by local reparametrization."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.data import Dataset

from netrazor.counting import in_order
from netrazor.runtime import Reporter, Silent

_PACE = 20.0  # a log variance moves this many times as fast as a mean at the same rate


class NoisyLinear(nn.Module):
    """A linear map with an independent normal for each weight and bias.

    Its variances are held as ratios to one common variance: while that moves, a weight that no example has anything
    to say about keeps the prior's variance by itself, at no divergence.

    Each example of a batch sees a draw of its own: given its input, the outputs are independent and normal, so
    they are drawn instead of the weights (Kingma, Salimans and Welling 2015). That is exact, not an estimate.
    """

    def __init__(self, start: nn.Linear, center: nn.Linear) -> None:
        super().__init__()
        self.center: Tensor
        self.mean = nn.Parameter(_joined(start))
        self.ratio = nn.Parameter(torch.zeros_like(self.mean))
        self.register_buffer("center", _joined(center))

    def forward(self, x: Tensor, log_variance: Tensor) -> Tensor:
        """A draw of the outputs for each example."""
        mean = F.linear(x, self.mean[:, :-1], self.mean[:, -1])
        variances = self.variances(log_variance)
        variance = F.linear(x * x, variances[:, :-1], variances[:, -1])
        return mean + variance.sqrt() * torch.randn_like(mean)

    def variances(self, log_variance: Tensor) -> Tensor:
        """Of each weight, the bias last, with that common log variance."""
        return (_PACE * self.ratio + log_variance).exp()

    def kl_nats(self, log_variance: Tensor, prior_log_variance: Tensor) -> Tensor:
        """KL of the weights from Normal(center, exp(prior_log_variance))."""
        squares = (self.mean - self.center).square().sum() + self.variances(log_variance).sum()
        own = _PACE * self.ratio.sum() + self.mean.numel() * log_variance
        prior = self.mean.numel() * (prior_log_variance - 1)
        return (squares / prior_log_variance.exp() + prior - own) / 2


class GaussianNetwork(nn.Module):
    """Fully connected, ReLU between; the posterior of a PAC-Bayes bound, with its prior's variance.

    Args:
        start: linear layers that the means start at.
        center: linear layers that the prior is centred at.
        log_variance: of the prior, to start with; the posterior starts with the same.
    """

    def __init__(self, start: Sequence[nn.Linear], center: Sequence[nn.Linear], log_variance: float) -> None:
        super().__init__()
        self.layers = nn.ModuleList(NoisyLinear(a, b) for a, b in zip(start, center, strict=True))
        self.scale = nn.Parameter(torch.tensor(log_variance / _PACE))

    @property
    def noisy_layers(self) -> list[NoisyLinear]:
        """The layers, in order."""
        return [layer for layer in self.layers if isinstance(layer, NoisyLinear)]

    @property
    def log_variance(self) -> Tensor:
        """Of the prior, not rounded to its grid; the posterior's variances are held as ratios to it."""
        return _PACE * self.scale

    def forward(self, inputs: Tensor) -> Tensor:
        """Scores of ``inputs``, flattened, each under weights of its own."""
        x = inputs.flatten(1)
        for layer in self.layers[:-1]:
            x = F.relu(layer(x, self.log_variance))
        scores: Tensor = self.layers[-1](x, self.log_variance)
        return scores

    def kl_nats(self, prior_log_variance: Tensor) -> Tensor:
        """KL of all weights from the prior with that variance."""
        parts = [layer.kl_nats(self.log_variance, prior_log_variance) for layer in self.noisy_layers]
        return torch.stack(parts).sum()


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
