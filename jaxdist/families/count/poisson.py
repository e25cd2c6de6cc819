"""Poisson distribution."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.counts import (
    RAREST,
    entropy_by_summation,
    entropy_of_count,
    exact_at_zero,
    icdf_by_search,
    summation_nodes,
)
from jaxdist.exponential_family import ExponentialFamily
from jaxdist.numerics.integers import to_count
from jaxdist.parameters import Param, param
from jaxdist.promotion import custom_jvp
from jaxdist.special import (
    expm1,
    gammainc,
    gammaincc,
    lgamma,
    log1mexp,
    log1pmx,
    log_gammainc,
    log_gammaincc,
    poisson_log_prob,
)
from jaxdist.special.rare_counts import rare_poisson_sf


class Poisson(ExponentialFamily):
    r"""Poisson distribution: the number of events of a process with a given rate.

    .. math:: p(k) = \mathrm{rate}^k e^{-\mathrm{rate}} / k!

    Draws are int32: a larger one becomes 2^31 - 2.

    Args:
      rate: non-negative mean, any shape.

    Example:
      >>> import jax, jaxdist as jd
      >>> d = jd.Poisson(rate=4.0)
      >>> d.sample(jax.random.key(0), 5).dtype
      dtype('int32')
      >>> jax.grad(jd.log_prob)(d, 6)
      Poisson(rate=0.5)
    """

    rate: Param = param(constraints.nonnegative)

    support = constraints.nonnegative_integer

    def _sample(self, key: Array, shape: Shape) -> Array:
        return random.poisson(key, self.rate, shape)

    def _log_prob(self, x: Array) -> Array:
        return poisson_log_prob(x, self.rate)

    def _log_none(self) -> Array:
        """Logarithm of P(X = 0)."""
        return -self.rate

    def _cdf(self, x: Array) -> Array:
        cdf = exact_at_zero(x, self._log_none(), jnp.exp, gammaincc(x + 1, self.rate))
        rare, sf = rare_poisson_sf(x, self.rate)
        return jnp.where(rare, 1 - sf, cdf)

    def _log_cdf(self, x: Array) -> Array:
        rare, sf = rare_poisson_sf(x, self.rate)
        log_tail = log_gammaincc(x + 1, jnp.where(rare, 1, self.rate))
        log_cdf = exact_at_zero(x, self._log_none(), lambda log_p: log_p, log_tail)
        return jnp.where(rare, jnp.log1p(-sf), log_cdf)

    def _survival_function(self, x: Array) -> Array:
        sf = exact_at_zero(
            x,
            self._log_none(),
            lambda log_p: -expm1(log_p),
            gammainc(x + 1, self.rate),
            RAREST,
        )
        rare, small_sf = rare_poisson_sf(x, self.rate)
        return jnp.where(rare, small_sf, sf)

    def _log_survival_function(self, x: Array) -> Array:
        return exact_at_zero(
            x,
            self._log_none(),
            lambda log_p: log1mexp(-log_p),
            log_gammainc(x + 1, self.rate),
            RAREST,
        )

    def _icdf(self, q: Array) -> Array:
        return icdf_by_search(self, q, asymmetry=1.0)

    def _mean(self) -> Array:
        return self.rate

    def _mode(self) -> Array:
        return to_count(jnp.floor(self.rate))

    def _variance(self) -> Array:
        return self.rate

    def _skewness(self) -> Array:
        return 1 / jnp.sqrt(self.rate)

    def _kurtosis(self) -> Array:
        return 1 / self.rate

    def _entropy(self) -> Array:
        return entropy_of_count(self, _entropy, lambda d: jnp.log(d.rate), rate=1.0)

    def _natural_parameters(self) -> tuple[Array]:
        return (jnp.log(self.rate),)

    @classmethod
    def _from_natural_parameters(cls, *natural_parameters: Array) -> Poisson:
        return Poisson(jnp.exp(natural_parameters[0]), validate_args=False)

    def _log_normalizer(self, *natural_parameters: Array) -> Array:
        return jnp.exp(*natural_parameters)

    def _mean_log_base_measure(self) -> Array:
        counts, weights, log_p = summation_nodes(self)
        return -jnp.sum(weights * jnp.exp(log_p) * lgamma(counts + 1), -1)


@custom_jvp
def _entropy(d: Poisson) -> Array:
    """Sum over the counts; for a small rate only E log k!, because log p would be rounded."""
    rare = (d.rate > 0) & (d.rate < 1)
    rate = jnp.where(rare, d.rate, 0.5)
    of_rare = rate * (1 - jnp.log(rate)) - d._with(rate=rate)._mean_log_base_measure()
    return jnp.where(rare, of_rare, entropy_by_summation(d, rate=1.0))


@_entropy.defjvp
def _entropy_jvp(primals: tuple[Poisson], tangents: tuple[Poisson]) -> tuple[Array, Array]:
    r"""Differentiate: :math:`E \log((X + 1) / \mathrm{rate})`, where no large terms cancel."""
    (d,), (d_dot,) = primals, tangents
    slope = _entropy_slope(d._with(rate=jnp.where(d.rate > 0, d.rate, 1)))
    return _entropy(d), jnp.where(d.rate > 0, slope, 0) * d_dot.rate


@custom_jvp
def _entropy_slope(d: Poisson) -> Array:
    counts, weights, log_p = summation_nodes(d)
    p, rates = weights * jnp.exp(log_p), d.rate[..., None]
    of_small = jnp.sum(p * jnp.log(counts + 1), -1) - jnp.log(d.rate)
    of_large = 1 / d.rate + jnp.sum(p * log1pmx((counts + 1 - rates) / rates), -1)
    return jnp.where(d.rate < 1, of_small, of_large)


@_entropy_slope.defjvp
def _entropy_slope_jvp(primals: tuple[Poisson], tangents: tuple[Poisson]) -> tuple[Array, Array]:
    r"""Differentiate: :math:`E \log((X + 2) / (X + 1)) - 1 / \mathrm{rate}`.

    By :math:`E\, 1 / (X + 1) = (1 - e^{-\mathrm{rate}}) / \mathrm{rate}`, the large terms cancel.
    """
    (d,), (d_dot,) = primals, tangents
    counts, weights, log_p = summation_nodes(d)
    curvature = jnp.sum(weights * jnp.exp(log_p) * log1pmx(1 / (counts + 1)), -1)
    return _entropy_slope(d), (curvature - jnp.exp(-d.rate) / d.rate) * d_dot.rate
