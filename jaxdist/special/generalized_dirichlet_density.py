"""Log-density of the generalized Dirichlet distribution, by those of beta distributions."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax

from jaxdist.promotion import custom_jvp
from jaxdist.special.beta_density import beta_scores, log_beta_density
from jaxdist.special.quotient import quotient


def trailing_sums(x: Array) -> Array:
    """Return the sums of each entry and those after it, along the last axis."""
    return lax.cumsum(x, axis=x.ndim - 1, reverse=True)


def exponents_of_rest(a: Array, b: Array) -> Array:
    """Return the exponents of what is left after each fraction, shape `(..., n)`.

    They are 0 but for the last one where the distribution is a Dirichlet distribution.
    """
    following = (a + b)[..., 1:]
    return b - jnp.concatenate([following, jnp.ones_like(b[..., :1])], -1)


@custom_jvp
def generalized_dirichlet_log_prob(a: Array, b: Array, x: Array) -> Array:
    r"""Log-density of the generalized Dirichlet distribution, for a, b > 0 and x >= 0.

    .. math:: \sum_{i \le n} (a_i - 1) \log x_i + c_i \log r_{i + 1} - \log B(a_i, b_i), \quad
              r_i = \sum_{j \ge i} x_j

    with the c of `exponents_of_rest`. The fractions :math:`x_i / r_i` have beta densities, in which
    no large terms cancel. Where a factor is zero, so is the density if one of their exponents is
    positive; otherwise it is infinite, unless all of them are 0.

    Args:
      a: positive, shape `(..., n)`.
      b: positive, of the shape of `a`.
      x: non-negative, shape `(..., n + 1)`, of sum one up to rounding.
    """
    at_edge, is_zero = _edges(a, b, x)
    rest, shares = _rest_and_shares(_inside(x, at_edge))
    logs = jnp.log(rest[..., :-1])
    inside = jnp.sum(log_beta_density(a, b, *shares) - logs, -1)
    inside += (a[..., 0] + b[..., 0] - 1) * logs[..., 0]
    return jnp.where(at_edge, jnp.where(is_zero, -math.inf, math.inf), inside)


@generalized_dirichlet_log_prob.defjvp
def _generalized_dirichlet_log_prob_jvp(
    primals: tuple[Array, Array, Array], tangents: tuple[Array, Array, Array]
) -> tuple[Array, Array]:
    """Differentiate: the scores of the beta distributions, and the terms above; 0 at edges."""
    (a, b, x), (a_dot, b_dot, x_dot) = primals, tangents
    at_edge, _ = _edges(a, b, x)
    inside = _inside(x, at_edge)
    rest, shares = _rest_and_shares(inside)
    slope_a, slope_b = beta_scores(a, b, *shares)
    none = jnp.zeros_like(inside[..., :1])
    tiny = jnp.finfo(x.dtype).tiny
    of_entries = quotient(a - 1, jnp.maximum(inside[..., :-1], tiny))
    of_rest = quotient(exponents_of_rest(a, b), jnp.maximum(rest[..., 1:], tiny))
    slope_x = jnp.concatenate([of_entries, none], -1)
    slope_x += jnp.concatenate([none, jnp.cumsum(of_rest, -1)], -1)
    dot = jnp.sum(slope_a * a_dot + slope_b * b_dot, -1) + jnp.sum(slope_x * x_dot, -1)
    return generalized_dirichlet_log_prob(a, b, x), jnp.where(at_edge, 0, dot)


def _edges(a: Array, b: Array, x: Array) -> tuple[Array, Array]:
    """Tell whether a factor is zero or infinite, and whether the density is then 0."""
    factors = x[..., :-1], trailing_sums(x)[..., 1:]
    exponents = a - 1, exponents_of_rest(a, b)
    zeros = [(f == 0) & (e != 0) for f, e in zip(factors, exponents, strict=True)]
    positive = [zero & (e > 0) for zero, e in zip(zeros, exponents, strict=True)]
    return tuple(jnp.any(first | second, -1) for first, second in (zeros, positive))


def _inside(x: Array, at_edge: Array) -> Array:
    """Replace values at edges, and pieces of nothing, whose exponents are 0, by the smallest."""
    x = jnp.where(at_edge[..., None], 1 / x.shape[-1], x)
    rest = trailing_sums(x)[..., :-1]
    of_nothing = jnp.concatenate([rest, rest[..., -1:]], -1) == 0
    return jnp.where(of_nothing, jnp.finfo(x.dtype).tiny, x)


def _rest_and_shares(x: Array) -> tuple[Array, tuple[Array, Array]]:
    """Return what is left before each entry, and the fractions of it that are taken and left."""
    rest = trailing_sums(x)
    parts = x[..., :-1], rest[..., 1:]
    tiny = jnp.finfo(x.dtype).tiny
    shares = (jnp.maximum(quotient(part, rest[..., :-1]), tiny) for part in parts)
    taken, left = (jnp.where(part > 0, s, 0) for part, s in zip(parts, shares, strict=True))
    return rest, (taken, left)
