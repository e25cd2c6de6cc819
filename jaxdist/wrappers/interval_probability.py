"""The probability of an interval under any univariate distribution, without cancellation."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jax.typing import ArrayLike

from jaxdist.arguments import as_real_numbers, broadcasts_to
from jaxdist.distribution import Distribution, require_distribution
from jaxdist.promotion import numpy_promotion
from jaxdist.special import logdiffexp, masked_log, masked_logsumexp

_NARROW = 0.5  # relative change of a tail, up to which five nodes integrate a smooth density
_NODES, _WEIGHTS = np.polynomial.legendre.leggauss(5)


def log_interval_prob(d: Distribution, low: ArrayLike, high: ArrayLike) -> Array:
    r"""Return the logarithm of the probability of an interval.

    .. math:: \log P(\mathrm{low} < X \le \mathrm{high})

    It is the difference of two values of the lower or of the upper tail, whichever is smaller, or
    the complement of both. Over an interval on which these hardly differ, the density is integrated
    instead, if that agrees with the difference up to the latter's rounding.

    Args:
      d: a univariate distribution with `log_cdf` and `log_survival_function`.
      low: lower end, excluded, shape `(..., *batch_shape)` or `()`; may be `-inf`.
      high: upper end, included, at least `low`; may be `inf`.

    Returns:
      Shape `(..., *batch_shape)`.

    Example:
      >>> import jaxdist as jd
      >>> jd.log_interval_prob(jd.Normal(0.0, 1.0), 20.0, 20.5).round(3)
      Array(-203.917, dtype=float32)
    """
    require_distribution(d)
    low, high = (
        jnp.asarray(as_real_numbers("log_interval_prob", name, end))
        for name, end in (("low", low), ("high", high))
    )
    for name, end in (("low", low), ("high", high)):
        if not broadcasts_to(d.batch_shape, end.shape) and end.shape != ():
            raise ValueError(
                f"log_interval_prob: the shape of {name} must end in {d.batch_shape}, the batch "
                f"shape, or be (); got {end.shape}"
            )
    try:
        jnp.broadcast_shapes(low.shape, high.shape)
    except ValueError as error:
        raise ValueError(
            f"log_interval_prob: low and high must broadcast; got {low.shape} and {high.shape}"
        ) from error
    return _evaluate(d, low, high)


@jax.jit
@numpy_promotion
def _evaluate(d: Distribution, low: ArrayLike, high: ArrayLike) -> Array:
    low, high = (jnp.asarray(end, jnp.result_type(d.dtype, end)) for end in (low, high))
    shape = jnp.broadcast_shapes(low.shape, high.shape, d.batch_shape)
    low, high = jnp.broadcast_to(low, shape), jnp.broadcast_to(high, shape)
    ends = jnp.stack([low, high])
    (lower_at_low, lower_at_high), (upper_at_low, upper_at_high) = (
        d.log_cdf(ends),
        d.log_survival_function(ends),
    )
    is_upper = upper_at_low < lower_at_high
    larger = jnp.where(is_upper, upper_at_low, lower_at_high)
    smaller = jnp.minimum(jnp.where(is_upper, upper_at_high, lower_at_low), larger)
    outside = jnp.exp(lower_at_low) + jnp.exp(upper_at_high)
    is_most = outside < 0.5
    log_prob = jnp.where(
        is_most, jnp.log1p(-jnp.where(is_most, outside, 0)), logdiffexp(larger, smaller)
    )
    if d.support.is_discrete or d._has_atoms:
        return log_prob
    return _refine_where_narrow(d, low, high, log_prob, larger, smaller)


def _refine_where_narrow(
    d: Distribution, low: Array, high: Array, log_prob: Array, larger: Array, smaller: Array
) -> Array:
    """Replace a difference that has lost digits by the integral of the density."""
    gap = larger - jnp.where(larger > smaller, smaller, larger)
    narrow = (gap < _NARROW) & jnp.isfinite(low) & jnp.isfinite(high)
    width = jnp.where(narrow, high - low, 0)
    fractions = jnp.asarray((1 + _NODES) / 2, low.dtype).reshape(-1, *[1] * low.ndim)
    log_weights = jnp.asarray(np.log(_WEIGHTS / 2), low.dtype).reshape(fractions.shape)
    start = jnp.where(narrow, low, d.support.feasible_like(low))
    log_density = d.log_prob(start + width * fractions)
    integral = masked_log(width) + masked_logsumexp(jnp.moveaxis(log_density + log_weights, 0, -1))
    rounding = 16 * jnp.finfo(low.dtype).eps * (1 + jnp.abs(larger)) / jnp.where(gap > 0, gap, 1)
    differs = (gap > 0) & (jnp.abs(integral - log_prob) > rounding)
    return jnp.where(lax.stop_gradient(narrow & ~differs), integral, log_prob)
