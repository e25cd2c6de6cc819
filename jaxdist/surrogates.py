"""Surrogate losses: functions whose value is an objective and whose `jax.grad` is an estimator.

Each is a pure function of log-probabilities and weights, elementwise; take the mean yourself. The
log-probabilities are those of values drawn with `sample`, whose gradient is stopped.
"""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax
from jax.typing import ArrayLike


def score_function(log_prob: ArrayLike, objective: ArrayLike, baseline: ArrayLike = 0.0) -> Array:
    r"""Score-function surrogate: its gradient estimates that of an expectation.

    .. math:: \nabla_\theta E[f(x)] = E[(f(x) - b) \nabla_\theta \log p(x; \theta)
              + \nabla_\theta f(x)]

    The value is `objective`. With `e = exp(log_prob - stop_gradient(log_prob))`, which is one,
    it is computed as `e * objective + (1 - e) * baseline`, so that derivatives of every order are
    unbiased where the estimator's are.

    Args:
      log_prob: log-probability of the draw, any shape.
      objective: `f(x)`, to be maximised or minimised, broadcastable with `log_prob`; its own
        dependence on the parameters is differentiated too.
      baseline: a number that does not depend on the draw, broadcastable with `log_prob`.

    Returns:
      The value of `objective`, shape of all three broadcast together.

    References:
      Foerster et al. 2018, "DiCE: The Infinitely Differentiable Monte Carlo Estimator", eq. 4;
      Mao et al. 2019, "A Baseline for Any Order Gradient Estimation in Stochastic Computation
      Graphs", eq. 8; Williams 1992 for the first derivative.

    Example:
      The gradient of E[x^2] under Normal(mu, 1) is 2 mu.

      >>> import jax, jaxdist as jd
      >>> def loss(mu):
      ...     d = jd.Normal(mu, 1.0)
      ...     x = d.sample(jax.random.key(0), (100_000,))
      ...     return jd.score_function(d.log_prob(x), x**2, baseline=1.0).mean()
      >>> print(f"{jax.grad(loss)(1.5):.1f}")
      3.0
    """
    one = _one(jnp.asarray(log_prob))
    return one * jnp.asarray(objective) + (1 - one) * lax.stop_gradient(jnp.asarray(baseline))


def _one(log_prob: Array) -> Array:
    """One, with the derivatives of `exp(log_prob)` divided by it; constant where that is 0."""
    possible = log_prob != -math.inf
    finite = jnp.where(possible, log_prob, 0)
    return jnp.exp(finite - lax.stop_gradient(finite))


def importance_ratio(log_prob: ArrayLike, old_log_prob: ArrayLike) -> Array:
    r"""Ratio of two probabilities, which stays finite.

    .. math:: r = p(x) / p_\mathrm{old}(x)

    Above the square root of the largest float the ratio is cut off, so that its product with an
    advantage does not overflow; a NaN in either argument is passed on.

    Args:
      log_prob: log-probability under the policy that is being improved, any shape.
      old_log_prob: log-probability under the policy that drew, the shape of `log_prob`; its
        gradient is stopped.

    Returns:
      The shape of `log_prob`.
    """
    difference = jnp.asarray(log_prob) - lax.stop_gradient(jnp.asarray(old_log_prob))
    largest = math.log(float(jnp.finfo(difference.dtype).max)) / 2
    return jnp.exp(jnp.minimum(difference, largest))


def clipped_ratio(
    log_prob: ArrayLike, old_log_prob: ArrayLike, advantage: ArrayLike, clip: ArrayLike = 0.2
) -> Array:
    r"""Clipped surrogate objective of PPO, to be maximised.

    .. math:: L = \min(r A, \mathrm{clip}(r, 1 - \epsilon, 1 + \epsilon) A), \quad
              r = p(a) / p_\mathrm{old}(a)

    Args:
      log_prob: log-probability of the action under the current policy, any shape.
      old_log_prob: the same under the policy that acted.
      advantage: advantage of the action; its gradient is stopped.
      clip: epsilon, how far the ratio may move from one.

    Returns:
      The shape of `log_prob`.

    References:
      Schulman et al. 2017, "Proximal Policy Optimization Algorithms", eq. 7.
    """
    ratio = importance_ratio(log_prob, old_log_prob)
    weight = lax.stop_gradient(jnp.asarray(advantage))
    return jnp.minimum(ratio * weight, jnp.clip(ratio, 1 - clip, 1 + clip) * weight)
