"""Divergences KL(p || q) with p on the positive numbers, or on a half-line of them."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist.divergences.bregman import gamma_divergence, itakura_saito
from jaxdist.divergences.expected_log_prob import expected_log_ratio
from jaxdist.divergences.location_scale import (
    cauchy_divergence,
    gumbel_divergence,
    normal_divergence,
)
from jaxdist.divergences.registry import register_kl, register_table
from jaxdist.divergences.supports import infinite_divergence, infinite_outside_support
from jaxdist.families.interval.uniform import Uniform
from jaxdist.families.positive.chi import Chi
from jaxdist.families.positive.exponential import Exponential
from jaxdist.families.positive.fisher_snedecor import FisherSnedecor
from jaxdist.families.positive.frechet import Frechet
from jaxdist.families.positive.gamma import Gamma
from jaxdist.families.positive.generalized_pareto import GeneralizedPareto
from jaxdist.families.positive.half_cauchy import HalfCauchy
from jaxdist.families.positive.half_normal import HalfNormal
from jaxdist.families.positive.inverse_gamma import InverseGamma
from jaxdist.families.positive.inverse_gaussian import InverseGaussian
from jaxdist.families.positive.lindley import Lindley
from jaxdist.families.positive.log_normal import LogNormal
from jaxdist.families.positive.maxwell import Maxwell
from jaxdist.families.positive.pareto import Pareto
from jaxdist.families.positive.rayleigh import Rayleigh
from jaxdist.families.positive.weibull import Weibull
from jaxdist.families.real.gumbel import Gumbel
from jaxdist.families.real.laplace import Laplace
from jaxdist.families.real.normal import Normal
from jaxdist.special import log_quotient, quotient, standardize
from jaxdist.special.deviance import deviance_from_difference

register_table(
    expected_log_ratio,
    {
        Exponential: (Normal, Laplace, Gumbel, Uniform),
        Gamma: (Normal, Gumbel, Uniform),
        InverseGamma: (Normal, Exponential, Gamma, Uniform),
        LogNormal: (Normal, Exponential, Gamma, Uniform),
        Weibull: (Normal, Exponential, Gamma, Uniform),
        HalfNormal: (Normal, Exponential, Gamma, Uniform),
        HalfCauchy: (Normal, Exponential, Gamma, Uniform),
        FisherSnedecor: (Normal, Exponential, Uniform),
        Pareto: (Normal, Exponential, Gamma, Uniform),
        GeneralizedPareto: (Normal, Exponential, Uniform),
    },
)
# The support of p begins below that of any Pareto.
register_table(
    infinite_divergence,
    dict.fromkeys(
        (
            Exponential,
            Gamma,
            InverseGamma,
            LogNormal,
            Weibull,
            HalfNormal,
            HalfCauchy,
            FisherSnedecor,
        ),
        (Pareto,),
    ),
)


@register_kl(Exponential, Exponential)
def exponential_exponential(p: Exponential, q: Exponential) -> Array:
    """Itakura-Saito divergence of the rates."""
    return itakura_saito(quotient(q.rate, p.rate))


@register_kl(Lindley, Lindley)
def lindley_lindley(p: Lindley, q: Lindley) -> Array:
    r"""Divergence of two exponential draws, less that of one whose rate is larger by 1.

    .. math:: 2 d\left(\frac{\theta_q}{\theta_p}\right)
              - d\left(\frac{1 + \theta_q}{1 + \theta_p}\right), \quad d(t) = t - 1 - \log t

    Of these the second is at most the first.
    """
    less, a, b = p.rate - q.rate, 1 + p.rate, 1 + q.rate
    of_larger = deviance_from_difference(a, b, less) / a
    return 2 * quotient(deviance_from_difference(p.rate, q.rate, less), p.rate) - of_larger


@register_kl(Gamma, Gamma)
@register_kl(InverseGamma, InverseGamma)
def gamma_gamma(p: Gamma | InverseGamma, q: Gamma | InverseGamma) -> Array:
    """Divergence of gamma distributions; the inverses of the draws have the same."""
    return gamma_divergence(p.concentration, q.concentration, quotient(q.rate, p.rate))


@register_kl(Exponential, Gamma)
def exponential_gamma(p: Exponential, q: Gamma) -> Array:
    """Divergence of gamma distributions, of which p has concentration 1."""
    return gamma_divergence(jnp.ones_like(p.rate), q.concentration, quotient(q.rate, p.rate))


@register_kl(Gamma, Exponential)
def gamma_exponential(p: Gamma, q: Exponential) -> Array:
    """Divergence of gamma distributions, of which q has concentration 1."""
    return gamma_divergence(p.concentration, jnp.ones_like(q.rate), quotient(q.rate, p.rate))


@register_kl(LogNormal, LogNormal)
def log_normal_log_normal(p: LogNormal, q: LogNormal) -> Array:
    """Divergence of the logarithms, which are normal."""
    return normal_divergence(quotient(p.scale, q.scale), standardize(p.loc, q.loc, q.scale))


@register_kl(HalfNormal, HalfNormal)
def half_normal_half_normal(p: HalfNormal, q: HalfNormal) -> Array:
    """Divergence of the normal distributions that are symmetric about 0."""
    return normal_divergence(quotient(p.scale, q.scale))


@register_kl(HalfCauchy, HalfCauchy)
def half_cauchy_half_cauchy(p: HalfCauchy, q: HalfCauchy) -> Array:
    """Divergence of the Cauchy distributions that are symmetric about 0."""
    return cauchy_divergence(p.scale, q.scale, jnp.zeros_like(p.scale))


@register_kl(Rayleigh, Rayleigh)
def rayleigh_rayleigh(p: Rayleigh, q: Rayleigh) -> Array:
    """Divergence of the squares, which are exponential."""
    return itakura_saito(quotient(p.scale, q.scale) ** 2)


@register_kl(Maxwell, Maxwell)
def maxwell_maxwell(p: Maxwell, q: Maxwell) -> Array:
    """Divergence of the squares, which are gamma distributed with concentration 3/2."""
    return 1.5 * itakura_saito(quotient(p.scale, q.scale) ** 2)


@register_kl(InverseGaussian, InverseGaussian)
def inverse_gaussian_inverse_gaussian(p: InverseGaussian, q: InverseGaussian) -> Array:
    r"""Divergence of inverse Gaussian distributions: of their concentrations, then of their means.

    .. math:: \tfrac12 (t - 1 - \log t) + \frac{\lambda_q}{2 \mu_p}
              \left(\frac{\mu_p - \mu_q}{\mu_q}\right)^2, \quad t = \lambda_q / \lambda_p
    """
    shift = standardize(p.loc, q.loc, q.loc) ** 2
    of_means = quotient(q.concentration, p.loc) * shift / 2
    return itakura_saito(quotient(q.concentration, p.concentration)) / 2 + of_means


@register_kl(Chi, Chi)
def chi_chi(p: Chi, q: Chi) -> Array:
    """Divergence of the squares, which are gamma distributed."""
    return gamma_divergence(p.df / 2, q.df / 2, jnp.ones_like(p.df))


@register_kl(Weibull, Weibull)
def weibull_weibull(p: Weibull, q: Weibull) -> Array:
    r"""Divergence of minus the logarithms, which are Gumbel distributed.

    Their scales are 1 / concentration, their locations :math:`-\log \mathrm{scale}`.
    """
    return gumbel_divergence(
        quotient(q.concentration, p.concentration), -q.concentration * _log_scale_ratio(p, q)
    )


@register_kl(Frechet, Frechet)
def frechet_frechet(p: Frechet, q: Frechet) -> Array:
    r"""Divergence of the logarithms, which are Gumbel distributed.

    Their scales are 1 / concentration, their locations :math:`\log \mathrm{scale}`.
    """
    return gumbel_divergence(
        quotient(q.concentration, p.concentration), q.concentration * _log_scale_ratio(p, q)
    )


def _log_scale_ratio(p: Weibull | Frechet, q: Weibull | Frechet) -> Array:
    """Return the logarithm of the ratio of the scales, also where they are almost equal."""
    gap = p.scale - q.scale
    is_close = jnp.abs(gap) < q.scale / 2
    by_gap = jnp.log1p(quotient(jnp.where(is_close, gap, 0), q.scale))
    return jnp.where(is_close, by_gap, log_quotient(p.scale, q.scale))


@register_kl(Pareto, Pareto)
def pareto_pareto(p: Pareto, q: Pareto) -> Array:
    r"""Divergence of Pareto distributions; infinite where q's scale exceeds p's.

    .. math:: (t - 1 - \log t) + \alpha_q \log \frac{\mathrm{scale}_p}{\mathrm{scale}_q}, \quad
              t = \alpha_q / \alpha_p
    """
    shift = q.alpha * jnp.log1p(standardize(p.scale, q.scale, q.scale))
    return infinite_outside_support(p, q, itakura_saito(quotient(q.alpha, p.alpha)) + shift)
