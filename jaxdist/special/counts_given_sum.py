"""The log-probability of negative binomial counts given their sum."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist.special.binomial_density import split_binomial_kernel
from jaxdist.special.products import sum_of_logs


def log_prob_given_sum(x: Array, a: Array) -> Array:
    r"""Log-probability of counts that are not all 0, given their sum n, along the first axis.

    .. math:: \frac{n! \, \Gamma(A)}{\Gamma(n + A)} \prod_k \frac{\Gamma(x_k + a_k)}{x_k! \,
              \Gamma(a_k)}, \quad A = \sum_k a_k

    They are counts of successes before :math:`a_k` failures, of a probability of success
    :math:`n / (n + A)`, for which their sum is the most likely one. All factors but the
    exponentials of deviances are multiplied before the logarithm is taken: their logarithms would
    cancel.

    Args:
      x: non-negative, shape `(K, ...)`; need not be integers.
      a: positive, of the shape of `x`.
    """
    n, total = jnp.sum(x, 0, keepdims=True), jnp.sum(a, 0, keepdims=True)
    whole, tiny = n + total, jnp.finfo(x.dtype).tiny
    p, q = (jnp.maximum(part / whole, tiny) for part in (n, total))
    none = x == 0
    safe = jnp.where(none, 1, x)
    counts, failures = jnp.concatenate([safe, n]), jnp.concatenate([a, total])
    excess = jnp.concatenate([safe * q - a * p, jnp.zeros_like(n)])
    p, q = (jnp.broadcast_to(v, counts.shape) for v in (p, q))
    exponents, ratios = split_binomial_kernel(counts, failures, p, q, excess)
    roots = jnp.sqrt(ratios)
    at_none = -a * jnp.log1p(jnp.minimum(n / total, jnp.finfo(x.dtype).max))
    factors = [
        # Quotients of large numbers, by which products do not underflow.
        jnp.where(none, 1, jnp.minimum(a, 1)),
        jnp.where(none, 1, jnp.maximum(a, 1) / (safe + a) * roots[:-1]),
        whole / jnp.maximum(total, 1) / roots[-1:],
        1 / jnp.minimum(total, 1),
    ]
    logs = sum_of_logs(jnp.moveaxis(jnp.concatenate(factors), 0, -1))
    return jnp.sum(jnp.where(none, at_none, exponents[:-1]), 0) - exponents[-1] + logs
