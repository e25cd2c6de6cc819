"""REBAR and RELAX: the score function with a control variate that is differentiated through."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist.distribution import Distribution
from jaxdist.estimators.estimator import (
    Estimator,
    Integrand,
    average,
    evaluate,
    total,
    unwrapped,
    weigh,
    without,
)
from jaxdist.estimators.relaxed import refuses_relaxation
from jaxdist.families.category import Bernoulli


class Coupled(NamedTuple):
    """A discrete draw and the continuous ones behind it.

    Attributes:
      hard: the discrete draw, as floats.
      log_prob: its log-probability.
      soft: the continuous draw z that it was made of, moving with the parameters.
      given: another z, drawn given the discrete one, moving with the parameters.
    """

    hard: Array
    log_prob: Array
    soft: Array
    given: Array


class Rebar(Estimator):
    r"""REBAR: the score function, with f at relaxed draws as the control variate.

    .. math:: \hat g = (f(b) - \eta c(\tilde z)) \nabla_\theta \log p(b; \theta)
              + \eta \nabla_\theta c(z) - \eta \nabla_\theta c(\tilde z), \quad
              c(z) = f(\sigma_t(z))

    z is the logistic or Gumbel noise with the logits added, b is 1 where it is largest,
    :math:`\tilde z` is drawn given b, and :math:`\sigma_t` is the sigmoid or softmax at temperature
    t. Unbiased to any order for every t and :math:`\eta`, which are leaves: choose them so that the
    variance is small, as by `jax.grad` of the squared estimate. For Bernoulli and
    OneHotCategorical; f gets floats, and has to be differentiable between the values.

    Args:
      temperature: t, positive.
      strength: :math:`\eta`.

    References:
      Tucker et al. 2017, "REBAR: Low-variance, unbiased gradient estimates for discrete latent
      variable models", equation 5 and appendix C.
    """

    temperature: Any = 0.5
    strength: Any = 1.0

    def _refusal(self, d: Distribution) -> str | None:
        return refuses_relaxation(d)

    def expect(self, f: Integrand, d: Distribution, key: Array, num_samples: int) -> Any:
        d = unwrapped(d)

        def control(z: Array, key: Array) -> Any:
            return _scaled(self.strength, f(_soften(d, z / self.temperature), key))

        return _controlled(f, control, d, key, num_samples)


class Relax(Estimator):
    r"""RELAX: the score function, with a control variate of your own, such as a network.

    .. math:: \hat g = (f(b) - c(\tilde z)) \nabla_\theta \log p(b; \theta)
              + \nabla_\theta c(z) - \nabla_\theta c(\tilde z)

    As `Rebar`, with any differentiable c; for continuous distributions x = z, and the estimator is
    LAX: :math:`(f(x) - c(x)) \nabla_\theta \log p(x; \theta) + \nabla_\theta c(x)`. f need not be
    differentiable. Unbiased to any order for every c.

    Args:
      control_variate: c, from z to what f returns. Give its parameters to be learned by
        `jax.tree_util.Partial(c, params)`: they are then leaves of the estimator.

    References:
      Grathwohl et al. 2018, "Backpropagation through the void", algorithms 1 and 2.
    """

    control_variate: Any

    def __post_init__(self) -> None:
        """Make the control variate a tree."""
        vars(self)["control_variate"] = as_tree(self.control_variate)

    def _refusal(self, d: Distribution) -> str | None:
        if unwrapped(d).has_rsample and not d.support.is_discrete:
            return None
        return refuses_relaxation(d)

    def expect(self, f: Integrand, d: Distribution, key: Array, num_samples: int) -> Any:
        def control(z: Array, key: Array) -> Any:
            return self.control_variate(z)

        if d.support.is_discrete:
            return _controlled(f, control, unwrapped(d), key, num_samples)
        return _controlled_path(f, control, d, key, num_samples)


def as_tree(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a function a tree; one that is a tree already stays as it is."""
    is_tree = not jax.tree_util.all_leaves([function])
    return function if is_tree else jax.tree_util.Partial(function)


