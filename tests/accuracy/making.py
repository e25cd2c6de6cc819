"""How distributions of the suite are made from their parameters, where no class takes those."""

from __future__ import annotations

import functools
from collections.abc import Callable

import jax.numpy as jnp
from jax import Array

import jaxdist as jd
from tests.accuracy.families.interval import BATES_COUNT
from tests.accuracy.families.wrappers import RANK, RANKED, RANKS

Make = Callable[..., jd.Distribution]


def independent(loc: Array, scale: Array) -> jd.Independent:
    return jd.Independent(jd.Normal(loc, scale, validate_args=False), 1)


def masked(loc: Array, scale: Array) -> jd.Masked:
    return jd.Masked(jd.Normal(loc, scale, validate_args=False), True)


def exp_of_minus_gumbel(loc: Array, scale: Array) -> jd.TransformedDistribution:
    base = jd.Gumbel(loc, scale, validate_args=False)
    return jd.TransformedDistribution(base, [jd.AffineTransform(0.0, -1.0), jd.ExpTransform()])


def normal_and_laplace(logits: Array, loc: Array, scale: Array) -> jd.Mixture:
    weights = jd.Categorical(logits=logits, validate_args=False)
    components = [
        family(loc[..., i], scale[..., i], validate_args=False)
        for i, family in enumerate((jd.Normal, jd.Laplace))
    ]
    return jd.Mixture(weights, components)


def normals(logits: Array, loc: Array, scale: Array) -> jd.MixtureSameFamily:
    weights = jd.Categorical(logits=logits, validate_args=False)
    return jd.MixtureSameFamily(weights, jd.Normal(loc, scale, validate_args=False))


def zero_inflated(rate: Array, gate: Array) -> jd.ZeroInflated:
    return jd.ZeroInflated(jd.Poisson(rate, validate_args=False), gate, validate_args=False)


def hurdle(rate: Array, gate: Array) -> jd.Hurdle:
    return jd.Hurdle(jd.Poisson(rate, validate_args=False), gate, validate_args=False)


def of_normal(wrapper: Callable[..., jd.Distribution], **fixed: object) -> Make:
    """Wrap a normal distribution; other parameters are those of the wrapper."""

    def make(loc: Array, scale: Array, **parameters: Array) -> jd.Distribution:
        base = jd.Normal(loc, scale, validate_args=False)
        return wrapper(base, **parameters, **fixed, validate_args=False)

    return make


def quantized(loc: Array, scale: Array) -> jd.Quantized:
    return jd.Quantized(jd.Logistic(loc, scale, validate_args=False), validate_args=False)


def copula_of_gammas(concentration: Array, correlation_cholesky: Array) -> jd.GaussianCopula:
    marginals = jd.Gamma(concentration, jnp.ones_like(concentration), validate_args=False)
    return jd.GaussianCopula(
        marginals, correlation_cholesky=correlation_cholesky, validate_args=False
    )


def sine_skewed(skew: Array, **of_base: Array) -> jd.SineSkewed:
    """Skew one angle, or two that have a correlation."""
    family = jd.SineBivariateVonMises if "correlation" in of_base else jd.VonMises
    return jd.SineSkewed(family(**of_base, validate_args=False), skew, validate_args=False)


MAKERS: dict[str, Make] = {
    "Bates": lambda low, high: jd.Bates(BATES_COUNT, low, high, validate_args=False),
    "Censored": of_normal(jd.Censored),
    "Folded": of_normal(jd.Folded),
    "GaussianCopula": copula_of_gammas,
    "GaussianRandomWalk": lambda scale: jd.GaussianRandomWalk(scale, 3, validate_args=False),
    "Hurdle": hurdle,
    "JointOrderStatistics": of_normal(jd.JointOrderStatistics, total_count=RANKED, ranks=RANKS),
    "LKJ": lambda concentration: jd.LKJ(3, concentration, validate_args=False),
    "Maximum": of_normal(jd.Maximum, total_count=RANKED),
    "Minimum": of_normal(jd.Minimum, total_count=RANKED),
    "OrderStatistic": of_normal(jd.OrderStatistic, total_count=RANKED, rank=RANK),
    "Quantized": quantized,
    "SineSkewed": sine_skewed,
    "Truncated": of_normal(jd.Truncated),
    "ZeroSumNormal": lambda scale: jd.ZeroSumNormal(3, scale, validate_args=False),
    "Independent": independent,
    "LKJCholesky": lambda concentration: jd.LKJCholesky(3, concentration, validate_args=False),
    "Masked": masked,
    "Mixture": normal_and_laplace,
    "MixtureSameFamily": normals,
    "TransformedDistribution": exp_of_minus_gumbel,
    "ZeroInflated": zero_inflated,
}


def maker(name: str) -> Make:
    """Return a function of the parameters of the suite."""
    return MAKERS.get(name) or functools.partial(getattr(jd, name), validate_args=False)
