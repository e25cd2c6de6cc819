"""Measure-valued derivatives, also known as weak derivatives."""

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
from jaxdist.estimators.estimator import (
    Estimator,
    Integrand,
    average,
    base_distribution,
    score_function_surrogate,
)
from jaxdist.estimators.score_function import why_no_score
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
    """Draws from the positive and the negative density of a weak derivative.

    Attributes:
      plus: draws from the positive density, shape `parameter.shape + event_shape`.
      minus: draws from the negative density, the same shape.
      log_prob: log-probabilities of `plus`, shape `parameter.shape`, or 0 if `plus` is
        differentiable in the parameters.
      minus_log_prob: the same for `minus`.
    """

    plus: Array
    minus: Array
    log_prob: Any = 0.0
    minus_log_prob: Any = 0.0


class WeakDerivative(NamedTuple):
    r"""A weak derivative :math:`\partial_\theta p = c \, (p_+ - p_-)` in each entry of a parameter.

    Attributes:
      constant: c, the shape of the parameter.
      draw: function from a key to `Branches`, whose draws are coupled to reduce the variance.
    """

    constant: Array
    draw: Callable[[Array], Branches]


@functools.singledispatch
def weak_derivatives(d: Distribution) -> dict[str, WeakDerivative]:
    """Return the weak derivatives of a distribution by the name of the parameter.

    Use `@weak_derivatives.register` for a distribution of your own. `MeasureValued` uses the score
    function for parameters without a weak derivative.

    Args:
      d: the distribution, which may store other parameters than those that are returned.

    Returns:
      Weak derivatives by the name of the parameter; none for distributions that are not registered.

    References:
      Mohamed et al. 2020, "Monte Carlo Gradient Estimation in Machine Learning", table 1;
      Heidergott et al. 2008, "Measure-valued differentiation for stationary Markov chains".

    Example:
      >>> import jaxdist as jd
      >>> sorted(jd.estimators.weak_derivatives(jd.Exponential(2.0)))
      ['rate']
    """
    return {}


