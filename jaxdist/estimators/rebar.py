"""REBAR and RELAX: the score function with a control variate of relaxed draws."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist import random
from jaxdist.arguments import check_callable
from jaxdist.bases.trials import log_failure_prob, log_success_prob
from jaxdist.distribution import Distribution
from jaxdist.estimators.estimator import (
    Estimator,
    Integrand,
    add_derivatives,
    average,
    evaluate,
    score_function_surrogate,
    sum_over_batch,
)
from jaxdist.estimators.relaxation import Relaxable, relaxable, why_not_relaxable
from jaxdist.estimators.score_function import why_no_score
from jaxdist.families.category.bernoulli import Bernoulli
from jaxdist.families.category.one_hot_categorical import OneHotCategorical
from jaxdist.promotion import numpy_promotion
from jaxdist.special import log1mexp, masked_log_softmax


class CoupledDraws(NamedTuple):
    r"""Discrete draws and continuous draws that round to them.

    Attributes:
      b: discrete draws, as floats.
      log_prob: log-probabilities of b.
      z: continuous draws, of which b is a function; differentiable in the parameters.
      z_tilde: :math:`\tilde z`, continuous draws given b; differentiable in the parameters.
    """

    b: Array
    log_prob: Array
    z: Array
    z_tilde: Array


class Rebar(Estimator):
    r"""REBAR: the score function with f at relaxed draws as the control variate.

    .. math:: \hat g = (f(b) - \eta c(\tilde z)) \nabla_\theta \log p(b; \theta)
              + \eta \nabla_\theta c(z) - \eta \nabla_\theta c(\tilde z), \quad
              c(z) = f(\sigma_t(z))

    z is the sum of the logits and logistic or Gumbel noise, b is 1 where z is positive or largest,
    :math:`\tilde z` is drawn given b, and :math:`\sigma_t` is the sigmoid or softmax of
    :math:`(z + \mathrm{logits} \, t^2 / (t + 1)) / t`, which tends to b as t tends to 0, and to the
    mean of b as t tends to infinity. Derivatives of every order are unbiased for every t and
    :math:`\eta`. Both are leaves, which can be learned by gradient descent on the variance.

    It supports Bernoulli and OneHotCategorical. f receives floats, and must be differentiable
    between the values.

    Args:
      temperature: t, positive.
      strength: :math:`\eta`, coefficient of the control variate.

    References:
      Tucker et al. 2017, "REBAR: Low-variance, unbiased gradient estimates for discrete latent
      variable models", sections 3.1 and 3.2 and appendix C.

    Example:
      >>> import jax, jaxdist as jd
      >>> def objective(p):
      ...     return jd.expectation(lambda x: (x - 0.4) ** 2, jd.Bernoulli(p), jax.random.key(0),
      ...                           num_samples=100_000, estimator=jd.estimators.Rebar())
      >>> print(f"{jax.grad(objective)(0.5):.1f}")
      0.2
    """

    temperature: Any = 0.5
    strength: Any = 1.0

    def _unsupported_reason(self, d: Distribution) -> str | None:
        return why_not_relaxable(d)

    def expect(self, f: Integrand, d: Distribution, key: Array, num_samples: int) -> Any:
        base = relaxable(d)

        def control_variate(z: Array, key: Array) -> Any:
            values = f(_soften(base, z, self.temperature), key)
            return jax.tree.map(lambda leaf: self.strength * leaf, values)

        return _expect_discrete(f, control_variate, base, key, num_samples)


class Relax(Estimator):
    r"""RELAX: the score function with any control variate, such as a neural network.

    .. math:: \hat g = (f(b) - c(\tilde z)) \nabla_\theta \log p(b; \theta)
              + \nabla_\theta c(z) - \nabla_\theta c(\tilde z)

    The draws are those of `Rebar`; c is any differentiable function. For continuous distributions
    x = z, and the estimator is LAX:
    :math:`(f(x) - c(x)) \nabla_\theta \log p(x; \theta) + \nabla_\theta c(x)`. f need not be
    differentiable. Derivatives of every order are unbiased for every c.

    Args:
      control_variate: c, a function from z to what f returns. To learn its parameters, give
        `jax.tree_util.Partial(c, params)`, whose parameters are leaves of the estimator.

    References:
      Grathwohl et al. 2018, "Backpropagation through the void: Optimizing control variates
      for black-box gradient estimation", algorithms 1 and 2.

    Example:
      >>> import jax, jaxdist as jd
      >>> def objective(p):
      ...     estimator = jd.estimators.Relax(lambda z: 0.1 * jax.nn.sigmoid(z))
      ...     return jd.expectation(lambda x: (x - 0.4) ** 2, jd.Bernoulli(p), jax.random.key(0),
      ...                           num_samples=100_000, estimator=estimator)
      >>> print(f"{jax.grad(objective)(0.5):.1f}")
      0.2
    """

    control_variate: Any

    def __post_init__(self) -> None:
        """Make the control variate a pytree."""
        vars(self)["control_variate"] = as_tree(self.control_variate)

    def _unsupported_reason(self, d: Distribution) -> str | None:
        if d.support.is_discrete:
            return why_not_relaxable(d)
        return why_no_score(d) if d.has_rsample else "it has no pathwise derivative"

    def expect(self, f: Integrand, d: Distribution, key: Array, num_samples: int) -> Any:
        def control_variate(z: Array, key: Array) -> Any:
            return self.control_variate(z)

        if d.support.is_discrete:
            return _expect_discrete(f, control_variate, relaxable(d), key, num_samples)
        return _expect_continuous(f, control_variate, d, key, num_samples)


def as_tree(function: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function as a pytree."""
    check_callable("Relax", "control_variate", function)
    is_tree = not jax.tree_util.all_leaves([function])
    return function if is_tree else jax.tree_util.Partial(function)


