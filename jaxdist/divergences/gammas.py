"""Divergences of families whose normaliser is made of gamma functions."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist.divergences.normals import triangular_divergence
from jaxdist.divergences.registry import register_kl
from jaxdist.divergences.terms import excess, stirling_bregman
from jaxdist.families.interval.beta import Beta
from jaxdist.families.matrix import lkj_cholesky, wishart
from jaxdist.families.matrix.lkj_cholesky import LKJCholesky
from jaxdist.families.matrix.wishart import Wishart
from jaxdist.families.positive.exponential import Exponential
from jaxdist.families.positive.gamma import Gamma
from jaxdist.families.positive.inverse_gamma import InverseGamma
from jaxdist.families.simplex.dirichlet import Dirichlet
from jaxdist.linalg.triangular import solve_lower_matrix
from jaxdist.special import deviance


@register_kl(Exponential, Exponential)
def exponential_exponential(p: Exponential, q: Exponential) -> Array:
    """The excess of the ratio of the rates."""
    return excess(q.rate / p.rate)


@register_kl(Gamma, Gamma)
@register_kl(InverseGamma, InverseGamma)
def gamma_gamma(p: Gamma | InverseGamma, q: Gamma | InverseGamma) -> Array:
    """Divergence of gamma distributions, or of the inverses of their draws."""
    return gamma_divergence(p.concentration, q.concentration, q.rate / p.rate)


@register_kl(Exponential, Gamma)
def exponential_gamma(p: Exponential, q: Gamma) -> Array:
    """An exponential distribution is a gamma distribution of concentration 1."""
    return gamma_divergence(jnp.ones_like(p.rate), q.concentration, q.rate / p.rate)


@register_kl(Gamma, Exponential)
def gamma_exponential(p: Gamma, q: Exponential) -> Array:
    """An exponential distribution is a gamma distribution of concentration 1."""
    return gamma_divergence(p.concentration, jnp.ones_like(q.rate), q.rate / p.rate)


def gamma_divergence(a: Array, b: Array, ratio: Array) -> Array:
    r"""Divergence of gamma distributions: of their means, then of their concentrations.

    .. math:: b (m - 1 - \log m)
              + B_{\log \Gamma}(b; a) - \mathrm{deviance}(b, a), \quad
              m = \frac{a}{b} \mathrm{ratio}

    Args:
      a: concentration of p, any shape broadcastable with the others.
      b: concentration of q.
      ratio: rate of q over that of p.
    """
    return b * excess(a / b * ratio) + stirling_bregman(b, a)


@register_kl(Beta, Beta)
def beta_beta(p: Beta, q: Beta) -> Array:
    """Divergence of the Dirichlet distributions of both shares."""
    return dirichlet_divergence(_concentrations(p), _concentrations(q))


@register_kl(Dirichlet, Dirichlet)
def dirichlet_dirichlet(p: Dirichlet, q: Dirichlet) -> Array:
    """Divergence of Dirichlet distributions."""
    return dirichlet_divergence(p.concentration, q.concentration)


def _concentrations(d: Beta) -> Array:
    return jnp.stack([d.concentration1, d.concentration0], -1)


def dirichlet_divergence(a: Array, b: Array) -> Array:
    r"""Divergence of Dirichlet distributions with concentrations a and b, of sums A and B.

    .. math:: \sum_i B_{\log \Gamma}(b_i; a_i) - B_{\log \Gamma}(B; A)

    The leading parts of these Bregman divergences make the divergence of the means,
    :math:`\sum_i \mathrm{deviance}(b_i, a_i B / A)`.

    Args:
      a: concentrations of p, shape `(..., k)`.
      b: concentrations of q.

    Returns:
      Shape `(...)`.
    """
    a, b = jnp.broadcast_arrays(a, b)
    total_a, total_b = (jnp.sum(x, -1, keepdims=True) for x in (a, b))
    of_means = jnp.sum(deviance(b, a * (total_b / total_a)), -1)
    rest = stirling_bregman(*(jnp.concatenate(x, -1) for x in ((b, total_b), (a, total_a))))
    return of_means + jnp.sum(rest[..., :-1], -1) - rest[..., -1]


@register_kl(LKJCholesky, LKJCholesky)
def lkj_lkj(p: LKJCholesky, q: LKJCholesky) -> Array:
    """Sum over the rows: their directions are alike, their squared diagonal entries are betas."""
    return jnp.sum(beta_beta(*map(lkj_cholesky.squared_diagonal, (p, q))), -1)


@register_kl(Wishart, Wishart)
def wishart_wishart(p: Wishart, q: Wishart) -> Array:
    r"""Divergence of Wishart distributions, with the ratio t of their means.

    .. math:: \frac{\nu_q}{2} \left(\mathrm{tr}\, t - n - \log |t|\right)
              + \sum_{i < n} B_{\log \Gamma}\left(\frac{\nu_q - i}{2}; \frac{\nu_p - i}{2}\right)
              - n\, \mathrm{deviance}\left(\frac{\nu_q}{2}, \frac{\nu_p}{2}\right), \quad
              t = \frac{\nu_p}{\nu_q} V_q^{-1} V_p
    """
    shape = jnp.broadcast_shapes(p.batch_shape, q.batch_shape)
    of_q, of_p = (jnp.broadcast_to(jnp.tril(d.scale_tril), shape + d.event_shape) for d in (q, p))
    stretch = jnp.sqrt(p.df / q.df)[..., None, None]
    of_means = q.df * triangular_divergence(stretch * solve_lower_matrix(of_q, of_p))
    a, b = (wishart.squared_diagonal(d).concentration for d in (p, q))
    leading = deviance(b, a) - deviance(q.df / 2, p.df / 2)[..., None]
    return of_means + jnp.sum(stirling_bregman(b, a) + leading, -1)
