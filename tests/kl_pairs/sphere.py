"""Pairs with p on the unit sphere."""

from __future__ import annotations

import numpy as np
from scipy import special

import jaxdist as jd
from tests.kl_pairs.pair import Pair, same_class

DIRECTION = np.array([[0.6, 0.0, -0.8], [0.0, 1.0, 0.0], [0.0, 0.6, 0.8]])
OTHER = np.array([[0.0, 0.0, -1.0], [0.0, 1.0, 0.0], [0.0, 0.6, -0.8]])
KAPPA, OTHER_KAPPA = np.array([0.25, 2.0, 100.0]), np.array([0.5, 2.1, 300.0])


def divergence():
    """In three dimensions the density is that of the cosine: κ / (4 π sinh κ)."""
    mean = 1 / np.tanh(KAPPA) - 1 / KAPPA
    logs = np.log(KAPPA / OTHER_KAPPA) - (log_sinh(KAPPA) - log_sinh(OTHER_KAPPA))
    return logs + mean * (KAPPA - OTHER_KAPPA * np.sum(DIRECTION * OTHER, -1))


def log_sinh(x):
    return x + special.log1p(-np.exp(-2 * x)) - np.log(2)


PAIRS = [
    same_class(
        "VonMisesFisher",
        jd.VonMisesFisher,
        (DIRECTION, KAPPA),
        (OTHER, OTHER_KAPPA),
        divergence,
        slow=True,
    ),
    Pair(
        "VonMisesFisher to the uniform",
        lambda: (jd.VonMisesFisher(DIRECTION, KAPPA), jd.SphericalUniform(3, np.zeros(3))),
        lambda: KAPPA / np.tanh(KAPPA) - 1 - (log_sinh(KAPPA) - np.log(KAPPA)),
        slow=True,
    ),
    Pair(
        "SphericalUniform",
        lambda: (jd.SphericalUniform(3, np.zeros(3)), jd.VonMisesFisher(DIRECTION, KAPPA)),
        lambda: log_sinh(KAPPA) - np.log(KAPPA),
        slow=True,
    ),
    Pair(  # in three dimensions (1 + cosine) / 2 is distributed as Beta(κ + 1, 1)
        "PowerSpherical",
        lambda: (jd.PowerSpherical(DIRECTION, KAPPA), jd.SphericalUniform(3, np.zeros(3))),
        lambda: np.log1p(KAPPA) - KAPPA / (KAPPA + 1),
        slow=True,
    ),
    Pair(
        "SphericalUniform itself",
        lambda: (jd.SphericalUniform(3, np.zeros(3)), jd.SphericalUniform(3, np.zeros(3))),
        lambda: np.zeros(3),
        slow=True,
    ),
]
