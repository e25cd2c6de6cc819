"""Divergences KL(p || q) with p on matrices."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist.divergences.bregman import log_gamma_bregman_remainder
from jaxdist.divergences.interval import beta_beta
from jaxdist.divergences.location_scale import multivariate_normal_divergence
from jaxdist.divergences.registry import register_kl
from jaxdist.families.matrix.lkj_cholesky import LKJCholesky, squared_diagonal
from jaxdist.families.matrix.wishart import Wishart, squared_bartlett_diagonal
from jaxdist.linalg.triangular import solve_lower_matrix
from jaxdist.special import deviance


@register_kl(LKJCholesky, LKJCholesky)
def lkj_cholesky_lkj_cholesky(p: LKJCholesky, q: LKJCholesky) -> Array:
    """Sum over the rows of the divergences of their squared diagonal entries.

    The directions of the other entries have the same distribution under p and q.
    """
    return jnp.sum(beta_beta(squared_diagonal(p), squared_diagonal(q)), -1)


@register_kl(Wishart, Wishart)
def wishart_wishart(p: Wishart, q: Wishart) -> Array:
    r"""Divergence of Wishart distributions, with the ratio t of their means.

    .. math:: \frac{\nu_q}{2} \left(\mathrm{tr}\, t - n - \log |t|\right)
              + \sum_{i < n} B_{\log \Gamma}\left(\frac{\nu_q - i}{2}; \frac{\nu_p - i}{2}\right)
              - n\, \mathrm{deviance}\left(\frac{\nu_q}{2}, \frac{\nu_p}{2}\right), \quad
              t = \frac{\nu_p}{\nu_q} V_q^{-1} V_p
    """
    shape = jnp.broadcast_shapes(p.batch_shape, q.batch_shape)
    tril_p, tril_q = (
        jnp.broadcast_to(jnp.tril(d.scale_tril), shape + d.event_shape) for d in (p, q)
    )
    stretch = jnp.sqrt(p.df / q.df)[..., None, None]
    of_means = q.df * multivariate_normal_divergence(stretch * solve_lower_matrix(tril_q, tril_p))
    a, b = (squared_bartlett_diagonal(d).df / 2 for d in (p, q))
    leading = deviance(b, a) - deviance(q.df / 2, p.df / 2)[..., None]
    return of_means + jnp.sum(log_gamma_bregman_remainder(b, a) + leading, -1)
