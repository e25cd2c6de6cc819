"""REBAR and RELAX: the score function with a control variate that is differentiated through."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist.bases.trials import log_failure_prob, log_success_prob
from jaxdist.distribution import Distribution
from jaxdist.estimators.estimator import (
    Estimator,
    Integrand,
    average,
    evaluate,
    total,
    weigh,
    without,
)
from jaxdist.estimators.relaxed import Relaxable, refuses_relaxation, relaxable
from jaxdist.estimators.score import refuses_scores
from jaxdist.families.category.bernoulli import Bernoulli
from jaxdist.families.category.one_hot_categorical import OneHotCategorical
from jaxdist.special import log1mexp, masked_log_softmax


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
    :math:`\tilde z` is drawn given b, and :math:`\sigma_t` is the sigmoid or softmax of
    :math:`(z + \mathrm{logits} \, t^2 / (t + 1)) / t`, b itself where t is 0 and its mean where t
    is infinite. Unbiased to any order for every t and :math:`\eta`, which are leaves: choose them
    so that the variance is small, as by `jax.grad` of it. For Bernoulli and OneHotCategorical; f
    gets floats, and has to be differentiable between the values.

    Args:
      temperature: t, positive.
      strength: :math:`\eta`.

    References:
      Tucker et al. 2017, "REBAR: Low-variance, unbiased gradient estimates for discrete latent
      variable models", sections 3.1 and 3.2 and appendix C.
    """

    temperature: Any = 0.5
    strength: Any = 1.0

    def _refusal(self, d: Distribution) -> str | None:
        return refuses_relaxation(d)

    def expect(self, f: Integrand, d: Distribution, key: Array, num_samples: int) -> Any:
        base = relaxable(d)

        def control(z: Array, key: Array) -> Any:
            return _scaled(self.strength, f(_soften(base, z, self.temperature), key))

        return _controlled(f, control, base, key, num_samples)


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
        if d.support.is_discrete:
            return refuses_relaxation(d)
        return refuses_scores(d) if d.has_rsample else "it has no pathwise derivative"

    def expect(self, f: Integrand, d: Distribution, key: Array, num_samples: int) -> Any:
        def control(z: Array, key: Array) -> Any:
            return self.control_variate(z)

        if d.support.is_discrete:
            return _controlled(f, control, relaxable(d), key, num_samples)
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
    f: Integrand, control: Integrand, d: Relaxable, key: Array, num_samples: int
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
    x = lax.stop_gradient(moving)
    values = evaluate(f, x, beyond, num_samples)
    along, still = (evaluate(control, z, beyond, num_samples) for z in (moving, x))
    log_prob = total(d.log_prob(x), num_samples)
    weighed = weigh(log_prob, _minus(values, still))
    return average(jax.tree.map(jnp.add, weighed, along))


def couple(d: Relaxable, key: Array, num_samples: int) -> Coupled:
    """Draw a discrete value, the continuous one behind it, and another one that gives the same.

    The noise of the second is chosen so that both continuous draws are the same number, which
    moves with the parameters in two ways. Given the discrete draw that noise is as independent of
    the parameters as any; what the draws have in common then cancels (Tucker et al., section 3).

    Args:
      d: a Bernoulli or OneHotCategorical.
      key: a PRNG key.
      num_samples: how many draws.
    """
    shape = (num_samples, *d.batch_shape, *d.event_shape)
    if isinstance(d, Bernoulli):
        return _couple_trials(d, d.logits + jax.random.logistic(key, shape, d.dtype))
    return _couple_categories(
        d, masked_log_softmax(d.logits) + jax.random.gumbel(key, shape, d.dtype)
    )


def _couple_trials(d: Bernoulli, soft: Array) -> Coupled:
    """Tucker et al. 2017, appendix C, with every product of probabilities a sum of logarithms."""
    one = soft > 0
    sign = jnp.where(one, 1.0, -1.0)
    other_side = jnp.where(one, log_failure_prob(d), log_success_prob(d))
    size = jnp.abs(lax.stop_gradient(soft))
    noise = size + log1mexp(size) + lax.stop_gradient(other_side)  # log expm1, and how it scales
    given = sign * jax.nn.softplus(noise - other_side)
    log_prob = jnp.where(one, log_success_prob(d), log_failure_prob(d))
    return Coupled(one.astype(soft.dtype), log_prob, soft, given)


def _couple_categories(d: OneHotCategorical, soft: Array) -> Coupled:
    """The largest z is a Gumbel draw, whichever it is; given it, the others stay below."""
    hard = jax.nn.one_hot(jnp.argmax(soft, -1), soft.shape[-1], dtype=soft.dtype)
    largest = lax.stop_gradient(jnp.max(soft, -1, keepdims=True))
    possible = (hard == 0) & (soft > -math.inf)
    fixed = jnp.where(possible, lax.stop_gradient(soft), largest - 1)
    log_probs = jnp.where(possible, masked_log_softmax(d.logits), 0)
    noise = log1mexp(largest - fixed) - fixed + lax.stop_gradient(log_probs)
    below = -jnp.logaddexp(noise - log_probs, -largest)
    given = jnp.where(possible, below, jnp.where(hard == 1, largest, -math.inf))
    return Coupled(hard, d.log_prob(hard), soft, given)


def _soften(d: Relaxable, z: Array, temperature: Any) -> Array:
    """Relax z; with a rising temperature towards the mean, not towards one half."""
    drift = temperature**2 / (temperature + 1)
    if isinstance(d, Bernoulli):
        return jax.nn.sigmoid((z + drift * d.logits) / temperature)
    return jax.nn.softmax((z + drift * masked_log_softmax(d.logits)) / temperature, -1)
