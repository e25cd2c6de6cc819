"""Divergences of other families with a location or a scale."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist.divergences.registry import register_kl
from jaxdist.divergences.terms import bregman, excess, extreme_value_divergence, inside_support
from jaxdist.families.circle.von_mises import VonMises
from jaxdist.families.positive.half_cauchy import HalfCauchy
from jaxdist.families.positive.pareto import Pareto
from jaxdist.families.positive.weibull import Weibull
from jaxdist.families.real.cauchy import Cauchy
from jaxdist.families.real.gumbel import Gumbel
from jaxdist.families.real.laplace import Laplace
from jaxdist.special import bessel_ratio, bessel_ratio_complement, expm1mx, log_i0e


@register_kl(Laplace, Laplace)
def laplace_laplace(p: Laplace, q: Laplace) -> Array:
    r"""Divergence of Laplace distributions, with the ratio t of their scales.

    .. math:: (t - 1 - \log t) + t (e^{-d} - 1 + d), \quad
              d = |\mathrm{loc}_p - \mathrm{loc}_q| / \mathrm{scale}_p
    """
    ratio = p.scale / q.scale
    return excess(ratio) + ratio * expm1mx(-jnp.abs(p.loc - q.loc) / p.scale)


@register_kl(Cauchy, Cauchy)
def cauchy_cauchy(p: Cauchy, q: Cauchy) -> Array:
    """Divergence of Cauchy distributions, which is symmetric (Chyzak and Nielsen, 2019)."""
    return _cauchy_divergence(p.scale, q.scale, p.loc - q.loc)


@register_kl(HalfCauchy, HalfCauchy)
def half_cauchy_half_cauchy(p: HalfCauchy, q: HalfCauchy) -> Array:
    """Divergence of the Cauchy distributions, on either side of 0."""
    return _cauchy_divergence(p.scale, q.scale, jnp.zeros_like(p.scale))


def _cauchy_divergence(a: Array, b: Array, shift: Array) -> Array:
    r"""Evaluate :math:`\log((a + b)^2 + \mathrm{shift}^2) - \log(4 a b)`, also where they overflow.

    It is :math:`\log(1 + u^2 + v^2)` with :math:`u = (a - b) / \sqrt{4 a b}`.
    """
    width = 2 * jnp.sqrt(a) * jnp.sqrt(b)
    u, v = (a - b) / width, shift / width
    size = lax.stop_gradient(jnp.maximum(jnp.maximum(jnp.abs(u), jnp.abs(v)), 1))
    inverse = 1 / size
    squares = (u * inverse) ** 2 + (v * inverse) ** 2
    return jnp.log1p(squares + (inverse * inverse - 1)) + 2 * jnp.log(size)


@register_kl(Gumbel, Gumbel)
def gumbel_gumbel(p: Gumbel, q: Gumbel) -> Array:
    """Divergence of Gumbel distributions."""
    return extreme_value_divergence(p.scale / q.scale, (p.loc - q.loc) / q.scale)


@register_kl(Weibull, Weibull)
def weibull_weibull(p: Weibull, q: Weibull) -> Array:
    """Divergence of the logarithms, which are Gumbel distributed but for their sign."""
    gap = p.scale - q.scale
    close = jnp.abs(gap) < q.scale / 2
    near = jnp.log1p(jnp.where(close, gap, 0) / q.scale)
    log_ratio = jnp.where(close, near, jnp.log(p.scale) - jnp.log(q.scale))
    return extreme_value_divergence(q.concentration / p.concentration, -q.concentration * log_ratio)


@register_kl(Pareto, Pareto)
def pareto_pareto(p: Pareto, q: Pareto) -> Array:
    r"""Divergence of Pareto distributions; infinite where q begins above p.

    .. math:: (t - 1 - \log t) + \alpha_q \log \frac{\mathrm{scale}_p}{\mathrm{scale}_q}, \quad
              t = \alpha_q / \alpha_p
    """
    later = q.alpha * jnp.log1p((p.scale - q.scale) / q.scale)
    return inside_support(p, q, excess(q.alpha / p.alpha) + later)


@register_kl(VonMises, VonMises)
def von_mises_von_mises(p: VonMises, q: VonMises) -> Array:
    r"""Divergence of von Mises distributions: of their concentrations, then of their directions.

    .. math:: B_f(\kappa_q; \kappa_p) + 2 \kappa_q \frac{I_1(\kappa_p)}{I_0(\kappa_p)}
              \sin^2 \frac{\mathrm{loc}_p - \mathrm{loc}_q}{2}, \quad
              f(\kappa) = \log I_0(\kappa) - \kappa
    """
    x, y = p.concentration, q.concentration
    near = (y < 2 * x + 1) & (x < 2 * y + 1)
    turned = 2 * y * bessel_ratio(x) * jnp.sin((p.loc - q.loc) / 2) ** 2
    return bregman(log_i0e, _bessel_ratio_slope, y, x, near) + turned


def _bessel_ratio_slope(kappa: Array) -> Array:
    return -jax.jvp(bessel_ratio_complement, (kappa,), (jnp.ones_like(kappa),))[1]
