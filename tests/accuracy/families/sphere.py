"""Families of directions. Values and mean directions are divided by their norms."""

from __future__ import annotations

import numpy as np
from mpmath import mp, mpf

from tests.accuracy import draws
from tests.accuracy.draws import Rng
from tests.accuracy.family import Family
from tests.formulas import ndtr

_SIZE = 3


def unit(x):
    return x / mp.sqrt(mp.fsum(v * v for v in x))


def cosine(x, y):
    return mp.fsum(a * b for a, b in zip(unit(x), unit(y), strict=True))


def direction(rng: Rng, level: int) -> np.ndarray:
    x = rng.normal(size=_SIZE) * 10 ** -rng.uniform(0, level, _SIZE)
    return x / np.linalg.norm(x)


def around(rng: Rng, mean_direction: np.ndarray, concentration: float) -> np.ndarray:
    """Draw a direction as far as is usual, now and then another or the opposite one."""
    far = rng.normal(size=_SIZE) / np.sqrt(concentration + 0.1)
    sign = rng.choice([1, 1, 1, -1])
    x = sign * mean_direction + far * 10 ** rng.choice([0, rng.uniform(-3, 2)])
    return x / np.linalg.norm(x)


# --- von Mises-Fisher, by hyperbolic functions in three dimensions -------------------------------


def fisher_log_density_at_mode(kappa):
    return mp.log(kappa / (2 * mp.pi)) - mp.log(-mp.expm1(-2 * kappa))


def fisher_mean_cosine(kappa):
    return mp.coth(kappa) - 1 / kappa


def fisher_log_prob(x, mean_direction, kappa):
    return fisher_log_density_at_mode(kappa) - kappa * (1 - cosine(x, mean_direction))


def fisher_entropy(mean_direction, kappa):
    distance = 1 - fisher_mean_cosine(kappa)
    return kappa * distance - fisher_log_density_at_mode(kappa)


def fisher_variance(mean_direction, kappa):
    along = 1 / kappa**2 - 1 / mp.sinh(kappa) ** 2
    return variance_of(mean_direction, along, fisher_mean_cosine(kappa) / kappa)


def variance_of(mean_direction, along, across):
    squares = unit(mean_direction) ** 2
    return along * squares + across * (mp.fsum(squares) - squares)


# --- power spherical: (1 + cosine) / 2 is beta distributed ---------------------------------------


def power_log_density_at_mode(kappa):
    b = mpf(_SIZE - 1) / 2
    return mp.loggamma(2 * b + kappa) - mp.loggamma(b + kappa) - b * mp.log(4 * mp.pi)


def power_log_prob(x, mean_direction, kappa):
    half = (1 + cosine(x, mean_direction)) / 2
    return power_log_density_at_mode(kappa) + kappa * mp.log(half)


def power_entropy(mean_direction, kappa):
    b = mpf(_SIZE - 1) / 2
    mean_log = mp.psi(0, b + kappa) - mp.psi(0, 2 * b + kappa)
    return -power_log_density_at_mode(kappa) - kappa * mean_log


def power_mean(mean_direction, kappa):
    return kappa / (kappa + _SIZE - 1) * unit(mean_direction)


def power_variance(mean_direction, kappa):
    """By the variance of the beta variable, and the mean of one minus the squared cosine."""
    b = mpf(_SIZE - 1) / 2
    a = b + kappa
    along = 4 * a * b / ((a + b) ** 2 * (a + b + 1))
    mean = kappa / (kappa + 2 * b)
    return variance_of(mean_direction, along, (1 - along - mean**2) / (2 * b))


# --- projected normal ----------------------------------------------------------------------------


def projected_log_prob(x, m):
    t = mp.fsum(a * b for a, b in zip(m, unit(x), strict=True))
    radial = (1 + t * t) * mp.sqrt(2 * mp.pi) * ndtr(t) + t * mp.exp(-t * t / 2)
    across = mp.fsum(v * v for v in m) - t * t
    return mp.log(radial) - across / 2 - mpf(_SIZE) / 2 * mp.log(2 * mp.pi)


def projected_mean(m):
    k = mp.sqrt(mp.fsum(v * v for v in m))
    along = mp.sqrt(2 / mp.pi) * mp.exp(-k * k / 2) / k + (1 - 1 / k**2) * mp.erf(k / mp.sqrt(2))
    return along * unit(m)


def projected_value(rng: Rng, m: np.ndarray) -> np.ndarray:
    x = m * rng.choice([1, 1, 1, -1]) + rng.normal(size=_SIZE) * 10 ** rng.choice([0, 1])
    return x / np.linalg.norm(x)


concentration = draws.power_of_ten((-0.5, 1.5), (-3, 3), (-6, 6))

FAMILIES = [
    Family(
        "VonMisesFisher",
        {"mean_direction": direction, "concentration": concentration},
        around,
        fisher_log_prob,
        None,
        fisher_entropy,
        lambda mean_direction, kappa: fisher_mean_cosine(kappa) * unit(mean_direction),
        fisher_variance,
    ),
    Family(
        "PowerSpherical",
        {"mean_direction": direction, "concentration": concentration},
        around,
        power_log_prob,
        None,
        power_entropy,
        power_mean,
        power_variance,
    ),
    Family(
        "ProjectedNormal",
        {"concentration": draws.vector(draws.skewness, _SIZE)},
        projected_value,
        projected_log_prob,
        mean=projected_mean,
    ),
]