def _subtract(a: Any, b: Any) -> Any:
    return jax.tree.map(jnp.subtract, a, b)


def _expect_discrete(
    f: Integrand, control_variate: Integrand, d: Relaxable, key: Array, num_samples: int
) -> Any:
    """Estimate the mean of f; its value is the mean over discrete draws.

    f and the control variate receive the same keys.
    """
    draw_key, f_key = jax.random.split(key)
    draws = draw_coupled(d, draw_key, num_samples)
    values = evaluate(f, draws.b, f_key, num_samples)
    control, control_tilde = (
        evaluate(control_variate, z, f_key, num_samples) for z in (draws.z, draws.z_tilde)
    )
    log_prob = sum_over_batch(draws.log_prob, num_samples)
    remainder = _subtract(values, control_tilde)
    pathwise_terms = add_derivatives(values, _subtract(control, control_tilde))
    score_terms = _subtract(score_function_surrogate(log_prob, remainder), remainder)
    return average(jax.tree.map(jnp.add, pathwise_terms, score_terms))


def _expect_continuous(
    f: Integrand, control_variate: Integrand, d: Distribution, key: Array, num_samples: int
) -> Any:
    draw_key, f_key = jax.random.split(key)
    z = d.rsample(draw_key, num_samples)
    x = lax.stop_gradient(z)
    values = evaluate(f, x, f_key, num_samples)
    control, control_at_x = (evaluate(control_variate, v, f_key, num_samples) for v in (z, x))
    log_prob = sum_over_batch(d.log_prob(x), num_samples)
    score_terms = score_function_surrogate(log_prob, _subtract(values, control_at_x))
    return average(jax.tree.map(jnp.add, score_terms, control))


@numpy_promotion
def draw_coupled(d: Relaxable, key: Array, num_samples: int) -> CoupledDraws:
    r"""Draw b, z and :math:`\tilde z`, with :math:`z = \tilde z`.

    The noise of :math:`\tilde z` is chosen so that both are the same number, as functions of the
    parameters with different derivatives. Given b, that noise is independent of the parameters.
    The terms of both in the estimator then cancel in part (Tucker et al. 2017, section 3).

    Args:
      d: a Bernoulli or OneHotCategorical.
      key: a PRNG key.
      num_samples: number of draws.
    """
    shape = (num_samples, *d.batch_shape, *d.event_shape)
    dtype = jnp.promote_types(d.dtype, jnp.float32)
    if isinstance(d, Bernoulli):
        noise = random.logistic(key, shape, dtype).astype(d.dtype)
        return _couple_bernoulli(d, d.logits + noise)
    noise = random.gumbel(key, shape, dtype).astype(d.dtype)
    return _couple_categories(d, masked_log_softmax(d.logits) + noise)


def _couple_bernoulli(d: Bernoulli, z: Array) -> CoupledDraws:
    """Tucker et al. 2017, appendix C, with every product of probabilities a sum of logarithms."""
    b = z > 0
    sign = jnp.where(b, 1.0, -1.0)
    log_complement = jnp.where(b, log_failure_prob(d), log_success_prob(d))
    size = jnp.abs(lax.stop_gradient(z))
    log_expm1 = size + log1mexp(size)
    noise = log_expm1 + lax.stop_gradient(log_complement)
    z_tilde = sign * jax.nn.softplus(noise - log_complement)
    log_prob = jnp.where(b, log_success_prob(d), log_failure_prob(d))
    return CoupledDraws(b.astype(z.dtype), log_prob, z, z_tilde)


def _couple_categories(d: OneHotCategorical, z: Array) -> CoupledDraws:
    """The maximum of z is a Gumbel draw independent of b; given both, the others are truncated."""
    b = jax.nn.one_hot(jnp.argmax(z, -1), z.shape[-1], dtype=z.dtype)
    maximum = lax.stop_gradient(jnp.max(z, -1, keepdims=True))
    possible = (b == 0) & (z > -math.inf)
    fixed = jnp.where(possible, lax.stop_gradient(z), maximum - 1)
    log_probs = jnp.where(possible, masked_log_softmax(d.logits), 0)
    noise = log1mexp(maximum - fixed) - fixed + lax.stop_gradient(log_probs)
    truncated = -jnp.logaddexp(noise - log_probs, -maximum)
    z_tilde = jnp.where(possible, truncated, jnp.where(b == 1, maximum, -math.inf))
    return CoupledDraws(b, d.log_prob(b), z, z_tilde)


@numpy_promotion
def _soften(d: Relaxable, z: Array, temperature: Any) -> Array:
    """Relax z; as the temperature grows, the result tends to the mean of the distribution."""
    weight = temperature**2 / (temperature + 1)
    if isinstance(d, Bernoulli):
        return jax.nn.sigmoid((z + weight * d.logits) / temperature)
    return jax.nn.softmax((z + weight * masked_log_softmax(d.logits)) / temperature, -1)
