"""Surrogates of the score function: of one draw, of a sequence, of the entropy."""

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


def dice(log_prob_t: ArrayLike, objective_t: ArrayLike, baseline_t: ArrayLike = 0.0) -> Array:
    r"""Score-function surrogate of a sequence of draws, each answerable for what comes after it.

    .. math:: J_t = e_t (f_t + J_{t + 1}) + (1 - e_t) b_t, \quad
              e_t = \exp(\log p_t - \mathrm{stop}(\log p_t)) = 1

    The value is the sum of the objectives; derivatives of every order are unbiased, those in the
    parameters of the objectives themselves included. For one sequence; `jax.vmap` makes many.

    Args:
      log_prob_t: log-probability of each draw, `[T]`.
      objective_t: what followed draw t and came before draw t + 1, discounted, `[T]`.
      baseline_t: a guess of the sum of the objectives from t on, which does not depend on draw t
        nor on later ones, broadcastable to `[T]`; its gradient is stopped.

    Returns:
      Scalar.

    References:
      Foerster et al. 2018, "DiCE: The Infinitely Differentiable Monte Carlo Estimator", eq. 4;
      Mao et al. 2019, "A Baseline for Any Order Gradient Estimation in Stochastic Computation
      Graphs", eq. 8.

    Example:
      Two steps to the right with probability p each, and a reward of 1 for both: E = p^2.

      >>> import jax, jax.numpy as jnp, jaxdist as jd
      >>> def value(p):
      ...     d = jd.Bernoulli(jnp.full(2, p))
      ...     steps = d.sample(jax.random.key(0), 100_000)
      ...     reward = jnp.stack([0 * steps[:, 0], steps[:, 0] * steps[:, 1]], 1)
      ...     return jax.vmap(jd.dice)(d.log_prob(steps), reward).mean()
      >>> f"{jax.grad(value)(0.7):.1f}", f"{jax.grad(jax.grad(value))(0.7):.1f}"
      ('1.4', '2.0')
    """
    log_prob = jnp.asarray(log_prob_t)
    if log_prob.ndim != 1:
        raise ValueError(
            f"dice: log_prob_t must have one axis, time; got shape {log_prob.shape}. For many "
            "sequences use jax.vmap"
        )
    so_far = _one(jnp.cumsum(log_prob))
    before = jnp.concatenate([jnp.ones_like(so_far[:1]), so_far[:-1]])
    baseline = lax.stop_gradient(jnp.asarray(baseline_t))
    return jnp.sum(so_far * jnp.asarray(objective_t) + (before - so_far) * baseline)


def entropy_bonus(log_prob: ArrayLike) -> Array:
    r"""Surrogate of the entropy, from draws: for distributions without `entropy`.

    .. math:: H = -E[\log p(x)], \quad
              \nabla_\theta H = -E[\log p(x) \, \nabla_\theta \log p(x)]

    Args:
      log_prob: log-probability of a draw made with `sample`, any shape.

    Returns:
      `-log_prob`, the same shape, whose gradient estimates that of the entropy; take the mean.

    References:
      Williams and Peng 1991, "Function optimization using connectionist reinforcement learning
      algorithms".
    """
    return score_function(log_prob, -jnp.asarray(log_prob))
