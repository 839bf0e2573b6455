"""The bounds again, from their published formulas, in rationals and 50 digits: slow and plain.

Inputs are what the functions were given, taken exactly: a float is the rational it is, a count an integer.
Every check returns whether ``value`` understates, and by how much it exceeds the exact value.
"""

import functools
import math
from fractions import Fraction

import mpmath as mp
import numpy as np

mp.mp.dps = 50
LOG_2 = mp.log(2)


def kl(q, p):
    """Divergence of Bernoulli(q) from Bernoulli(p), in nats."""
    first = q * mp.log(q / p) if q else mp.mpf(0)
    second = (1 - q) * mp.log((1 - q) / (1 - p)) if q < 1 else mp.mpf(0)
    return first + second


def against_root(value, function, slope):
    """Whether an increasing function is under 0 at ``value``, and the distance to its root on the left."""
    if value == 1:
        p = 1 - mp.mpf(2) ** -60  # the excess of a value of 1 is read off from just below it
        if function(p) <= 0:
            return False, 0.0
    else:
        p = mp.mpf(value)
        if function(p) < 0:
            return True, 0.0
    start = p
    for _ in range(5):
        step = function(p) / slope(p)
        p -= step
        if abs(step) < 1e-10:  # Newton: what is left of the distance is of the order of its square
            break
    return False, float(start - p)


def against(value, exact):
    """The same where the exact value has a formula; a bound on a risk is at most 1."""
    exact = min(exact, 1)
    return mp.mpf(value) < exact, float(value - exact)


def kl_inverse(value, q, c):
    """Largest p with kl(q || p) <= c."""
    q, c = mp.mpf(q), mp.mpf(c)
    if q == 1:
        return value < 1, 0.0
    if c == 0:
        return value < q, float(value - q)
    return against_root(value, lambda p: kl(q, p) - c, lambda p: (p - q) / (p * (1 - p)))


def maurer(value, errors, n, kl_nats, delta):
    """Maurer's bound at the exact frequency errors / n."""
    return kl_inverse(value, mp.mpf(errors) / n, maurer_nats(n, kl_nats, delta))


def maurer_nats(n, kl_nats, delta):
    """(KL + log(2 sqrt(n) / delta)) / n."""
    return (mp.mpf(kl_nats) + mp.log(2 * mp.sqrt(n) / mp.mpf(delta))) / n


def mcallester(value, errors, n, kl_nats, delta):
    """Pinsker's inequality on Maurer's bound."""
    return against(value, mp.mpf(errors) / n + mp.sqrt(maurer_nats(n, kl_nats, delta) / 2))


def dr17(value, errors, n, kl_nats, delta, j):
    """Dziugaite and Roy's union over a list of priors."""
    nats = mp.mpf(kl_nats) + mp.log(mp.pi**2 * n / (6 * mp.mpf(delta))) + 2 * mp.log(j)
    return kl_inverse(value, mp.mpf(errors) / n, nats / (n - 1))


def catoni_formula(errors, n, kl_nats, delta, alpha, lam):
    """Theorem 3.1 under its infimum."""
    lam, alpha = mp.mpf(lam), mp.mpf(alpha)
    union = 2 * mp.log(mp.log(alpha**2 * lam) / mp.log(alpha))
    x = mp.mpf(errors) / n + alpha / lam * (mp.mpf(kl_nats) - mp.log(mp.mpf(delta)) + union)
    return mp.expm1(-lam / n * x) / mp.expm1(-lam / n)


def catoni_at(value, errors, n, kl_nats, delta, alpha, lam):
    """Theorem 3.1 at one lambda."""
    return against(value, catoni_formula(errors, n, kl_nats, delta, alpha, lam))


