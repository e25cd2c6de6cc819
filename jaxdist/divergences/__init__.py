"""Kullback-Leibler divergences: a table of pairs, open to new ones, and an estimate for the rest.

.. math:: KL(p \\| q) = E_p[\\log p(x) - \\log q(x)]

Each module registers the pairs of one kind; importing them fills the table.
"""

from jaxdist.divergences import (
    between,
    categories,
    counts,
    gammas,
    intervals,
    normals,
    scales,
    wrappers,
)
from jaxdist.divergences.monte_carlo import KLEstimate, cross_entropy, monte_carlo_kl
from jaxdist.divergences.registry import kl_divergence, register_kl, registered_pairs

__all__ = [
    "KLEstimate",
    "between",
    "categories",
    "counts",
    "cross_entropy",
    "gammas",
    "intervals",
    "kl_divergence",
    "monte_carlo_kl",
    "normals",
    "register_kl",
    "registered_pairs",
    "scales",
    "wrappers",
]
