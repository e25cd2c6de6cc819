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


class SineBivariateVonMises:
    """By sums over a grid, which are exact for periodic functions."""

    def __init__(self, loc, other_loc, a, b, r, size=1 << 14):
        shape = np.broadcast_shapes(*map(np.shape, (loc, other_loc, a, b, r)))
        full = lambda x: np.broadcast_to(np.asarray(x, float), shape)
        self.loc, (self.a, self.b, self.r) = (
            np.stack([full(loc), full(other_loc)], -1),
            map(full, (a, b, r)),
        )
        self.phi = np.arange(size) * 2 * np.pi / size
        pull = self.r[..., None] * np.sin(self.phi)
        alpha = np.hypot(self.b[..., None], pull)
        log_weight = self.a[..., None] * np.cos(self.phi) + np.log(special.i0e(alpha)) + alpha
        top = log_weight.max(-1)
        weight = np.exp(log_weight - top[..., None])
        self.log_z = np.log(4 * np.pi**2 * weight.mean(-1)) + top
        self.weight = weight / weight.sum(-1, keepdims=True)
        ratio = special.i1e(alpha) / special.i0e(alpha) / np.maximum(alpha, 1e-300)
        self.mean_cos = ratio * self.b[..., None]
        self.mean_sin = ratio * pull

    def average(self, x):
        return np.sum(self.weight * x, -1)

    def statistics(self):
        """Expected cosines of both angles, product of the sines, and product of the cosines."""
        cos, sin = np.cos(self.phi), np.sin(self.phi)
        functions = (cos, self.mean_cos, sin * self.mean_sin, cos * self.mean_cos)
        return tuple(map(self.average, functions))

    def logpdf(self, x):
        phi, psi = np.moveaxis(x - self.loc, -1, 0)
        both = self.r * np.sin(phi) * np.sin(psi)
        return self.a * np.cos(phi) + self.b * np.cos(psi) + both - self.log_z

    def mean(self):
        return self.loc

    def var(self):
        return 1 - np.stack(self.statistics()[:2], -1)

    def entropy(self):
        return self.divergence(None)

    def divergence(self, other):
        """KL(self || other), or the entropy."""
        cos, other_cos, sines, cosines = self.statistics()
        mean_log_p = self.a * cos + self.b * other_cos + self.r * sines - self.log_z
        if other is None:
            return -mean_log_p
        phi, psi = np.moveaxis(self.loc - other.loc, -1, 0)
        both = sines * np.cos(phi) * np.cos(psi) + cosines * np.sin(phi) * np.sin(psi)
        mean_log_q = other.a * cos * np.cos(phi) + other.b * other_cos * np.cos(psi)
        return mean_log_p - (mean_log_q + other.r * both - other.log_z)


class SineSkewed:
    """Of an angle in [-pi, pi), by sums over a fine grid."""

    def __init__(self, loc, kappa, skew, size=1 << 18):
        self.loc, self.kappa, self.skew = np.broadcast_arrays(loc, kappa, skew)
        self.x = np.linspace(-np.pi, np.pi, size + 1)
        self.pdf = np.exp(self.logpdf(self.x.reshape(-1, *[1] * self.loc.ndim)))
        step = 2 * np.pi / size
        masses = (self.pdf[1:] + self.pdf[:-1]) / 2 * step
        self.total = np.concatenate([0 * masses[:1], np.cumsum(masses, 0)])
        self.resultant = np.tensordot(np.exp(1j * self.x[:-1]), self.pdf[:-1], (0, 0)) * step

    def logpdf(self, x):
        factor = np.log1p(self.skew * np.sin(x - self.loc))
        return stats.vonmises(self.kappa).logpdf(x - self.loc) + factor

    def _interpolated(self, at, x, y):
        at = np.broadcast_to(at, np.broadcast_shapes(np.shape(at), self.loc.shape))
        flat = at.reshape(-1, self.loc.size)
        x, y = (np.broadcast_to(v.reshape(len(v), -1), (len(v), self.loc.size)) for v in (x, y))
        columns = [np.interp(flat[:, i], x[:, i], y[:, i]) for i in range(self.loc.size)]
        return np.stack(columns, -1).reshape(at.shape)

    def cdf(self, x):
        return self._interpolated(x, self.x, self.total)

    def ppf(self, q):
        return self._interpolated(q, self.total, self.x)

    def mean(self):
        return self.loc + np.angle(self.resultant * np.exp(-1j * self.loc))

    def var(self):
        return 1 - np.abs(self.resultant)

    def entropy(self):
        log_p = np.log(np.maximum(self.pdf[1:], 1e-300))
        return -np.sum(self.pdf[1:] * log_p, 0) * (self.x[1] - self.x[0])


