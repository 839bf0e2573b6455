"""NBS18: the spectrally normalized margin bound, with the constants of its own lemma and proof.

Neyshabur, Bhojanapalli and Srebro, "A PAC-Bayesian approach to spectrally-normalized margin bounds for neural
networks" (2018). Its Theorem 1 is stated up to a constant; what is computed here follows from the proof:

1. Lemma 1. If noise u on the weights moves no score by gamma / 4 or more, on any input, with probability at
   least 1/2, then L_0 <= Lhat_gamma + 4 sqrt((KL(w + u || P) + ln(6 m / delta)) / (m - 1)).
2. Lemma 2. If ||U_i|| <= ||W_i|| / d for each of the d layers, the scores move by at most
   e B (prod ||W_i||) sum ||U_i|| / ||W_i||, for inputs of norm at most B.
3. ReLU lets all spectral norms be scaled to their geometric mean beta, with the function unchanged. For Gaussian
   noise ||U_i|| > t has probability at most 2 h exp(-t^2 / (2 h sigma^2)), so with probability at least 1/2 all d
   are at most sigma sqrt(2 h ln(4 d h)), and the scores move by at most
   e d B beta^(d-1) sigma sqrt(2 h ln(4 d h)) <= gamma / 4.
4. The prior must not depend on beta: it takes b <= beta from a list, with beta <= b (1 + 1/d), so that
   beta^(d-1) <= e b^(d-1), and e^2 4 sqrt(2) = 41.8 <= 42 gives
   sigma = gamma / (42 d B b^(d-1) sqrt(h ln(4 d h))).
5. Outside of (gamma / 2B)^(1/d) <= beta <= (gamma sqrt(m) / 2B)^(1/d) the claim is void: below, every margin is
   below gamma; above, the divergence exceeds m. Steps of (1/d) (gamma / 2B)^(1/d) cover this with at most
   d m^(1/(2d)) places, whose number multiplies 6 m / delta.
6. KL <= |w|^2 / (2 sigma^2), here with |w|^2 = beta^2 sum ||W_i||_F^2 / ||W_i||^2.

The margin gamma is chosen after seeing the data, from the powers of two: the j-th in the order 1, 2, 1/2, 4, 1/4,
... has the share 6 / (pi^2 j^2) of delta.
"""

import math
from dataclasses import dataclass

from torch import Tensor, nn
from torch.utils.data import Dataset

from netrazor.baselines.chain import Chain, chain_of
from netrazor.baselines.estimate import Estimate, Kind
from netrazor.baselines.layer_norms import frobenius_squared, spectral_norm
from netrazor.baselines.margins import Scores, scores_on
from netrazor.counting import in_order
from netrazor.runtime import Reporter

REFERENCE = "Neyshabur, Bhojanapalli, Srebro 2018, Lemmas 1 and 2 and the proof of Theorem 1"
STRUCTURE = "Perturbation robustness (margins, spectral norms)"


@dataclass(frozen=True)
class Spectrum:
    """What the bound needs of the weights.

    Attributes:
        depth: d, the number of affine maps.
        width: h, at least the entries that any of them takes or gives.
        log_beta: logarithm of the geometric mean of their spectral norms.
        stable_ranks: the sum of ||W_i||_F^2 / ||W_i||^2.
        radius: B, the largest norm of an input.
    """

    depth: int
    width: int
    log_beta: float
    stable_ranks: float
    radius: float


def spectrum(chain: Chain) -> Spectrum:
    """The norms of a chain with its biases, for all inputs with entries in [0, 1]."""
    ends = [layer is chain.layers[-1] for layer in chain.layers]
    spectral = [spectral_norm(layer, last=end) for layer, end in zip(chain.layers, ends, strict=True)]
    frobenius = [frobenius_squared(layer, last=end) for layer, end in zip(chain.layers, ends, strict=True)]
    return Spectrum(
        depth=len(spectral),
        width=chain.widest + 1,
        log_beta=sum(map(math.log, spectral)) / len(spectral),
        stable_ranks=sum(f / s**2 for f, s in zip(frobenius, spectral, strict=True)),
        radius=math.hypot(chain.input_radius, 1.0),
    )


