"""Measure-valued derivatives: the derivative of a density as a difference of two densities."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist.bases.trials import stored_parameter
from jaxdist.distribution import Distribution
from jaxdist.estimators.estimator import Estimator, Integrand, average, unwrapped, weigh
from jaxdist.estimators.score import refuses_scores
from jaxdist.families.category.bernoulli import Bernoulli
from jaxdist.families.category.categorical import Categorical
from jaxdist.families.category.one_hot_categorical import OneHotCategorical
from jaxdist.families.count.binomial import Binomial
from jaxdist.families.count.poisson import Poisson
from jaxdist.families.positive.exponential import Exponential
from jaxdist.families.positive.gamma import Gamma
from jaxdist.families.real.normal import Normal
from jaxdist.precision import tensordot


class Branches(NamedTuple):
    """Draws from both densities, and their log-probabilities where no path leads through them.

    Attributes:
      plus: shape `parameter.shape + event_shape`.
      minus: the same.
      log_prob: of `plus`, shape `parameter.shape`; 0 where derivatives go through the draw.
      minus_log_prob: of `minus`, the same.
    """

    plus: Array
    minus: Array
    log_prob: Any = 0.0
    minus_log_prob: Any = 0.0


class WeakDerivative(NamedTuple):
    r"""A weak derivative: :math:`\partial_\theta p = c \, (p_+ - p_-)`, entry by entry.

    Attributes:
      constant: c, of the shape of the parameter.
      draw: maps a key to `Branches`; drawn together, so that they differ by little.
    """

    constant: Array
    draw: Callable[[Array], Branches]


@functools.singledispatch
def weak_derivatives(d: Distribution) -> dict[str, WeakDerivative]:
    """Return weak derivatives by parameters; open to yours: `@weak_derivatives.register`.

    Parameters that are missing get the score function.

    Args:
      d: the distribution, which may store other parameters than those that are returned.

    References:
      Mohamed et al. 2020, "Monte Carlo Gradient Estimation in Machine Learning", table 1;
      Heidergott et al. 2008, "Measure-valued differentiation for stationary Markov chains".
    """
    return {}


@weak_derivatives.register
def _(d: Normal) -> dict[str, WeakDerivative]:
    shape, dtype = d.batch_shape, d.dtype

    def location(key: Array) -> Branches:
        distance = d.scale * jnp.sqrt(2 * jax.random.exponential(key, shape, dtype))
        return Branches(d.loc + distance, d.loc - distance)

    def width(key: Array) -> Branches:
        """A double-sided Maxwell variable times a uniform one is normal."""
        sign_key, gamma_key, share_key = jax.random.split(key, 3)
        size = jnp.sqrt(2 * jax.random.gamma(gamma_key, 1.5, shape, dtype))
        maxwell = d.scale * size * jax.random.rademacher(sign_key, shape, dtype)
        share = jax.random.uniform(share_key, shape, dtype)
        return Branches(d.loc + maxwell, d.loc + share * maxwell)

    return {
        "loc": WeakDerivative(1 / (d.scale * math.sqrt(2 * math.pi)), location),
        "scale": WeakDerivative(1 / d.scale, width),
        "log_scale": WeakDerivative(jnp.ones_like(d.scale), width),
    }


@weak_derivatives.register
def _(d: Exponential) -> dict[str, WeakDerivative]:
    def draw(key: Array) -> Branches:
        first, second = jax.random.exponential(key, (2, *d.batch_shape), d.dtype) / d.rate
        return Branches(first, first + second)

    return {"rate": WeakDerivative(1 / d.rate, draw)}


@weak_derivatives.register
def _(d: Gamma) -> dict[str, WeakDerivative]:
    def draw(key: Array) -> Branches:
        here, beyond = jax.random.split(key)
        x = d.rsample(here)
        return Branches(x, x + jax.random.exponential(beyond, d.batch_shape, d.dtype) / d.rate)

    return {"rate": WeakDerivative(d.concentration / d.rate, draw)}


@weak_derivatives.register
def _(d: Poisson) -> dict[str, WeakDerivative]:
    def draw(key: Array) -> Branches:
        x, log_prob = d.sample_and_log_prob(key)
        return Branches(x + 1, x, log_prob, log_prob)

    return {"rate": WeakDerivative(jnp.ones_like(d.rate), draw)}


@weak_derivatives.register
def _(d: Binomial) -> dict[str, WeakDerivative]:
    fewer = Binomial(jnp.maximum(d.total_count - 1, 0), **stored_parameter(d), validate_args=False)

    def draw(key: Array) -> Branches:
        x, log_prob = fewer.sample_and_log_prob(key)
        return Branches(x + 1, x, log_prob, log_prob)

    return _of_trials(d, d.total_count, draw)


@weak_derivatives.register
def _(d: Bernoulli) -> dict[str, WeakDerivative]:
    one = jnp.ones(d.batch_shape, jnp.int32)
    return _of_trials(d, jnp.ones_like(d.probs), lambda key: Branches(one, 0 * one))


def _of_trials(
    d: Bernoulli | Binomial, number: Array, draw: Callable[[Array], Branches]
) -> dict[str, WeakDerivative]:
    return {
        "probs": WeakDerivative(number, draw),
        "logits": WeakDerivative(number * d.probs * (1 - d.probs), draw),
    }


@weak_derivatives.register(Categorical)
@weak_derivatives.register(OneHotCategorical)
def _(d: Categorical | OneHotCategorical) -> dict[str, WeakDerivative]:
    shape = (*d.batch_shape, d.num_categories)

    def draw(key: Array) -> Branches:
        """The category itself against a draw, which all categories share."""
        x, log_prob = d.sample_and_log_prob(key)
        x, log_prob = jnp.expand_dims(x, len(shape) - 1), log_prob[..., None]
        every = jnp.arange(d.num_categories) if d.event_shape == () else jnp.eye(shape[-1])
        full = shape + d.event_shape
        every = jnp.broadcast_to(every.astype(x.dtype), full)
        return Branches(every, jnp.broadcast_to(x, full), 0.0, log_prob)

    return {
        "probs": WeakDerivative(jnp.ones(shape, d.dtype), draw),
        "logits": WeakDerivative(d.probs, draw),
    }


class MeasureValued(Estimator):
    r"""Measure-valued derivatives: evaluate f at draws of two densities and take the difference.

    .. math:: \nabla_\theta E[f(x)] = c(\theta) \left(E_{p_+}[f(x)] - E_{p_-}[f(x)]\right)
              + E[\nabla_\theta f(x)], \quad \nabla_\theta p = c(\theta) (p_+ - p_-)

    One entry of one parameter at a time, so that f is evaluated twice for each of them. f need
    not be differentiable for first derivatives. Second derivatives are unbiased too, where f is
    continuous if the distribution is; higher ones are not.

    It knows Normal, Exponential, Gamma (the rate), Poisson, Binomial, Bernoulli, Categorical and
    OneHotCategorical, batches and `Independent` of them, and what is registered with
    `weak_derivatives`. Other parameters of these get the score function.

    References:
      Pflug 1989, "Sampling derivatives of probabilities"; Mohamed et al. 2020, section 6.
    """

    def _refusal(self, d: Distribution) -> str | None:
        base = unwrapped(d)
        if weak_derivatives.dispatch(type(base)) is weak_derivatives.dispatch(Distribution):
            return "no weak derivative of it is known; see jaxdist.estimators.weak_derivatives"
        return refuses_scores(base)

    def expect(self, f: Integrand, d: Distribution, key: Array, num_samples: int) -> Any:
        d = unwrapped(d)

        def once(key: Array) -> Any:
            return _estimate(f, d, key)

        return average(jax.vmap(once)(jax.random.split(key, num_samples)))


def _estimate(f: Integrand, d: Distribution, key: Array) -> Any:
    r"""Return f(x), with :math:`\sum_i (\theta_i - \mathrm{stop}(\theta_i)) h_i` added to it.

    Here :math:`h_i` estimates the derivative. It is taken halfway between the parameters and what
    they are stopped at: differentiated twice, the sum is then :math:`\partial h_i`, not twice that.
    """
    draw_key, weak_key, rest = jax.random.split(key, 3)
    weak = [name for name in weak_derivatives(d) if name in d._stored()]
    stopped = {name: lax.stop_gradient(vars(d)[name]) for name in weak}
    away = {name: vars(d)[name] - stopped[name] for name in weak}
    middle = d._with(**{name: stopped[name] + away[name] / 2 for name in weak})

    x = d.sample(draw_key)
    score = jnp.sum(d._with(**stopped).log_prob(x))
    value = weigh(score[None], jax.tree.map(lambda leaf: leaf[None], f(x, rest)))
    estimate = jax.tree.map(lambda leaf: leaf[0], value)
    for name, derivative in weak_derivatives(middle).items():
        if name in weak:
            slopes = _slopes(f, middle, derivative, draw_key, weak_key, rest)
            change = jnp.ravel(away[name])
            estimate = jax.tree.map(
                lambda total, slope, change=change: total + tensordot(change, slope, 1),
                estimate,
                slopes,
            )
    return estimate


def _slopes(
    f: Integrand,
    d: Distribution,
    derivative: WeakDerivative,
    draw_key: Array,
    weak_key: Array,
    rest: Array,
) -> Any:
    """Estimate the derivative in each entry of a parameter: leaves of shape `(entries, ...)`.

    Each entry belongs to one member of a batch, whose draw is replaced; the others stay.
    """
    if d.has_rsample:
        x = d.rsample(draw_key)
        log_prob = jnp.zeros(d.batch_shape, d.dtype)
    else:
        x, log_prob = d.sample_and_log_prob(draw_key)
    shape, members = derivative.constant.shape, math.prod(d.batch_shape)
    size = math.prod(shape)
    member = jnp.repeat(jnp.arange(members), size // members)
    x = jnp.reshape(x, (members, *d.event_shape))
    log_prob = jnp.ravel(log_prob)
    branches = derivative.draw(weak_key)

    def one_side(member: Array, new: Array, new_log_prob: Array) -> Any:
        moved = jnp.reshape(x.at[member].set(new), d.batch_shape + d.event_shape)
        score = jnp.sum(log_prob.at[member].set(new_log_prob))
        value = jax.tree.map(lambda leaf: jnp.asarray(leaf)[None], f(moved, rest))
        return jax.tree.map(lambda leaf: leaf[0], weigh(score[None], value))

    def side(draws: Array, log_probs: Any) -> Any:
        flat = jnp.reshape(draws, (size, *d.event_shape))
        scores = jnp.ravel(jnp.broadcast_to(log_probs, shape)).astype(d.dtype)
        return jax.vmap(one_side)(member, flat, scores)

    plus = side(branches.plus, branches.log_prob)
    minus = side(branches.minus, branches.minus_log_prob)
    constant = jnp.ravel(derivative.constant)

    def slope(a: Array, b: Array) -> Array:
        return jnp.reshape(constant, (size,) + (1,) * (a.ndim - 1)) * (a - b)

    return jax.tree.map(slope, plus, minus)