def catoni(value, errors, n, kl_nats, delta, alpha):
    """Theorem 3.1's infimum: a fine grid that closes in on its best point, then Newton steps in 50 digits."""

    def floats(u):
        union = 2 * np.log(2 + u / math.log(alpha))
        exponent = (np.exp(u) * errors + alpha * n * (kl_nats - math.log(delta) + union)) / n**2
        return np.expm1(-exponent) / np.expm1(-np.exp(u) / n)

    grid = np.concatenate([np.linspace(1e-9, 1, 40), np.linspace(1, math.log(1e3 * n) + 1, 400)])
    for _ in range(5):
        at = int(np.argmin(floats(grid)))
        best = grid[at]
        grid = np.linspace(grid[max(at - 1, 0)], grid[min(at + 1, len(grid) - 1)], 21)

    def at_log(u):
        return catoni_formula(errors, n, kl_nats, delta, alpha, mp.exp(u))

    u, h = mp.mpf(best), mp.mpf(10) ** -12
    least = at_log(u)
    for _ in range(2):
        left, right = at_log(u - h), at_log(u + h)
        bend = left - 2 * least + right
        if bend <= 0:  # the infimum is at the end of the interval, lambda = 1
            break
        u = max(u - h * (right - left) / 2 / bend, 2 * h)
        least = min(least, at_log(u))
    return against(value, least)


def occam(value, errors, n, code_bits, delta):
    """Largest p at which the binomial tail holds a mass of delta 2^(-code_bits)."""
    target = mp.log(mp.mpf(delta)) - mp.mpf(code_bits) * LOG_2
    if errors == n:
        return value < 1, 0.0
    if errors == 0:
        return against(value, -mp.expm1(target / n))

    def left(p):
        return target - log_tail(errors, n, p)[0]

    def slope(p):
        return (n - errors) / ((1 - p) * log_tail(errors, n, p)[1])

    return against_root(value, left, slope)


@functools.lru_cache(maxsize=4)
def log_tail(k, n, p):
    """Logarithm of P(Binomial(n, p) <= k), and the tail's ratio to its last term.

    The ratio is a sum of positive terms without cancellation; in extended precision it is good to 1e-13, even
    where 100,000 terms count, against a margin for it of 1e-11 there.
    """
    real = np.longdouble
    odds = real(mp.nstr((1 - p) / p, 25))
    total, term, done, width = real(1), real(1), 0, 64
    while done < k and term > real(2) ** -70:
        m = np.arange(done, min(k, done + width), dtype=real)
        terms = term * np.cumprod((k - m) / (n - k + 1 + m) * odds)
        total, term, done, width = total + terms.sum(), terms[-1], done + len(m), 2 * width
    series = mp.mpf(str(total))
    choose = mp.loggamma(n + 1) - mp.loggamma(k + 1) - mp.loggamma(n - k + 1)
    return choose + k * mp.log(p) + (n - k) * mp.log(1 - p) + mp.log(series), series


def published_sum(size, n, delta, alpha):
    """The left-hand side of Campi and Garatti's equation, term by term, in whatever numbers it is given."""
    total, term = 0, 1
    for m in range(n - 1, size - 1, -1):
        term = term / (1 - alpha) * (m + 1 - size) / (m + 1)  # C(m, k) / C(m + 1, k)
        total += term
    return delta * total / n


def more_than(k, n, p):
    """The mass of Binomial(n, p) at k, and the probability of more than k."""
    choose = mp.loggamma(n + 1) - mp.loggamma(k + 1) - mp.loggamma(n - k + 1)
    mass = mp.exp(choose + k * mp.log(p) + (n - k) * mp.log(1 - p))
    return mass, 1 - mass * (log_tail(k, n, p)[1] if k else 1)


def preferent_compression(value, size, n, delta):
    """The root of the published sum where n is small, else of what it is by the negative binomial."""
    if size == n:
        return value < 1, 0.0
    delta = mp.mpf(delta)

    def log_sum(p):
        if n <= 100:
            return mp.log(published_sum(size, n, delta, p))
        mass, above = more_than(size, n, p)
        return mp.log(delta * above / (n * p * mass))

    def slope(p):
        mass, above = more_than(size, n, p)
        return (n - size) / (1 - p) * (1 + mass / above) - (size + 1) / p

    return against_root(value, log_sum, slope)


def kl_chernoff(value, total, count, delta):
    """Hoeffding's bound at the exact mean total / count."""
    return kl_inverse(value, mp.mpf(total) / count, -mp.log(mp.mpf(delta)) / count)


def empirical_bernstein(value, total, count, variance, delta):
    """Maurer and Pontil's bound at the exact mean total / count."""
    nats = mp.log(2 / mp.mpf(delta))
    slack = mp.sqrt(2 * mp.mpf(variance) * nats / count) + 7 * nats / (3 * mp.mpf(count - 1))
    return against(value, mp.mpf(total) / count + slack)


