"""Distributions on the circle."""

import numpy as np
from scipy import special, stats

import jaxdist as jd
from tests.rows.base import Row


class VonMises:
    """Of an angle in [-pi, pi), by the Fourier series of the density."""

    def __init__(self, loc, concentration):
        self.loc = np.asarray(loc, float)
        self.concentration = np.asarray(concentration, float)

    def logpdf(self, x):
        return stats.vonmises(self.concentration).logpdf(x - self.loc)

    def cdf(self, x):
        orders = range(1, 40 + int(12 * np.sqrt(np.max(self.concentration))))
        cdf = (x + np.pi) / (2 * np.pi)
        for n in orders:
            weight = special.ive(n, self.concentration) / special.i0e(self.concentration)
            waves = np.sin(n * (x - self.loc)) + np.sin(n * (np.pi + self.loc))
            cdf = cdf + weight * waves / (n * np.pi)
        return cdf

    def ppf(self, q):
        low, high = np.full(np.broadcast_shapes(np.shape(q), self.loc.shape), -np.pi), np.pi
        for _ in range(60):
            middle = (low + high) / 2
            below = self.cdf(middle) < q
            low, high = np.where(below, middle, low), np.where(below, high, middle)
        return low

    def mean(self):
        return self.loc

    def var(self):
        return 1 - special.ive(1, self.concentration) / special.i0e(self.concentration)

    def entropy(self):
        kappa = self.concentration
        return np.log(2 * np.pi * special.i0e(kappa)) + kappa * self.var()


LOC = np.array([-1.0, 0.0, 3.0])
CONCENTRATION = np.array([0.3, 2.0, 40.0])

ROWS = [
    Row("VonMises batch", lambda: jd.VonMises(LOC, CONCENTRATION), VonMises(LOC, CONCENTRATION)),
    Row("VonMises", lambda: jd.VonMises(0.5, 4.0), VonMises(0.5, 4.0)),
    Row("VonMises uniform", lambda: jd.VonMises(1.0, 0.0), VonMises(1.0, 0.0)),
    Row("VonMises concentrated", lambda: jd.VonMises(-0.25, 900.0), VonMises(-0.25, 900.0)),
]

BAD = [
    (lambda: jd.VonMises(np.nan, 1.0), "loc"),
    (lambda: jd.VonMises(0.0, -1.0), "concentration"),
]