def kl_nats(spectrum: Spectrum, gamma: float) -> float:
    """KL of the noisy network from the prior on the list, step 6; infinite where it is beyond a float."""
    d, h = spectrum.depth, spectrum.width
    lowest = math.log(gamma / (2 * spectrum.radius)) / d
    steps = math.floor(d * math.expm1(min(max(spectrum.log_beta - lowest, 0.0), 50.0)))
    log_b = lowest + math.log1p(steps / d)
    log_scale = math.log(42 * d * spectrum.radius / gamma) + (d - 1) * log_b + spectrum.log_beta
    log_kl = 2 * log_scale + math.log(h * math.log(4 * d * h) * spectrum.stable_ranks / 2)
    return math.exp(log_kl) if log_kl < 700 else math.inf


def margin_bound(loss: float, kl: float, m: int, delta: float) -> float:
    """Lemma 1: Lhat_gamma + 4 sqrt((KL + ln(6 m / delta)) / (m - 1)), not clipped."""
    return (loss + 4 * math.sqrt((kl + math.log(6 * m / delta)) / (m - 1))) * (1 + 1e-12)


def share_of_gamma(gamma: float, delta: float) -> float:
    """The share of delta that the power of two ``gamma`` has."""
    exponent = round(math.log2(gamma))
    place = 2 * abs(exponent) + (1 if exponent <= 0 else 0)
    return delta * 6 / (math.pi * place) ** 2


def spectral_margin(
    model: nn.Module,
    dataset: Dataset[tuple[Tensor, int]],
    *,
    delta: float = 0.05,
    scores: Scores | None = None,
    reporter: Reporter | None = None,
) -> Estimate:
    """The bound for ``model`` from its margins on ``dataset``.

    Claim: with probability at least 1 - delta over the n i.i.d. examples, for all chains of these shapes at once,
    the error on new examples is at most the value. A convolution is read as the linear map that it is, of the
    dense matrix's width, as the theorem does not know weights that are shared.

    Args:
        model: a chain of affine maps, ReLU and max-pooling.
        dataset: the training set, with inputs in [0, 1].
        delta: failure probability.
        scores: of the model on the data set, where they are known already.
        reporter: told of the progress.

    Raises:
        UnsupportedModel: no such chain.
    """
    chain = chain_of(model, next(in_order(dataset, 2))[0])
    scores = scores or scores_on(model, dataset, reporter)
    found, m = spectrum(chain), len(scores.margins)

    def at(gamma: float) -> float:
        places = math.log(found.depth) + math.log(m) / (2 * found.depth)
        share = share_of_gamma(gamma, delta) * math.exp(-places)
        return margin_bound(scores.margin_loss(gamma), kl_nats(found, gamma), m, share)

    gamma = scores.least_over_gamma(at)
    return Estimate(
        method="NBS18",
        structure=STRUCTURE,
        reference=REFERENCE,
        kind=Kind.BOUND,
        value=at(gamma),
        delta=delta,
        classes=scores.classes,
        assumptions=(
            "every input has entries in [0, 1]",
            "a convolution counts as its dense matrix; a bias as a column beside a constant entry",
        ),
        figures={
            "gamma": gamma,
            "margin loss at gamma": scores.margin_loss(gamma),
            "kl_nats": kl_nats(found, gamma),
            "depth": found.depth,
            "width": found.width,
            "product of spectral norms": math.exp(min(700.0, found.depth * found.log_beta)),
            "sum of stable ranks": found.stable_ranks,
            "input radius": found.radius,
        },
    )


def spectral_margin_floor(depth: int, width: int, m: int, classes: int) -> Estimate:
    """The least that the bound can be for any weights of a chain of that depth and width, if it is below 1.

    A margin cannot exceed sqrt(2) B beta^d, beyond which gamma makes the margin loss 1; a Frobenius norm is at
    least the spectral norm; and b >= beta / (1 + 1/d). So KL >= 42^2 d^3 h ln(4 d h) / (4 e^2), without regard
    to what was learnt.
    """
    kl = 42**2 * depth**3 * width * math.log(4 * depth * width) / (4 * math.e**2)
    return Estimate(
        method="NBS18",
        structure=STRUCTURE,
        reference=REFERENCE,
        kind=Kind.FLOOR,
        value=4 * math.sqrt(kl / (m - 1)),
        delta=1.0,
        classes=classes,
        assumptions=("depth and width only: it holds for whatever weights",),
        figures={"depth": depth, "width": width, "kl_nats": kl},
    )
