"""Divergences in float64 by quadrature, summation, textbook formulas or draws."""

from __future__ import annotations

import numpy as np
from scipy import special, stats

from tests.rows.interval import Kumaraswamy as KumaraswamyByPpf

PANELS, POINTS = 300, 6


def _surprisals():
    """Nodes and weights of composite Gauss-Legendre quadrature over y = -log u, u < 1/2."""
    nodes, weights = np.polynomial.legendre.leggauss(POINTS)
    ends = np.linspace(np.log(2), 30, PANELS + 1)
    width = ends[1] - ends[0]
    y = (ends[:-1, None] + width * (1 + nodes) / 2).ravel()
    return y, np.tile(width / 2 * weights, PANELS)


def by_quadrature(p, q):
    r"""Integrate log p - log q over the quantiles of p: in -log u towards either end."""
    y, weights = _surprisals()
    column = (-1,) + (1,) * np.ndim(p.ppf(0.5))
    u = np.exp(-y).reshape(column)
    weights = (weights * np.exp(-y)).reshape(column)
    isf = getattr(p, "isf", lambda u: p.ppf(1 - u))
    with np.errstate(divide="ignore", invalid="ignore"):
        total = sum(np.sum(weights * (p.logpdf(x) - q.logpdf(x)), 0) for x in (p.ppf(u), isf(u)))
        return np.where(contains(q, p), total, np.inf)


def contains(q, p):
    """Return whether the support of q contains that of p."""
    return (p.ppf(0.0) >= q.ppf(0.0)) & (p.ppf(1.0) <= q.ppf(1.0))


def by_summation(p, q, size=3000):
    """Sum p (log p - log q) over the counts below `size`."""
    k = np.arange(size).reshape(-1, *[1] * np.ndim(p.pmf(0)))
    log_p, log_q = p.logpmf(k), q.logpmf(k)
    possible = log_p > -np.inf
    with np.errstate(invalid="ignore"):
        terms = np.where(possible, np.exp(log_p) * (log_p - log_q), 0)
    return np.where(
        p.support()[1] <= q.support()[1], np.sum(np.where(possible, terms, 0), 0), np.inf
    )


def of_probs(p, q):
    """Sum p log(p / q) over the last axis."""
    p, q = np.broadcast_arrays(np.asarray(p, float), np.asarray(q, float))
    p, q = (x / np.sum(x, -1, keepdims=True) for x in (p, q))
    return np.sum(special.rel_entr(p, q), -1)


def of_odds(p, q):
    """Divergence of single trials, by the odds of success."""
    return of_probs(*(np.stack([odds, np.ones_like(odds)], -1) for odds in (p, q)))


def of_normal_vectors(mean_p, cov_p, mean_q, cov_q):
    """Textbook formula with determinants and inverses."""
    inverse = np.linalg.inv(cov_q)
    shift = np.asarray(mean_q) - mean_p
    trace = np.einsum("...ij,...ji->...", inverse, cov_p)
    squares = np.einsum("...i,...ij,...j->...", shift, inverse, shift)
    logs = np.linalg.slogdet(cov_q)[1] - np.linalg.slogdet(cov_p)[1]
    return (trace + squares - shift.shape[-1] + logs) / 2


def of_dirichlets(a, b):
    """Textbook formula with log-gamma functions."""
    a, b = np.asarray(a, float), np.asarray(b, float)
    totals = special.gammaln(a.sum(-1)) - special.gammaln(b.sum(-1))
    parts = np.sum(special.gammaln(b) - special.gammaln(a), -1)
    slopes = special.digamma(a) - special.digamma(a.sum(-1, keepdims=True))
    return totals + parts + np.sum((a - b) * slopes, -1)


def of_wisharts(df_p, cov_p, df_q, cov_q):
    """From SciPy's entropy, and the mean log-density of q by E log|W| and E W."""
    n = cov_p.shape[-1]
    p, q = stats.wishart(df_p, cov_p), stats.wishart(df_q, cov_q)
    mean_log_det = (
        np.sum(special.digamma((df_p - np.arange(n)) / 2))
        + n * np.log(2)
        + np.linalg.slogdet(cov_p)[1]
    )
    identity = np.eye(n)
    at_identity = q.logpdf(identity) + np.trace(np.linalg.inv(cov_q)) / 2
    trace = df_p * np.trace(np.linalg.solve(cov_q, cov_p))
    return -p.entropy() - (at_identity + (df_q - n - 1) / 2 * mean_log_det - trace / 2)


class Kumaraswamy(KumaraswamyByPpf):
    """With a quantile function that is exact in the upper tail."""

    def isf(self, u):
        return (-np.expm1(np.log(u) / self.b)) ** (1 / self.a)


class Trapezoid:
    """A density on the circle or an interval, with integrals by the trapezoidal rule."""

    def __init__(self, logpdf, low, high, number=4001):
        x = np.linspace(low, high, number)[:, None]
        self.x, self.step, self.logpdf = x, (high - low) / (number - 1), logpdf

    def divergence(self, other):
        log_p, log_q = self.logpdf(self.x), other.logpdf(self.x)
        return self.step * np.sum((np.exp(log_p) * (log_p - log_q))[:-1], 0)


def von_mises(loc, kappa):
    def logpdf(x):
        return kappa * (np.cos(x - loc) - 1) - np.log(2 * np.pi * special.i0e(kappa))

    return Trapezoid(logpdf, -np.pi, np.pi)