@weak_derivatives.register
def _(d: Normal) -> dict[str, WeakDerivative]:
    shape, dtype = d.batch_shape, d.dtype

    def draw_for_loc(key: Array) -> Branches:
        """The two densities are Rayleigh densities on either side of `loc`."""
        distance = d.scale * jnp.sqrt(2 * jax.random.exponential(key, shape, dtype))
        return Branches(d.loc + distance, d.loc - distance)

    def draw_for_scale(key: Array) -> Branches:
        """A double-sided Maxwell variable times a uniform variable is normal."""
        sign_key, gamma_key, uniform_key = jax.random.split(key, 3)
        size = jnp.sqrt(2 * jax.random.gamma(gamma_key, 1.5, shape, dtype))
        maxwell = d.scale * size * jax.random.rademacher(sign_key, shape, dtype)
        uniform = jax.random.uniform(uniform_key, shape, dtype)
        return Branches(d.loc + maxwell, d.loc + uniform * maxwell)

    return {
        "loc": WeakDerivative(1 / (d.scale * math.sqrt(2 * math.pi)), draw_for_loc),
        "scale": WeakDerivative(1 / d.scale, draw_for_scale),
        "log_scale": WeakDerivative(jnp.ones_like(d.scale), draw_for_scale),
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
        gamma_key, exponential_key = jax.random.split(key)
        x = d.rsample(gamma_key)
        exponential = jax.random.exponential(exponential_key, d.batch_shape, d.dtype)
        return Branches(x, x + exponential / d.rate)

    return {"rate": WeakDerivative(d.concentration / d.rate, draw)}


@weak_derivatives.register
def _(d: Poisson) -> dict[str, WeakDerivative]:
    def draw(key: Array) -> Branches:
        x, log_prob = d.sample_and_log_prob(key)
        return Branches(x + 1, x, log_prob, log_prob)

    return {"rate": WeakDerivative(jnp.ones_like(d.rate), draw)}


@weak_derivatives.register
def _(d: Binomial) -> dict[str, WeakDerivative]:
    one_trial_less = Binomial(
        jnp.maximum(d.total_count - 1, 0), **stored_parameter(d), validate_args=False
    )

    def draw(key: Array) -> Branches:
        x, log_prob = one_trial_less.sample_and_log_prob(key)
        return Branches(x + 1, x, log_prob, log_prob)

    return _for_probs_and_logits(d, d.total_count, draw)


@weak_derivatives.register
def _(d: Bernoulli) -> dict[str, WeakDerivative]:
    one = jnp.ones(d.batch_shape, jnp.int32)
    return _for_probs_and_logits(d, jnp.ones_like(d.probs), lambda key: Branches(one, 0 * one))


def _for_probs_and_logits(
    d: Bernoulli | Binomial, total_count: Array, draw: Callable[[Array], Branches]
) -> dict[str, WeakDerivative]:
    return {
        "probs": WeakDerivative(total_count, draw),
        "logits": WeakDerivative(total_count * d.probs * (1 - d.probs), draw),
    }


@weak_derivatives.register(Categorical)
@weak_derivatives.register(OneHotCategorical)
def _(d: Categorical | OneHotCategorical) -> dict[str, WeakDerivative]:
    shape = (*d.batch_shape, d.num_categories)

    def draw(key: Array) -> Branches:
        """The positive density of each category is a point mass; the negative one is p."""
        x, log_prob = d.sample_and_log_prob(key)
        x, log_prob = jnp.expand_dims(x, len(shape) - 1), log_prob[..., None]
        categories = jnp.arange(d.num_categories) if d.event_shape == () else jnp.eye(shape[-1])
        full = shape + d.event_shape
        categories = jnp.broadcast_to(categories.astype(x.dtype), full)
        return Branches(categories, jnp.broadcast_to(x, full), 0.0, log_prob)

    return {
        "probs": WeakDerivative(jnp.ones(shape, d.dtype), draw),
        "logits": WeakDerivative(d.probs, draw),
    }


class MeasureValued(Estimator):
    r"""Measure-valued derivatives: the difference of the means of f under two densities.

    .. math:: \nabla_\theta E[f(x)] = c(\theta) \left(E_{p_+}[f(x)] - E_{p_-}[f(x)]\right)
              + E[\nabla_\theta f(x)], \quad \nabla_\theta p = c(\theta) (p_+ - p_-)

    f is evaluated twice for each entry of each parameter. It need not be differentiable for first
    derivatives, which are unbiased. Second derivatives are unbiased too if the distribution is
    discrete or f is continuous; higher derivatives are not.

    It supports Normal, Exponential, Gamma (the rate), Poisson, Binomial, Bernoulli, Categorical and
    OneHotCategorical, batches and `Independent` of them, and distributions that are registered with
    `weak_derivatives`. For other parameters of these it uses the score function.

    References:
      Pflug 1989, "Sampling derivatives of probabilities"; Mohamed et al. 2020, "Monte Carlo
      Gradient Estimation in Machine Learning", section 6.

    Example:
      The derivative of P(x > 0) in the mean of a Normal is its density at 0. f is not continuous.

      >>> import jax, jaxdist as jd
      >>> def probability(mu):
      ...     return jd.expectation(lambda x: 1.0 * (x > 0), jd.Normal(mu, 1.0), jax.random.key(0),
      ...                           num_samples=1000, estimator=jd.estimators.MeasureValued())
      >>> print(f"{jax.grad(probability)(0.0):.2f}")
      0.40
    """

    def _unsupported_reason(self, d: Distribution) -> str | None:
        base = base_distribution(d)
        if weak_derivatives.dispatch(type(base)) is weak_derivatives.dispatch(Distribution):
            return "no weak derivative of it is known; see jaxdist.estimators.weak_derivatives"
        return why_no_score(base)

    def expect(self, f: Integrand, d: Distribution, key: Array, num_samples: int) -> Any:
        base = base_distribution(d)
        keys = jax.random.split(key, num_samples)
        return average(jax.vmap(lambda key: _estimate(f, base, key))(keys))


def _estimate(f: Integrand, d: Distribution, key: Array) -> Any:
    r"""Return f(x) plus :math:`\sum_i (\theta_i - \mathrm{stop}(\theta_i)) h_i`.

    Here :math:`h_i` estimates the derivative. It is evaluated at the midpoint of :math:`\theta` and
    :math:`\mathrm{stop}(\theta)`: the second derivative of the sum is then
    :math:`\partial h_i`, not twice that.
    """
    draw_key, weak_key, f_key = jax.random.split(key, 3)
    names = [name for name in weak_derivatives(d) if name in d._stored()]
    stopped = {name: lax.stop_gradient(vars(d)[name]) for name in names}
    change = {name: vars(d)[name] - stopped[name] for name in names}
    midpoint = d._with(**{name: stopped[name] + change[name] / 2 for name in names})

    x = d.sample(draw_key)
    log_prob = jnp.sum(d._with(**stopped).log_prob(x))
    estimate = _single_surrogate(log_prob, f(x, f_key))
    for name, derivative in weak_derivatives(midpoint).items():
        if name in names:
            slopes = _slopes(f, midpoint, derivative, draw_key, weak_key, f_key)
            differential = functools.partial(tensordot, jnp.ravel(change[name]), axes=1)
            estimate = jax.tree.map(lambda e, s, d=differential: e + d(s), estimate, slopes)
    return estimate


def _single_surrogate(log_prob: Array, values: Any) -> Any:
    """Apply `score_function` to each leaf, for a single draw."""
    values = jax.tree.map(lambda leaf: jnp.asarray(leaf)[None], values)
    surrogate = score_function_surrogate(log_prob[None], values)
    return jax.tree.map(lambda leaf: leaf[0], surrogate)


def _slopes(
    f: Integrand,
    d: Distribution,
    derivative: WeakDerivative,
    draw_key: Array,
    weak_key: Array,
    f_key: Array,
) -> Any:
    """Estimate the derivative in each entry of a parameter: leaves of shape `(entries, ...)`.

    Each entry belongs to one member of a batch, whose draw is replaced by a draw from the branch.
    """
    if d.has_rsample:
        x = d.rsample(draw_key)
        log_prob = jnp.zeros(d.batch_shape, d.dtype)
    else:
        x, log_prob = d.sample_and_log_prob(draw_key)
    shape, num_members = derivative.constant.shape, math.prod(d.batch_shape)
    num_entries = math.prod(shape)
    members = jnp.repeat(jnp.arange(num_members), num_entries // num_members)
    x = jnp.reshape(x, (num_members, *d.event_shape))
    log_prob = jnp.ravel(log_prob)

    def evaluate_entry(member: Array, new: Array, new_log_prob: Array) -> Any:
        replaced = jnp.reshape(x.at[member].set(new), d.batch_shape + d.event_shape)
        total = jnp.sum(log_prob.at[member].set(new_log_prob))
        return _single_surrogate(total, f(replaced, f_key))

    def evaluate_branch(draws: Array, log_probs: Any) -> Any:
        draws = jnp.reshape(draws, (num_entries, *d.event_shape))
        log_probs = jnp.ravel(jnp.broadcast_to(log_probs, shape)).astype(d.dtype)
        return jax.vmap(evaluate_entry)(members, draws, log_probs)

    branches = derivative.draw(weak_key)
    plus = evaluate_branch(branches.plus, branches.log_prob)
    minus = evaluate_branch(branches.minus, branches.minus_log_prob)

    def slope(a: Array, b: Array) -> Array:
        constant = jnp.reshape(derivative.constant, (num_entries,) + (1,) * (a.ndim - 1))
        return constant * (a - b)

    return jax.tree.map(slope, plus, minus)
