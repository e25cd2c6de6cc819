"""The Jensen-Shannon divergence of distributions of finitely many values."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist.bases.categories import Categories
from jaxdist.distribution import Distribution
from jaxdist.divergences.registry import common_batch_shape
from jaxdist.divergences.relative_entropy import relative_entropy_of_log_probs
from jaxdist.precision import narrow, widen
from jaxdist.promotion import numpy_promotion


def js_divergence(p: Distribution, q: Distribution) -> Array:
    r"""Jensen-Shannon divergence, in nats: symmetric, at most log 2.

    .. math:: JS(p, q) = \tfrac12 KL(p \| m) + \tfrac12 KL(q \| m), \quad m = (p + q) / 2

    Args:
      p: a distribution whose support can be listed.
      q: another one, of integers too, or of the same values.

    Returns:
      Divergences, of the shape of both batch shapes broadcast together.

    Raises:
      NotImplementedError: if a support cannot be listed.
      ValueError: if the numbers of categories, or the values of vectors, differ.

    Example:
      >>> import jaxdist as jd
      >>> jd.js_divergence(jd.Bernoulli(0.0), jd.Bernoulli([0.0, 1.0]))
      Array([0.       , 0.6931472], dtype=float32)

    References:
      Lin 1991, "Divergence measures based on the Shannon entropy".
    """
    shape = common_batch_shape(p, q)
    for d in (p, q):
        if not (d.has_enumerate_support and d.support.is_discrete):
            raise NotImplementedError(
                "the Jensen-Shannon divergence is known where the values of both can be listed "
                f"(`has_enumerate_support`); got {type(d).__name__}. Estimate it from draws by "
                "`jaxdist.monte_carlo_kl` of each and of an equal `Mixture` of both"
            )
    listed = _values_of_both(p, q).reshape(-1, *[1] * len(shape), *p.event_shape)
    values = jnp.broadcast_to(listed, (len(listed), *shape, *p.event_shape))
    return _average(p.expand(shape), q.expand(shape), values)


def _values_of_both(p: Distribution, q: Distribution) -> np.ndarray:
    """List the values that one of two distributions has."""
    with jax.ensure_compile_time_eval():
        first, second = (
            np.asarray(d.enumerate_support(expand=False)).reshape(-1, *d.event_shape)
            for d in (p, q)
        )
    if np.array_equal(first, second):
        return first
    if p.event_shape or isinstance(p, Categories) or isinstance(q, Categories):
        raise ValueError(
            "js_divergence: p and q must have the same values; got "
            f"{len(first)} and {len(second)} of them"
        )
    return np.union1d(first, second)


@jax.jit
@numpy_promotion
def _average(p: Distribution, q: Distribution, values: Array) -> Array:
    log_p, log_q = (jnp.moveaxis(widen(d).log_prob(values), 0, -1) for d in (p, q))
    possible = jnp.maximum(log_p, log_q) > -math.inf
    log_sum = jnp.logaddexp(jnp.where(possible, log_p, 0), jnp.where(possible, log_q, 0))
    log_m = jnp.where(possible, log_sum - math.log(2), -math.inf)
    total = sum(relative_entropy_of_log_probs(log, log_m) for log in (log_p, log_q))
    return narrow(jnp.asarray(total) / 2, jnp.result_type(p.dtype, q.dtype))
