"""Kullback-Leibler divergences: a table of pairs of classes, and Monte Carlo estimates.

.. math:: KL(p \\| q) = E_p[\\log p(x) - \\log q(x)]

The pairs (p, q) are in the module named for p's support, as in `families`. Importing them fills
the table.
"""

from jaxdist.divergences import (
    category,
    circle,
    count,
    gated,
    interval,
    matrix,
    positive,
    real,
    simplex,
    sphere,
    vector,
    wrappers,
)
from jaxdist.divergences.jensen_shannon import js_divergence
from jaxdist.divergences.monte_carlo import KLEstimate, monte_carlo_kl
from jaxdist.divergences.registry import (
    cross_entropy,
    kl_divergence,
    register_kl,
    registered_pairs,
)
from jaxdist.divergences.renyi import hellinger, renyi_divergence
from jaxdist.divergences.wasserstein import wasserstein

__all__ = [
    "KLEstimate",
    "category",
    "circle",
    "count",
    "cross_entropy",
    "gated",
    "hellinger",
    "interval",
    "js_divergence",
    "kl_divergence",
    "matrix",
    "monte_carlo_kl",
    "positive",
    "real",
    "register_kl",
    "registered_pairs",
    "renyi_divergence",
    "simplex",
    "sphere",
    "vector",
    "wasserstein",
    "wrappers",
]
