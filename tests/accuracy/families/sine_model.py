"""The sine model of two angles, and angles that are skewed by a sine."""

from __future__ import annotations

import numpy as np
from mpmath import mp, mpf

from tests.accuracy import draws
from tests.accuracy.draws import Rng
from tests.accuracy.family import Family
from tests.accuracy.incomplete import NotConverged, Tails
from tests.formulas import cached

_MOST_NODES = 2**18
_MOST_DIGITS = 400  # of tails, beyond those of the result


def angle(rng: Rng, level: int) -> float:
    return rng.uniform(-3.14159, 3.14159)


# --- two angles ----------------------------------------------------------------------------------


@cached
def averages(a, b, r):
    """Integrate one angle in closed form, and the other by the trapezoidal rule.

    Return the logarithm of the normalizer, and the expected cosine of the first angle, that of the
    second, the product of the sines and that of the cosines.
    """
    number, sums = 32, weighted_sums(0, 1, 32, a, b, r)
    while number <= _MOST_NODES:
        more = [v + w for v, w in zip(sums, weighted_sums(1, 2, 2 * number, a, b, r), strict=True)]
        number, before, sums = 2 * number, sums[0] / number, more
        total = sums[0] / number
        if abs(total - before) < mpf(10) ** (10 - mp.dps) * total:
            log_normalizer = mp.log(4 * mp.pi**2 * total) + largest(a, b, r)
            return log_normalizer, *(v / sums[0] for v in sums[1:])
    raise NotConverged


def largest(a, b, r):
    """About the largest value of a cos(phi) + sqrt(b^2 + r^2 sin(phi)^2)."""
    t = np.linspace(0, np.pi, 10_001)
    return mpf(float(np.max(float(a) * np.cos(t) + np.hypot(float(b), float(r) * np.sin(t)))))


