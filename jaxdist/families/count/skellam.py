"""Skellam distribution."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints
from jaxdist.arguments import Shape
from jaxdist.bases.counts import entropy_of_count, icdf_by_search
from jaxdist.bases.log_tails import LogTails, both_log_tails
from jaxdist.numerics.integers import add_steps, to_count
from jaxdist.numerics.summation import tail_nodes
from jaxdist.parameters import Param, param
from jaxdist.random.poisson import poisson_parts
from jaxdist.special import p_log_p, quotient, skellam_log_prob
from jaxdist.special.skellam_density import rare_skellam_sf

_FARTHEST = 60  # standard deviations from the first term of a tail to the last that matters
_NODES = 192  # of the entropy's sum
_REACH = 12  # standard deviations that they cover


class Skellam(LogTails):
    r"""Skellam distribution: the difference of two independent Poisson counts.

    .. math:: p(k) = e^{-r_1 - r_2} (r_1 / r_2)^{k / 2} I_{|k|}(2 \sqrt{r_1 r_2}), \quad
              r_1 = \mathrm{rate1}, \; r_2 = \mathrm{rate2}

    with the modified Bessel function of the first kind. The parameters are TFP's; SciPy calls them
    `mu1` and `mu2`. The tails are sums of probabilities, at ever fewer integers far out.

    Args:
      rate1: non-negative mean of the first count, any shape broadcastable with `rate2`.
      rate2: non-negative mean of the count that is subtracted.

    Example:
      >>> import jaxdist as jd
      >>> d = jd.Skellam(4.0, 1.0)
      >>> print(*(f"{v:.3f}" for v in d.log_prob([-2, 3, 1000])))
      -4.527 -1.715 -4530.830
    """

    rate1: Param = param(constraints.nonnegative)
    rate2: Param = param(constraints.nonnegative)

    support = constraints.integer

    def _sample(self, key: Array, shape: Shape) -> Array:
        first, second = jax.random.split(key)
        start1, step1 = poisson_parts(first, self.rate1, shape)
        start2, step2 = poisson_parts(second, self.rate2, shape)
        return add_steps(start1 - start2, step1 - step2)

    def _log_prob(self, x: Array) -> Array:
        return skellam_log_prob(x.astype(self.dtype), self.rate1, self.rate2)

    def _upper_tail(self, x: Array) -> tuple[Array, ...]:
        """Return whether the tail on the side of x is the lower one; its first value and rates.

        The lower one is an upper one of the other difference.
        """
        is_lower = x + 0.5 < self._mean()
        rate1 = jnp.where(is_lower, self.rate2, self.rate1)
        rate2 = jnp.where(is_lower, self.rate1, self.rate2)
        return is_lower, jnp.where(is_lower, -x, x + 1), rate1, rate2

    def _log_tails(self, x: Array) -> tuple[Array, Array]:
        """Sum the tail on the side of x."""
        is_lower, first, rate1, rate2 = self._upper_tail(x)
        start = first[..., None]
        nodes, weights = tail_nodes(start[..., 0])
        # Slopes of what is negligible may overflow.
        matters = nodes - start < (_FARTHEST * (1 + self._stddev()))[..., None]
        nodes, weights = jnp.where(matters, nodes, start), jnp.where(matters, weights, 0)
        log_p = skellam_log_prob(nodes, rate1[..., None], rate2[..., None])
        largest = lax.stop_gradient(jnp.maximum(jnp.max(log_p, -1), jnp.finfo(log_p.dtype).min))
        total = jnp.sum(weights * jnp.exp(log_p - largest[..., None]), -1)
        tails = both_log_tails(is_lower, largest + jnp.log(total))
        rare, sf = rare_skellam_sf(first, rate1, rate2)
        log_sf, log_rest = jnp.log(sf), jnp.log1p(-sf)
        of_rare = jnp.where(is_lower, log_sf, log_rest), jnp.where(is_lower, log_rest, log_sf)
        lower, upper = (jnp.where(rare, *pair) for pair in zip(of_rare, tails, strict=True))
        return lower, upper

    def _cdf(self, x: Array) -> Array:
        is_lower, first, rate1, rate2 = self._upper_tail(x)
        rare, sf = rare_skellam_sf(first, rate1, rate2)
        return jnp.where(rare, jnp.where(is_lower, sf, 1 - sf), super()._cdf(x))

    def _survival_function(self, x: Array) -> Array:
        is_lower, first, rate1, rate2 = self._upper_tail(x)
        rare, sf = rare_skellam_sf(first, rate1, rate2)
        return jnp.where(rare, jnp.where(is_lower, 1 - sf, sf), super()._survival_function(x))

    def _icdf(self, q: Array) -> Array:
        return icdf_by_search(self, q)

    def _mean(self) -> Array:
        return self.rate1 - self.rate2

    def _mode(self) -> Array:
        """The most likely of the integers around the mean."""
        around = jnp.round(self._mean())[..., None] + jnp.arange(-1, 2)
        best = jnp.argmax(self[..., None]._log_prob(around), -1, keepdims=True)
        return to_count(jnp.take_along_axis(around, best, -1)[..., 0])

    def _variance(self) -> Array:
        return self.rate1 + self.rate2

    def _skewness(self) -> Array:
        unit = jnp.where(self._variance() < math.inf, 1, 2).astype(self.dtype)
        first, second = self.rate1 / unit, self.rate2 / unit
        total = first + second
        return quotient(first - second, total) / (jnp.sqrt(total) * jnp.sqrt(unit))

    def _kurtosis(self) -> Array:
        return 1 / self._variance()

    def _entropy(self) -> Array:
        log_variance = lambda d: jnp.log(d.rate1 / 2 + d.rate2 / 2) + math.log(2)
        return entropy_of_count(self, Skellam._summed_entropy, log_variance, rate1=1.0, rate2=1.0)

    def _summed_entropy(self) -> Array:
        """Sum -p log p without the center, whose log p is exact where it is nearly sure."""
        varies = self._variance() > 0
        d = self._with(
            rate1=jnp.where(varies, self.rate1, 1), rate2=jnp.where(varies, self.rate2, 1)
        )
        center, stddev = lax.stop_gradient((jnp.round(d._mean()), d._stddev()))
        stride = jnp.maximum(2 * _REACH * stddev / _NODES, 1)[..., None]
        steps = jnp.arange(-_NODES // 2, _NODES // 2 + 1)
        log_p = d[..., None]._log_prob(center[..., None] + stride * steps)
        log_center = jnp.log(stride[..., 0]) + log_p[..., _NODES // 2]
        p = jnp.where(steps == 0, 0, jnp.exp(log_p))
        others = -jnp.sum(p_log_p(p, log_p), -1) / jnp.sum(p, -1)
        of_center = jnp.exp(log_center) * -log_p[..., _NODES // 2]
        return jnp.where(varies, -jnp.expm1(log_center) * others + of_center, 0)
