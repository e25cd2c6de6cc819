"""Distributions on the unit sphere."""

import numpy as np
from scipy import integrate, special

import jaxdist as jd
from tests.references import Batch, Without
from tests.rows.base import Row


def unit(x):
    x = np.asarray(x, float)
    return x / np.linalg.norm(x, axis=-1, keepdims=True)


class OfCosine:
    """Symmetric around a direction: a density of the cosine t, times that of the sphere around."""

    def __init__(self, direction, kappa):
        self.direction, self.kappa, self.dim = unit(direction), kappa, np.shape(direction)[-1]
        half = (self.dim - 1) / 2
        log_area = np.log(2) + half * np.log(np.pi) - special.gammaln(half)
        density = lambda angle: np.exp(self.log_kernel(np.cos(angle)))
        weight = lambda angle: np.sin(angle) ** (self.dim - 2)
        nodes, weights = np.polynomial.legendre.leggauss(400)
        angle = np.pi * (1 + nodes) / 2
        masses = weights * np.pi / 2 * density(angle) * weight(angle)
        self.log_z = log_area + np.log(masses.sum())
        average = lambda f: np.sum(f(np.cos(angle)) * masses) / masses.sum()
        self.cosine = average(lambda t: t)
        self.along = average(lambda t: (t - self.cosine) ** 2)
        self.across = average(lambda t: 1 - t**2) / (self.dim - 1)
        self.mean_log = average(self.log_kernel)

    def logpdf(self, x):
        return self.log_kernel(unit(x) @ self.direction) - self.log_z

    def mean(self):
        return self.cosine * self.direction

    def var(self):
        squares = self.direction**2
        return self.along * squares + self.across * (1 - squares)

    def entropy(self):
        return self.log_z - self.mean_log


class VonMisesFisher(OfCosine):
    def log_kernel(self, t):
        return self.kappa * (t - 1)


class PowerSpherical(OfCosine):
    def log_kernel(self, t):
        return special.xlogy(self.kappa, (1 + t) / 2)


class ProjectedNormal:
    """By quadrature over the radius, and over the angle with the mean."""

    def __init__(self, mean):
        self.vector = np.asarray(mean, float)

    def logpdf(self, x):
        n, t = len(self.vector), unit(x) @ self.vector
        radial = np.vectorize(
            lambda t: integrate.quad(lambda r: r ** (n - 1) * np.exp(-((r - t) ** 2) / 2), 0, 40)[0]
        )
        squares = self.vector @ self.vector - t**2
        return np.log(radial(t)) - squares / 2 - n / 2 * np.log(2 * np.pi)

    def mean(self):
        n, square = len(self.vector), self.vector @ self.vector
        ratio = np.exp(special.gammaln((n + 1) / 2) - special.gammaln(n / 2 + 1)) / np.sqrt(2)
        return ratio * special.hyp1f1(0.5, n / 2 + 1, -square / 2) * self.vector


# A common factor of the entries of a vector has no effect on these densities, so that no effect of
# rounding the inputs is allowed for: hence 16 eps.
DIRECTIONS = np.array([[0.6, 0.0, -0.8], [0.0, 1.0, 0.0]])
CONCENTRATION = np.array([0.5, 30.0])
PLANE = np.array([-0.8, 0.6])
MANY = unit(np.array([2.0, -1.0, 0.5, 1.0, 1.0, -2.0, 0.25, 3.0]))
MEANS = np.array([[0.5, -1.0, 2.0], [0.0, 0.0, 0.0]])


def batch(kind):
    return Batch([kind(mu, k) for mu, k in zip(DIRECTIONS, CONCENTRATION, strict=True)], 1)


ROWS = [
    Row(
        "VonMisesFisher",
        lambda: jd.VonMisesFisher(DIRECTIONS, CONCENTRATION),
        batch(VonMisesFisher),
        representative=False,
    ),
    Row(
        "VonMisesFisher of angles",
        lambda: jd.VonMisesFisher(PLANE, 3.0),
        VonMisesFisher(PLANE, 3.0),
        representative=False,
    ),
    Row(
        "VonMisesFisher of many",
        lambda: jd.VonMisesFisher(MANY, 20.0),
        VonMisesFisher(MANY, 20.0),
        rtol=16.0,
        representative=False,
    ),
    Row(
        "PowerSpherical",
        lambda: jd.PowerSpherical(DIRECTIONS, CONCENTRATION),
        batch(PowerSpherical),
        representative=False,
    ),
    Row(
        "PowerSpherical of many",
        lambda: jd.PowerSpherical(MANY, 20.0),
        PowerSpherical(MANY, 20.0),
        rtol=16.0,
        representative=False,
    ),
    Row(
        "ProjectedNormal",
        lambda: jd.ProjectedNormal(MEANS),
        Without(Batch([ProjectedNormal(m) for m in MEANS], 1), "var", "entropy"),
        rtol=16.0,
        representative=False,
    ),
    Row(
        "ProjectedNormal of many",
        lambda: jd.ProjectedNormal(4 * MANY),
        ProjectedNormal(4 * MANY),
        rtol=16.0,
        representative=False,
    ),
    Row(
        "SphericalUniform",
        lambda: jd.SphericalUniform(3, [0.0, 0.0]),
        Batch([VonMisesFisher(mu, 0.0) for mu in DIRECTIONS], 1),
        representative=False,
    ),
]

BAD = [
    (lambda: jd.VonMisesFisher([1.0, 1.0], 1.0), "mean_direction"),
    (lambda: jd.VonMisesFisher([1.0, 0.0], -1.0), "concentration"),
    (lambda: jd.PowerSpherical([1.0, 1.0], 1.0), "mean_direction"),
    (lambda: jd.PowerSpherical([1.0, 0.0], -1.0), "concentration"),
    (lambda: jd.ProjectedNormal([np.nan, 0.0]), "concentration"),
    (lambda: jd.SphericalUniform(3, 1.0), "concentration"),
]