def weighted_sums(start: int, stride: int, number: int, a, b, r):
    """Sum over some of the nodes, by the symmetry of the first angle, that are not negligible."""
    top = largest(a, b, r)
    indices = np.arange(start, number // 2 + 1, stride)
    t = 2 * np.pi * indices / number
    exponent = float(a) * np.cos(t) + np.hypot(float(b), float(r) * np.sin(t)) - float(top)
    sums = [mpf(0)] * 5
    for i in indices[exponent > -2.31 * mp.dps - 30]:
        phi = 2 * mp.pi * int(i) / number
        cos, sin = mp.cos(phi), mp.sin(phi)
        alpha = mp.sqrt(b * b + (r * sin) ** 2)
        both = 1 if int(i) in (0, number // 2) else 2  # of phi and -phi
        weight = both * mp.exp(a * cos - top)
        zeroth, first = weight * mp.besseli(0, alpha), weight * mp.besseli(1, alpha) / alpha
        terms = zeroth, cos * zeroth, b * first, r * sin**2 * first, b * cos * first
        sums = [v + w for v, w in zip(sums, terms, strict=True)]
    return sums


def pair_log_prob(x, mu, nu, a, b, r):
    phi, psi = x[0] - mu, x[1] - nu
    exponent = a * mp.cos(phi) + b * mp.cos(psi) + r * mp.sin(phi) * mp.sin(psi)
    return exponent - averages(a, b, r)[0]


def pair_entropy(mu, nu, a, b, r):
    log_normalizer, of_phi, of_psi, sines, _ = averages(a, b, r)
    return log_normalizer - a * of_phi - b * of_psi - r * sines


def pair_variance(mu, nu, a, b, r):
    _, of_phi, of_psi, _, _ = averages(a, b, r)
    return np.array([1 - of_phi, 1 - of_psi])


def pair_kl(mu, nu, a, b, r, *other):
    _, of_phi, of_psi, sines, cosines = averages(a, b, r)
    other_mu, other_nu, c, d, s = other
    phi, psi = mu - other_mu, nu - other_nu
    both = mp.cos(phi) * mp.cos(psi) * sines + mp.sin(phi) * mp.sin(psi) * cosines
    of_other = c * mp.cos(phi) * of_phi + d * mp.cos(psi) * of_psi + s * both
    return averages(c, d, s)[0] - of_other - pair_entropy(mu, nu, a, b, r)


def pair_value(rng: Rng, mu, nu, a, b, r) -> np.ndarray:
    """Draw the first angle from the von Mises distribution or anywhere, then the second one."""
    phi = rng.choice([rng.vonmises(0, a), rng.uniform(-np.pi, np.pi)], p=[0.7, 0.3])
    pull = r * np.sin(phi)
    psi = np.arctan2(pull, b) + rng.vonmises(0, np.hypot(b, pull))
    x = np.array([mu + phi, nu + rng.choice([psi, rng.uniform(-np.pi, np.pi)], p=[0.8, 0.2])])
    return np.clip((x + np.pi) % (2 * np.pi) - np.pi, -3.14159, 3.14159)


def pair(largest: float):
    """How the parameters are drawn, with concentrations up to a power of ten."""
    concentration = draws.power_of_ten((-1, 1), (-3, 2), (-6, largest))
    return {
        "phi_loc": angle,
        "psi_loc": angle,
        "phi_concentration": concentration,
        "psi_concentration": concentration,
        "correlation": lambda rng, level: rng.choice([-1, 1]) * concentration(rng, level),
    }


def pair_skew(rng: Rng, level: int) -> np.ndarray:
    """Draw two numbers, the sum of whose sizes is at most 1."""
    sizes = draws.probability(rng, min(level, 1)) * np.array([share := rng.random(), 1 - share])
    return 0.999999 * sizes * rng.choice([-1, 1], 2)


def skewed_pair_log_prob(x, mu, nu, a, b, r, skew):
    factor = 1 + skew[0] * mp.sin(x[0] - mu) + skew[1] * mp.sin(x[1] - nu)
    return pair_log_prob(x, mu, nu, a, b, r) + mp.log(factor)


# --- one angle -----------------------------------------------------------------------------------


@cached
def bessel_ratios(kappa):
    """The ratios of the modified Bessel functions to that of order 0, from order 0 on."""
    digits = mp.dps * mp.log(10)
    number = int(mp.sqrt(2 * kappa * digits) + digits / 2) + 20
    ratio, ratios = mpf(0), []
    for n in range(number, 0, -1):
        ratio = 1 / (2 * n / kappa + ratio)
        ratios.append(ratio)
    result = [mpf(1)]
    for ratio in reversed(ratios):
        result.append(result[-1] * ratio)
    return result


def angle_log_prob(x, loc, kappa):
    return kappa * mp.cos(x - loc) - mp.log(2 * mp.pi * mp.besseli(0, kappa))


def skewed_log_prob(x, loc, kappa, skew):
    return angle_log_prob(x, loc, kappa) + mp.log1p(skew * mp.sin(x - loc))


def skewed_tails(x, loc, kappa, skew) -> Tails:
    """By the Fourier series of the von Mises density, and the antiderivative of what skews it."""
    extra = int(min(2 * kappa / mp.log(10) + 20, _MOST_DIGITS))
    with mp.workdps(mp.dps + extra):
        lower = (x + mp.pi) / (2 * mp.pi)
        at_x, at_end = mp.expj(x - loc), mp.expj(-mp.pi - loc)
        of_x, of_end = mp.mpc(1), mp.mpc(1)
        for n, ratio in enumerate(bessel_ratios(kappa)[1:], 1):
            of_x, of_end = of_x * at_x, of_end * at_end
            lower += ratio * (of_x.imag - of_end.imag) / (n * mp.pi)
        density = lambda t: mp.exp(angle_log_prob(t, loc, kappa))
        lower += skew * (density(-mp.pi) - density(x)) / kappa
        if min(lower, 1 - lower) < mpf(10) ** -(extra - 10):
            raise NotConverged
        return lower, 1 - lower


def skewed_entropy(loc, kappa, skew):
    r"""By the Fourier series of log(1 + s sin t), with s = 2 beta / (1 + beta^2)."""
    beta = skew / (1 + mp.sqrt((1 - skew) * (1 + skew)))
    ratios = bessel_ratios(kappa)
    excess, power = -mp.log1p(beta**2), mpf(1)
    for n, ratio in enumerate(ratios[1:], 1):
        power *= -beta
        cosine, sine = [(1, 0), (0, 1), (-1, 0), (0, -1)][n % 4]
        excess -= 2 * power * ratio * (mpf(cosine) / n + skew * sine / kappa)
    base = mp.log(2 * mp.pi * mp.besseli(0, kappa)) - kappa * ratios[1]
    return base - excess


def skewed_resultant(kappa, skew):
    """The expected cosine and sine around the location."""
    ratio = bessel_ratios(kappa)[1]
    return ratio, skew * ratio / kappa


def skewed_mean(loc, kappa, skew):
    cosine, sine = skewed_resultant(kappa, skew)
    return loc + mp.atan2(sine, cosine)


def skewed_variance(loc, kappa, skew):
    return 1 - mp.hypot(*skewed_resultant(kappa, skew))


def skewed_value(rng: Rng, loc: float, kappa: float, skew: float) -> float:
    x = loc + rng.choice([rng.vonmises(0, kappa), rng.uniform(-np.pi, np.pi)], p=[0.7, 0.3])
    return float(np.clip((x + np.pi) % (2 * np.pi) - np.pi, -3.14159, 3.14159))


FAMILIES = [
    Family(
        "SineBivariateVonMises",
        pair(4),
        pair_value,
        pair_log_prob,
        None,
        pair_entropy,
        lambda mu, nu, a, b, r: np.array([mu, nu]),
        pair_variance,
        pair_kl,
    ),
    Family(
        "SineSkewed",
        {
            "loc": angle,
            "concentration": draws.power_of_ten((-1, 1), (-4, 3), (-8, 4.5)),
            "skew": lambda rng, level: rng.choice([-1, 1]) * draws.probability(rng, level),
        },
        skewed_value,
        skewed_log_prob,
        skewed_tails,
        skewed_entropy,
        skewed_mean,
        skewed_variance,
    ),
    Family(
        "SineSkewed",
        pair(2.5) | {"skew": pair_skew},
        lambda rng, *parameters: pair_value(rng, *parameters[:-1]),
        skewed_pair_log_prob,
    ),
]
