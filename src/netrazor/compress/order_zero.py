"""Bits of tensors of few values under an adaptive code of order zero, and after a change of one element."""

import math
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import gammaln
from torch import Tensor

_SMOOTHING = 0.3  # added to counts


def order_zero_bits(counts: NDArray[np.int64], zero: int = 0) -> float:
    """Bits of a tensor that holds its symbols so often, under an adaptive code; symbol ``zero`` stands for zero.

    Krichevsky and Trofimov's estimator, first for zero or not, then for which of the other values.
    """
    zeros, others = counts[zero : zero + 1], np.delete(counts, zero)
    return _adaptive_bits(np.append(zeros, others.sum())) + _adaptive_bits(others)


def slope_of_bits(counts: NDArray[np.int64], zeros: float) -> NDArray[np.float64]:
    """Slopes of the code length between neighbouring integers from -limit to limit, alike for both signs.

    Towards zero every step saves something, even where a rare integer lies between zero and a frequent one:
    otherwise weights could not get past it.

    Args:
        counts: how often each integer occurs, -limit first.
        zeros: share of zeros that the code assumes, at least.
    """
    limit = len(counts) // 2
    shares = (counts + counts[::-1]) / 2 + _SMOOTHING
    others = shares.sum() - shares[limit]
    shares[limit] = max(shares[limit], others * zeros / (1 - zeros))
    bits = -np.log2(shares / shares.sum())[limit:]
    bits = np.minimum.accumulate(bits[::-1])[::-1]  # an integer costs no more than larger ones
    least = (bits[1] - bits[0]) / (2 * limit)
    outward = np.maximum(np.diff(bits), least)
    return np.concatenate([-outward[::-1], outward])


def _adaptive_bits(counts: NDArray[np.int64]) -> float:
    k, total = len(counts), counts.sum()
    if k == 0:
        return 0.0
    parts = gammaln(counts + 0.5).sum() - k * gammaln(0.5) - gammaln(total + k / 2) + gammaln(k / 2)
    return float(-parts / math.log(2))


def count_symbols(symbols: Tensor, number: int) -> NDArray[np.int64]:
    """How often each of ``number`` symbols occurs in ``symbols``."""
    counts: NDArray[np.int64] = np.bincount(symbols.flatten().numpy(), minlength=number).astype(np.int64)
    return counts


@lru_cache(maxsize=1000)  # a search meets few different counts
def tabulate_moves(counts: tuple[int, ...], zero: int) -> Tensor:
    """Bits after one element goes from symbol a to symbol b, a x b; infinite where there is no a."""
    table = torch.full((len(counts), len(counts)), math.inf)
    for a in np.flatnonzero(counts):
        for b in range(len(counts)):
            after = np.array(counts)
            after[a] -= 1
            after[b] += 1
            table[a, b] = order_zero_bits(after, zero)
    return table