class SkewedPair:
    """A skewed pair of angles."""

    def __init__(self, base, skew):
        self.base, self.skew = base, np.asarray(skew, float)

    def logpdf(self, x):
        sines = np.sum(self.skew * np.sin(x - self.base.loc), -1)
        return self.base.logpdf(x) + np.log1p(sines)


LOC = np.array([-1.0, 0.0, 3.0])
CONCENTRATION = np.array([0.3, 2.0, 40.0])
# With one mode and with two, nearly singular, without a concentration, and uniform.
SINE = (
    [-1.0, 0.0, 3.0, 0.5, 0.0, 1.0],
    0.4,
    [2.0, 3.0, 400.0, 5.0, 0.0, 0.0],
    [3.0, 1.0, 100.0, 0.0, 2.0, 0.0],
    [1.0, -6.0, 198.0, 2.0, 3.0, 0.0],
)

ROWS = [
    Row("VonMises batch", lambda: jd.VonMises(LOC, CONCENTRATION), VonMises(LOC, CONCENTRATION)),
    Row("VonMises", lambda: jd.VonMises(0.5, 4.0), VonMises(0.5, 4.0)),
    Row("VonMises uniform", lambda: jd.VonMises(1.0, 0.0), VonMises(1.0, 0.0)),
    Row("VonMises concentrated", lambda: jd.VonMises(-0.25, 900.0), VonMises(-0.25, 900.0)),
    Row(
        "SineBivariateVonMises",
        lambda: jd.SineBivariateVonMises(0.5, -1.0, 4.0, 2.0, 1.5),
        SineBivariateVonMises(0.5, -1.0, 4.0, 2.0, 1.5),
        representative=False,
    ),
    Row(
        "SineBivariateVonMises batch",
        lambda: jd.SineBivariateVonMises(*SINE),
        SineBivariateVonMises(*SINE),
        representative=False,
    ),
    Row(
        "SineBivariateVonMises weighted",
        lambda: jd.SineBivariateVonMises(0.5, -1.0, 4.0, 9.0, weighted_correlation=-1.5),
        SineBivariateVonMises(0.5, -1.0, 4.0, 9.0, -9.0),
        representative=False,
    ),
    Row(
        "SineSkewed",
        lambda: jd.SineSkewed(jd.VonMises(LOC, CONCENTRATION), [0.5, -0.9, 0.3]),
        SineSkewed(LOC, CONCENTRATION, [0.5, -0.9, 0.3]),
        representative=False,
    ),
    Row(
        "SineSkewed SineBivariateVonMises",
        lambda: jd.SineSkewed(jd.SineBivariateVonMises(0.5, -1.0, 4.0, 2.0, 1.5), [0.3, -0.6]),
        SkewedPair(SineBivariateVonMises(0.5, -1.0, 4.0, 2.0, 1.5), [0.3, -0.6]),
        representative=False,
    ),
]

BAD = [
    (lambda: jd.VonMises(np.nan, 1.0), "loc"),
    (lambda: jd.VonMises(0.0, -1.0), "concentration"),
    (lambda: jd.SineBivariateVonMises(np.nan, 0.0, 1.0, 1.0, 0.0), "phi_loc"),
    (lambda: jd.SineBivariateVonMises(0.0, np.nan, 1.0, 1.0, 0.0), "psi_loc"),
    (lambda: jd.SineBivariateVonMises(0.0, 0.0, -1.0, 1.0, 0.0), "phi_concentration"),
    (lambda: jd.SineBivariateVonMises(0.0, 0.0, 1.0, -1.0, 0.0), "psi_concentration"),
    (lambda: jd.SineBivariateVonMises(0.0, 0.0, 1.0, 1.0, np.nan), "correlation"),
    (
        lambda: jd.SineBivariateVonMises(0.0, 0.0, 1.0, 1.0, weighted_correlation=np.nan),
        "weighted_correlation",
    ),
    (lambda: jd.SineSkewed(jd.VonMises(0.0, 1.0), 1.5), "skew"),
    (
        lambda: jd.SineSkewed(jd.SineBivariateVonMises(0.0, 0.0, 1.0, 1.0, 0.0), [0.8, -0.4]),
        "skew",
    ),
]
