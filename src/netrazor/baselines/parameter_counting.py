"""Bounds by the number of parameters alone: they hold for every network of the architecture, and so say little."""

import math

from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor import bounds
from netrazor.baselines.chain import Chain, chain_of
from netrazor.baselines.estimate import Estimate, Kind
from netrazor.counting import ErrorCount, count_errors, in_order
from netrazor.runtime import Reporter
from netrazor.units import LOG_2

STRUCTURE = "Number of parameters"
VC_REFERENCE = "Bartlett, Harvey, Liaw, Mehrabian 2019, proof of Theorem 7, in Vapnik and Chervonenkis 1971"


def log_patterns(chain: Chain, points: int, classes: int) -> float:
    """At least the logarithm of the number of ways in which the chain's networks can be right and wrong.

    On ``points`` labelled inputs, over all weights. Layer by layer the weights so far fall into pieces on which
    the next affine outputs are polynomials of degree at most the layer's number i; M polynomials of degree i in
    W variables have at most 2 (2 e M i / W)^W sign patterns (Warren), or 2^M when M < W. The last layer is
    followed by the comparisons of the label's score with the others.
    """
    total, weights = 0.0, 0
    for i, layer in enumerate(chain.layers, start=1):
        weights += layer.parameters
        signs = points * (classes - 1 if layer is chain.layers[-1] else layer.conditions)
        if signs < weights:
            total += signs * LOG_2
        else:
            total += LOG_2 + weights * math.log(2 * math.e * signs * i / weights)
    return total * (1 + 1e-12)


def vc_dimension(chain: Chain, classes: int) -> int:
    """At least the VC dimension of the networks' errors, to 0.1 %: from here on there are fewer patterns than 2^M."""

    def shattered(points: float) -> bool:
        return log_patterns(chain, math.ceil(points), classes) >= points * LOG_2

    low, high = 1.0, 2.0
    while shattered(high):
        low, high = high, 2 * high
    while high / low > 1.001:
        middle = math.sqrt(low * high)
        low, high = (middle, high) if shattered(middle) else (low, middle)
    return math.ceil(high)


def vc(
    model: nn.Module,
    dataset: Dataset[tuple[Tensor, int]],
    *,
    delta: float = 0.05,
    classes: int,
    count: ErrorCount | None = None,
    reporter: Reporter | None = None,
) -> Estimate:
    """The VC bound: Lhat + sqrt(8 (ln patterns(2 m) + ln(4 / delta)) / m).

    Claim: with probability at least 1 - delta over the n i.i.d. examples, for all networks of this architecture
    at once, the error on new examples is at most the value.

    Raises:
        UnsupportedModel: no chain of affine maps, ReLU and max-pooling.
    """
    chain = chain_of(model, next(in_order(dataset, 2))[0])
    count = count or count_errors(model, dataset, reporter=reporter)
    m, weights = count.n, sum(layer.parameters for layer in chain.layers)
    patterns = log_patterns(chain, 2 * m, classes)
    return Estimate(
        method="VC dimension",
        structure=STRUCTURE,
        reference=VC_REFERENCE,
        kind=Kind.BOUND,
        value=(count.risk + math.sqrt(8 * (patterns + math.log(4 / delta)) / m)) * (1 + 1e-12),
        delta=delta,
        classes=classes,
        figures={
            "parameters": weights,
            "train error": count.risk,
            "VC dimension at most": vc_dimension(chain, classes),
            "examples": m,
        },
    )


def parameter_count(parameters: int, errors: int, n: int, classes: int, *, delta: float = 0.05) -> Estimate:
    """The Occam bound of 32 bits for each parameter: a float32 network is one of 2^(32 W).

    Claim: with probability at least 1 - delta over the n i.i.d. examples, for all settings of ``parameters``
    float32 numbers at once, the error on new examples is at most the value: the exact binomial tail, or where
    that is 1 the square-root form, to tell vacuous values apart.
    """
    bits = 32 * parameters
    exact = float(bounds.occam(errors, n, bits, delta))
    loose = errors / n + math.sqrt((bits * LOG_2 - math.log(delta)) / (2 * n))
    return Estimate(
        method="Parameter count",
        structure=STRUCTURE,
        reference="Theorem 4.1 with 32 bits for each float32 parameter",
        kind=Kind.BOUND,
        value=exact if exact < 1 else max(1.0, loose),
        delta=delta,
        classes=classes,
        figures={"parameters": parameters, "train error": errors / n, "bits": bits},
    )
