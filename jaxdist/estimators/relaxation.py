"""Biased estimators for discrete draws: straight-through and Gumbel-softmax."""

from __future__ import annotations

from typing import Any, cast

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist.distribution import Distribution
from jaxdist.estimators.estimator import (
    Estimator,
    Integrand,
    add_derivatives,
    average,
    base_distribution,
    evaluate,
)
from jaxdist.families.category.bernoulli import Bernoulli
from jaxdist.families.category.categorical import Categorical
from jaxdist.families.category.one_hot_categorical import OneHotCategorical
from jaxdist.families.interval.relaxed_bernoulli import RelaxedBernoulli
from jaxdist.families.simplex.relaxed_one_hot_categorical import RelaxedOneHotCategorical
from jaxdist.pytree import static

Relaxable = Bernoulli | OneHotCategorical


def relaxable(d: Distribution) -> Relaxable:
    """Return the distribution inside `Independent`, which is known to be relaxable."""
    return cast(Relaxable, base_distribution(d))


def why_not_relaxable(d: Distribution) -> str | None:
    """Return why draws of a distribution cannot be relaxed to continuous ones; None if they can."""
    base = base_distribution(d)
    if isinstance(base, Relaxable):
        return None
    if isinstance(base, Categorical):
        return "category labels cannot be relaxed; take OneHotCategorical"
    return "it relaxes draws of Bernoulli and OneHotCategorical"


class StraightThrough(Estimator):
    r"""Straight-through: give a draw the derivative of its mean. Biased, unless f is linear.

    .. math:: x = k + \mathrm{probs} - \mathrm{stop}(\mathrm{probs}), \quad k \sim p

    It supports Bernoulli and OneHotCategorical. f receives floats.

    References:
      Bengio, Leonard and Courville 2013, "Estimating or propagating gradients through stochastic
      neurons for conditional computation".

    Example:
      >>> import jax, jaxdist as jd
      >>> def objective(p):
      ...     return jd.expectation(lambda x: 3 * x, jd.Bernoulli(p), jax.random.key(0),
      ...                           estimator=jd.estimators.StraightThrough())
      >>> print(jax.grad(objective)(0.5))
      3.0
    """

    def _unsupported_reason(self, d: Distribution) -> str | None:
        return why_not_relaxable(d)

    def expect(self, f: Integrand, d: Distribution, key: Array, num_samples: int) -> Any:
        base = relaxable(d)
        draw_key, f_key = jax.random.split(key)
        hard = base.sample(draw_key, num_samples).astype(base.dtype)
        x = add_derivatives(hard, base.probs)
        return average(evaluate(f, x, f_key, num_samples))


class GumbelSoftmax(Estimator):
    r"""Gumbel-softmax: relax discrete draws to continuous ones. The bias falls with temperature.

    .. math:: x = \mathrm{softmax}((\mathrm{logits} + G) / t), \quad G_i \sim \mathrm{Gumbel}

    The value is the mean of f over relaxed draws, or over discrete ones if `hard` is True. It
    supports OneHotCategorical, and Bernoulli, for which it is a sigmoid of logistic noise. f
    receives floats.

    Args:
      temperature: t, positive.
      hard: whether f receives discrete draws, with the derivative of the relaxed ones.

    References:
      Jang, Gu and Poole 2017, "Categorical reparameterization with Gumbel-softmax";
      Maddison, Mnih and Teh 2017, "The concrete distribution: A continuous
      relaxation of discrete random variables".

    Example:
      >>> import jax, jaxdist as jd
      >>> def objective(p):
      ...     estimator = jd.estimators.GumbelSoftmax(temperature=0.1)
      ...     return jd.expectation(lambda x: 3 * x, jd.Bernoulli(p), jax.random.key(0),
      ...                           num_samples=100_000, estimator=estimator)
      >>> print(f"{jax.grad(objective)(0.5):.1f}")
      3.0
    """

    temperature: Any = 0.5
    hard: bool = static(default=False)

    def _unsupported_reason(self, d: Distribution) -> str | None:
        return why_not_relaxable(d)

    def expect(self, f: Integrand, d: Distribution, key: Array, num_samples: int) -> Any:
        draw_key, f_key = jax.random.split(key)
        x = _relax(relaxable(d), self.temperature).rsample(draw_key, num_samples)
        if self.hard:
            x = add_derivatives(_round(relaxable(d), x), x)
        return average(evaluate(f, x, f_key, num_samples))


def _relax(d: Relaxable, temperature: Any) -> Distribution:
    """Return the relaxed distribution of a Bernoulli or OneHotCategorical."""
    relaxed = RelaxedBernoulli if isinstance(d, Bernoulli) else RelaxedOneHotCategorical
    return relaxed(temperature, **d._stored())


def _round(d: Relaxable, x: Array) -> Array:
    """Round relaxed draws to the nearest values of a distribution."""
    if isinstance(d, Bernoulli):
        return (x > 0.5).astype(x.dtype)
    return jax.nn.one_hot(jnp.argmax(x, -1), x.shape[-1], dtype=x.dtype)
