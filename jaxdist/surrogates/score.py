"""Score-function surrogates: of one draw, of a sequence of draws, and of the entropy."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax
from jax.typing import ArrayLike

from jaxdist.argument_checks import check_same_shape, check_stream
from jaxdist.arguments import as_floats


def score_function(log_prob: ArrayLike, objective: ArrayLike, baseline: ArrayLike = 0.0) -> Array:
    r"""Score-function surrogate: its gradient estimates that of an expectation.

    .. math:: \nabla_\theta E[f(x)] = E[(f(x) - b) \nabla_\theta \log p(x; \theta)
              + \nabla_\theta f(x)]

    The value is `objective`. With `e = exp(log_prob - stop_gradient(log_prob))`, which is one,
    it is computed as `e * objective + (1 - e) * baseline`, so that derivatives of every order are
    unbiased.

    Args:
      log_prob: log-probability of the draw, any shape.
      objective: `f(x)`, to be maximized or minimized; its own dependence on the parameters is
        differentiated too.
      baseline: b, which must not depend on the draw; its gradient is stopped.

    Returns:
      The value of `objective`, the shape of the arguments, which have equal shapes or are scalars.

    Raises:
      ValueError: if the shapes differ.

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
    check_same_shape("score_function", log_prob=log_prob, objective=objective, baseline=baseline)
    box = _magic_box(as_floats(log_prob))
    return box * as_floats(objective) + (1 - box) * lax.stop_gradient(as_floats(baseline))


def _magic_box(log_prob: Array) -> Array:
    """Return one, with the derivatives of `exp(log_prob) / stop_gradient(exp(log_prob))`.

    They are 0 where the probability is 0.
    """
    possible = log_prob != -math.inf
    finite = jnp.where(possible, log_prob, 0)
    return jnp.exp(finite - lax.stop_gradient(finite))


def dice(log_prob_t: ArrayLike, objective_t: ArrayLike, baseline_t: ArrayLike = 0.0) -> Array:
    r"""DiCE: score-function surrogate of a sequence, with each score times the objectives after it.

    .. math:: J_t = e_t (f_t + J_{t + 1}) + (1 - e_t) b_t, \quad
              e_t = \exp(\log p_t - \mathrm{stop}(\log p_t)) = 1

    The value is the sum of the objectives. Derivatives of every order are unbiased, including those
    with respect to parameters of the objectives. For a batch of sequences use `jax.vmap`.

    Args:
      log_prob_t: log-probability of each draw, `[T]`.
      objective_t: discounted reward that follows draw t (before draw t + 1), `[T]`.
      baseline_t: estimate of the sum of the objectives from t on, which must not depend on draw t
        or later draws, `[T]` or scalar; its gradient is stopped.

    Returns:
      The sum of the objectives, scalar.

    Raises:
      ValueError: if an argument does not have its shape.

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
    check_stream("dice", log_prob_t=log_prob_t, objective_t=objective_t)
    check_same_shape("dice", log_prob_t=log_prob_t, baseline_t=baseline_t)
    up_to_t = _magic_box(jnp.cumsum(as_floats(log_prob_t)))
    before_t = jnp.concatenate([jnp.ones_like(up_to_t[:1]), up_to_t[:-1]])
    baseline = lax.stop_gradient(as_floats(baseline_t))
    return jnp.sum(up_to_t * as_floats(objective_t) + (before_t - up_to_t) * baseline)


def entropy_bonus(log_prob: ArrayLike) -> Array:
    r"""Score-function surrogate of the entropy, for distributions whose entropy has no closed form.

    .. math:: H = -E[\log p(x)], \quad
              \nabla_\theta H = -E[\log p(x) \, \nabla_\theta \log p(x)]

    Args:
      log_prob: log-probability of a draw made with `sample`, any shape.

    Returns:
      `-log_prob`, the same shape, whose gradient estimates that of the entropy.

    References:
      Williams and Peng 1991, "Function optimization using connectionist reinforcement learning
      algorithms".

    Example:
      The entropy of a Normal is log(scale) + 1.42, and its derivative is 1 / scale.

      >>> import jax, jaxdist as jd
      >>> def entropy(scale):
      ...     d = jd.Normal(0.0, scale)
      ...     return jd.entropy_bonus(d.log_prob(d.sample(jax.random.key(0), 100_000))).mean()
      >>> print(f"{jax.grad(entropy)(2.0):.1f}")
      0.5
    """
    check_same_shape("entropy_bonus", log_prob=log_prob)
    return score_function(log_prob, -as_floats(log_prob))