def _scaled(factor: Any, values: Any) -> Any:
    return jax.tree.map(lambda leaf: factor * leaf, values)


def _minus(a: Any, b: Any) -> Any:
    return jax.tree.map(jnp.subtract, a, b)


def _controlled(
    f: Integrand, control: Integrand, d: Distribution, key: Array, num_samples: int
) -> Any:
    """The value is the mean of f; the same noise goes into all that f draws itself."""
    here, beyond = jax.random.split(key)
    draws = couple(d, here, num_samples)
    hard = evaluate(f, draws.hard, beyond, num_samples)
    soft, given = (evaluate(control, z, beyond, num_samples) for z in (draws.soft, draws.given))
    log_prob = total(draws.log_prob, num_samples)
    weighed = without(_minus(soft, given), hard)
    correction = _minus(weigh(log_prob, _minus(hard, given)), _minus(hard, given))
    return average(jax.tree.map(jnp.add, weighed, correction))


def _controlled_path(
    f: Integrand, control: Integrand, d: Distribution, key: Array, num_samples: int
) -> Any:
    here, beyond = jax.random.split(key)
    moving = d.rsample(here, num_samples)
    x = jax.lax.stop_gradient(moving)
    values = evaluate(f, x, beyond, num_samples)
    along, still = (evaluate(control, z, beyond, num_samples) for z in (moving, x))
    log_prob = total(d.log_prob(x), num_samples)
    weighed = weigh(log_prob, _minus(values, still))
    return average(jax.tree.map(jnp.add, weighed, along))


def couple(d: Distribution, key: Array, num_samples: int) -> Coupled:
    """Draw a discrete value, the continuous one behind it, and another one that gives the same.

    Args:
      d: a Bernoulli or OneHotCategorical.
      key: a PRNG key.
      num_samples: how many draws.
    """
    first, second = jax.random.split(key)
    shape = (num_samples, *d.batch_shape, *d.event_shape)
    if isinstance(d, Bernoulli):
        return _couple_trials(d, *(_logistic(k, shape, d.dtype) for k in (first, second)))
    return _couple_categories(d, *(_log_exponential(k, shape, d.dtype) for k in (first, second)))


def _couple_trials(d: Bernoulli, noise: Array, other: Array) -> Coupled:
    """Tucker et al. 2017, appendix C, with every product of probabilities a sum of logarithms."""
    soft = d.logits + noise
    one = soft > 0
    given = jnp.where(
        one,
        jax.nn.softplus(other - d._log_failure()),
        -jax.nn.softplus(-other - d._log_success()),
    )
    log_prob = jnp.where(one, d._log_success(), d._log_failure())
    return Coupled(one.astype(soft.dtype), log_prob, soft, given)


def _couple_categories(d: Any, noise: Array, other: Array) -> Coupled:
    """`noise` and `other` are logarithms of exponential draws, the negative of Gumbel ones."""
    log_probs = d._log_probs()
    soft = log_probs - noise
    hard = jax.nn.one_hot(jnp.argmax(soft, -1), soft.shape[-1], dtype=soft.dtype)
    first = jnp.sum(hard * other, -1, keepdims=True)
    given = -jnp.logaddexp(jnp.where(hard == 1, -math.inf, other - log_probs), first)
    return Coupled(hard, d.log_prob(hard), soft, given)


def _logistic(key: Array, shape: tuple[int, ...], dtype: Any) -> Array:
    return jax.random.logistic(key, shape, dtype)


def _log_exponential(key: Array, shape: tuple[int, ...], dtype: Any) -> Array:
    return -jax.random.gumbel(key, shape, dtype)


def _soften(d: Distribution, z: Array) -> Array:
    return jax.nn.sigmoid(z) if isinstance(d, Bernoulli) else jax.nn.softmax(z, -1)
