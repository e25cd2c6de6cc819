"""Biased derivatives of discrete draws: straight-through and Gumbel-softmax."""

from __future__ import annotations

from typing import Any, cast

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist.distribution import Distribution
from jaxdist.estimators.estimator import Estimator, Integrand, average, evaluate, unwrapped
from jaxdist.families.category.bernoulli import Bernoulli
from jaxdist.families.category.categorical import Categorical
from jaxdist.families.category.one_hot_categorical import OneHotCategorical
from jaxdist.families.interval.relaxed_bernoulli import RelaxedBernoulli
from jaxdist.families.simplex.relaxed_one_hot_categorical import RelaxedOneHotCategorical
from jaxdist.pytree import static

Relaxable = Bernoulli | OneHotCategorical


def relaxable(d: Distribution) -> Relaxable:
    """The distribution of the parts of an `Independent`, once it is not refused."""
    return cast(Relaxable, unwrapped(d))


def refuses_relaxation(d: Distribution) -> str | None:
    """Say why draws of a distribution cannot lie between its values; None if they can."""
    base = unwrapped(d)
    if isinstance(base, Relaxable):
        return None
    if isinstance(base, Categorical):
        return "between two labels there is nothing; take OneHotCategorical"
    return "it relaxes draws of Bernoulli and OneHotCategorical"


class StraightThrough(Estimator):
    r"""Give a draw the derivative of its mean. Biased, unless f is linear.

    .. math:: x = k + \mathrm{probs} - \mathrm{stop}(\mathrm{probs}), \quad k \sim p

    For Bernoulli and OneHotCategorical. f gets floats.

    References:
      Bengio, Leonard and Courville 2013, "Estimating or propagating gradients through stochastic
      neurons for conditional computation".
    """

    def _refusal(self, d: Distribution) -> str | None:
        return refuses_relaxation(d)

    def expect(self, f: Integrand, d: Distribution, key: Array, num_samples: int) -> Any:
        base = relaxable(d)
        here, beyond = jax.random.split(key)
        hard = base.sample(here, num_samples).astype(base.dtype)
        x = straight_through(hard, base.probs)
        return average(evaluate(f, x, beyond, num_samples))


def straight_through(hard: Array, soft: Array) -> Array:
    """The value of one array with the derivative of another."""
    return hard + (soft - lax.stop_gradient(soft))


class GumbelSoftmax(Estimator):
    r"""Relax discrete draws to continuous ones. Biased; the less so, the lower the temperature.

    .. math:: x = \mathrm{softmax}((\mathrm{logits} + G) / t), \quad G_i \sim \mathrm{Gumbel}

    The value is the mean of f over relaxed draws, or over discrete ones if `hard`. For Bernoulli
    (a sigmoid of logistic noise) and OneHotCategorical. f gets floats.

    Args:
      temperature: t, positive.
      hard: whether f sees discrete draws, with the derivative of the relaxed ones.

    References:
      Jang, Gu and Poole 2017, "Categorical reparameterization with Gumbel-softmax";
      Maddison, Mnih and Teh 2017, "The concrete distribution".
    """

    temperature: Any = 0.5
    hard: bool = static(default=False)

    def _refusal(self, d: Distribution) -> str | None:
        return refuses_relaxation(d)

    def expect(self, f: Integrand, d: Distribution, key: Array, num_samples: int) -> Any:
        here, beyond = jax.random.split(key)
        x = relax(relaxable(d), self.temperature).rsample(here, num_samples)
        if self.hard:
            x = straight_through(_nearest(relaxable(d), x), x)
        return average(evaluate(f, x, beyond, num_samples))


def relax(d: Relaxable, temperature: Any) -> Distribution:
    """The relaxed distribution of a Bernoulli or OneHotCategorical."""
    relaxed = RelaxedBernoulli if isinstance(d, Bernoulli) else RelaxedOneHotCategorical
    return relaxed(temperature, **d._stored())


def _nearest(d: Relaxable, x: Array) -> Array:
    if isinstance(d, Bernoulli):
        return (x > 0.5).astype(x.dtype)
    return jax.nn.one_hot(jnp.argmax(x, -1), x.shape[-1], dtype=x.dtype)