def mean_upper_bernstein(value, values, delta):
    """Maurer and Pontil's bound with mean and variance in rationals."""
    exact = [Fraction(float(v)) for v in values]
    mean = sum(exact) / len(exact)
    variance = sum((v - mean) ** 2 for v in exact) / (len(exact) - 1)
    nats = mp.log(2 / mp.mpf(delta))
    count = len(exact)
    slack = mp.sqrt(2 * _mpf(variance) * nats / count) + 7 * nats / (3 * mp.mpf(count - 1))
    return against(value, _mpf(mean) + slack)


def memory(a, b):
    """Theorem 6.1 with equation 6.5, log 2 - l h(p) - (1 - l) h(q): a small difference of large terms."""
    with mp.workdps(700 if max(a, b) < 1e-10 else 100):
        return _memory(mp.mpf(a), mp.mpf(b)) if a != b else mp.mpf(0)


def _memory(a, b):
    p = 1 / (1 + b / a) if a else mp.mpf(0)
    q = 1 / (1 + (1 - b) / (1 - a)) if a < 1 else mp.mpf(0)
    loss = (a + b) / 2
    return mp.log(2) - loss * entropy(p) - (1 - loss) * entropy(q)


def entropy(p):
    """Binary entropy in nats."""
    return -sum(x * mp.log(x) for x in (p, 1 - p) if x)


def memorization_floor(value, a, b, n):
    """Theorem 6.1; a lower bound understates where it is **above** the exact value."""
    exact = n * memory(mp.mpf(a), mp.mpf(b))
    return mp.mpf(value) > exact, float((exact - value) / n)


def memorized_bits(value, a, b, n):
    """Theorem 6.1 in bits."""
    exact = n * memory(mp.mpf(a), mp.mpf(b)) / LOG_2
    return mp.mpf(value) > exact, float((exact - value) / n)


def test_error_allowed(value, train_errors, code_bits, n):
    """Theorem 6.1 solved for the test error."""
    a = mp.mpf(train_errors) / n
    c = mp.mpf(code_bits) * LOG_2 / n

    def slope(b):
        middle = (a + b) / 2
        return mp.log(b * (1 - middle) / (middle * (1 - b))) / 2

    if c == 0 or a == 1:
        return value < a, float(value - a)
    return against_root(value, lambda b: memory(a, b) - c, slope)


test_error_allowed.__test__ = False


def perturbation(value, sigma, centers, probabilities, lam):
    """The divergence in nats by the trapezoidal rule in extended precision, exact to about 1e-16.

    The integrand is analytic around the real line, up to pi lam^2 / (sigma range) at least, so the error of
    the rule falls exponentially in the ratio of that to the step: here to about 1e-18.
    """
    real = np.longdouble
    step = min(real(0.2), real(0.4) * real(lam) ** 2 / (real(sigma) * (np.ptp(centers) + 1e-300)))
    z = step * np.arange(-math.ceil(11 / step), math.ceil(11 / step) + 1, dtype=real)
    x = real(value) + real(sigma) * z
    distance = (x[:, None] - np.asarray(centers, real)) / real(lam)
    exponent = np.log(np.asarray(probabilities, real)) - distance**2 / 2
    top = exponent.max(axis=1)
    g = top + np.log(np.exp(exponent - top[:, None]).sum(axis=1))
    density = np.exp(-(z**2) / 2)
    return np.log(real(lam) / real(sigma)) - real(0.5) - (density @ g) / density.sum()


def perturbation_exactly(value, sigma, centers, probabilities, lam):
    """The same by mpmath's adaptive quadrature, far slower."""
    w, s, t = mp.mpf(value), mp.mpf(sigma), mp.mpf(lam)
    parts = [(mp.mpf(p), mp.mpf(u)) for p, u in zip(probabilities, centers, strict=True)]

    def log_mixture(z):
        return mp.log(mp.fsum(p * mp.exp(-(((w + s * z - u) / t) ** 2) / 2) for p, u in parts))

    with mp.workdps(25):
        spread = mp.quad(lambda z: mp.npdf(z) * log_mixture(z), [i / 2 for i in range(-24, 25)])
        return mp.log(t / s) - mp.mpf(1) / 2 - spread


def _mpf(fraction):
    return mp.mpf(fraction.numerator) / fraction.denominator
