"""Both tails of a distribution, from the logarithm of the smaller one.

The incomplete gamma and beta functions share this. Each is a function of its shape parameters and
of a number t, log x or logit x, in which the logarithm of either tail is concave.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist.numerics.root_finding import find_root
from jaxdist.special.exp_log import log1mexp
from jaxdist.special.normal import mills_ratio, residual_life

_LARGEST = 80.0  # size of a solution t
_LONGEST_STEP = 8.0
_UNDERFLOWING = -60.0  # logarithm of a factor that is split in two
_SMALLEST = 1e-36  # probability that is multiplied itself, and not its logarithm's exponential
_RARE = 0.25  # probability up to which its complement is taken from it, and not its logarithm
Pair = tuple[Array, Array]
"""What belongs to the lower and to the upper tail."""


def exp_times(log_factor: Array, factor: Array) -> Array:
    """Compute `exp(log_factor) * factor`, also where the exponential alone underflows.

    The factor's logarithm would add to the rounding of the exponent. It may be infinite where the
    exponential is 0.
    """
    is_small = log_factor < _UNDERFLOWING
    root = jnp.exp(jnp.where(is_small, log_factor / 2, log_factor))
    return root * jnp.where(root > 0, factor, 0) * jnp.where(is_small, root, 1)


class SmallerTail(NamedTuple):
    """One tail of a distribution, P(T <= t) or P(T > t), whose probability is not near 1."""

    is_lower: Array
    """Whether it is P(T <= t)."""
    prob: Array
    """Not as the exponential of the logarithm, whose rounding it would magnify."""
    log_prob: Array
    log_hazard: Array
    """Logarithm of the density of t over the probability."""

    @property
    def sign(self) -> Array:
        """Sign of the derivative of the probability in t."""
        return jnp.where(self.is_lower, 1, -1)

    def times_prob(self, factor: Array) -> Array:
        """Multiply by the probability, also where that underflows."""
        rare = self.prob < _SMALLEST
        of_rare = exp_times(jnp.where(rare, self.log_prob, 0), factor)
        return jnp.where(rare, of_rare, self.prob * factor)

    def log_prob_of(self, lower: Array) -> Array:
        """Logarithm of P(T <= t) where `lower` is true, and of P(T > t) elsewhere."""
        return jnp.where(lower == self.is_lower, self.log_prob, self.log_complement)

    @property
    def log_complement(self) -> Array:
        """Logarithm of the larger tail, to whose digits those of the smaller one matter."""
        rare = self.prob < _RARE
        of_rare = jnp.log1p(-jnp.where(rare, self.prob, 0))
        return jnp.where(rare, of_rare, log1mexp(jnp.where(rare, 1, -self.log_prob)))


def _lower_and_upper(tail: SmallerTail, smaller: Array, larger: Array) -> Pair:
    is_lower = tail.is_lower
    return jnp.where(is_lower, smaller, larger), jnp.where(is_lower, larger, smaller)


def both_tails(tail: SmallerTail, inside: Array, at_end: Pair) -> Pair:
    """Probabilities of the lower and the upper tail.

    Args:
      tail: the smaller one.
      inside: where it is valid, because x is inside the support.
      at_end: the probabilities elsewhere.
    """
    p, q = _lower_and_upper(tail, tail.prob, -jnp.expm1(tail.log_prob))
    return jnp.where(inside, p, at_end[0]), jnp.where(inside, q, at_end[1])


def both_log_tails(tail: SmallerTail, inside: Array, at_end: Pair) -> Pair:
    """Logarithms of `both_tails`, also where these underflow."""
    log_p, log_q = _lower_and_upper(tail, tail.log_prob, tail.log_complement)
    log_p_end, log_q_end = jnp.log(at_end[0]), jnp.log(at_end[1])
    return jnp.where(inside, log_p, log_p_end), jnp.where(inside, log_q, log_q_end)


def both_log_tails_dot(tail: SmallerTail, dot: Array) -> Pair:
    """Derivatives of `both_log_tails`, given that of the smaller one."""
    return _lower_and_upper(tail, dot, -tail.times_prob(dot * jnp.exp(-tail.log_complement)))


def differentiate_in_shapes(
    smaller_tail: Callable[..., SmallerTail], shapes: tuple[Array, ...], dots: tuple[Array, ...]
) -> tuple[SmallerTail, Array]:
    """Return the smaller tail, and the directional derivative of its logarithm.

    Args:
      smaller_tail: a function of the shape parameters alone.
      shapes: the shape parameters.
      dots: the direction.
    """

    def log_prob(*shapes: Array) -> tuple[Array, SmallerTail]:
        tail = smaller_tail(*shapes)
        return tail.log_prob, tail

    _, slope, tail = jax.jvp(log_prob, shapes, dots, has_aux=True)
    return tail, slope


def normal_quantile(lower: Array, log_prob: Array) -> Array:
    """Find the standard normal quantile of a tail to 6e-8, as a first guess of another's.

    Args:
      lower: whether P(T <= t) is given, or else P(T > t).
      log_prob: logarithm of the probability, which is at most 1/2.
    """
    origin = jnp.zeros((), log_prob.dtype)
    z = residual_life(origin, mills_ratio(origin), jnp.maximum(-log_prob - math.log(2), 0))
    return jnp.where(lower, -z, z)


def solve_log_tail(
    evaluate: Callable[[Array], tuple[SmallerTail, Array]],
    lower: Array,
    log_prob: Array,
    start: Array,
) -> Array:
    """Find the t at which a tail has a probability, by Halley's method.

    Args:
      evaluate: maps t to the smaller tail, and to the derivative of the log-density of t.
      lower: whether P(T <= t) is given, or else P(T > t).
      log_prob: logarithm of the probability.
      start: first guess of t.
    """
    sign = jnp.where(lower, 1, -1)

    def error(t: Array) -> tuple[Array, Array]:
        tail, log_density_slope = evaluate(t)
        log_tail = tail.log_prob_of(lower)
        hazard = jnp.exp(tail.log_hazard + tail.log_prob - log_tail)
        value = sign * (log_tail - log_prob)
        curvature = log_density_slope - sign * hazard
        slope = hazard * jnp.maximum(1 - value / hazard * curvature / 2, 0.5)
        return value, jnp.maximum(slope, jnp.abs(value) / _LONGEST_STEP)

    bound = jnp.full_like(start, _LARGEST)
    return find_root(error, -bound, bound, start=jnp.clip(start, -bound, bound), steps=8)
