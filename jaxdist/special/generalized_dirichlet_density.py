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


def later_fractions(a: Array) -> Array:
    """Return how many fractions come after each, shape `(n,)`."""
    return jnp.arange(a.shape[-1] - 1, -1, -1, dtype=a.dtype)


def exponents_of_fractions(a: Array, b: Array) -> tuple[Array, Array]:
    """Return the exponents of each fraction and of its complement in the density of x."""
    return a - 1, b - 1 - later_fractions(b)


@custom_jvp
def generalized_dirichlet_log_prob(a: Array, b: Array, x: Array) -> Array:
    r"""Log-density of the generalized Dirichlet distribution, for a, b > 0 and x >= 0.

    .. math:: \sum_{i \le n} (a_i - 1) \log x_i + c_i \log r_{i + 1} - \log B(a_i, b_i), \quad
              r_i = \sum_{j \ge i} x_j

    with the c of `exponents_of_rest`. The fractions :math:`x_i / r_i` have beta densities, in which
    no large terms cancel. Where some are 0 or 1, the density is 0 if one of their exponents is
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
    """Differentiate by the scores of the beta distributions; 0 at edges."""
    (a, b, x), (a_dot, b_dot, x_dot) = primals, tangents
    at_edge, _ = _edges(a, b, x)
    inside = _inside(x, at_edge)
    rest, shares = _rest_and_shares(inside)
    slope_a, slope_b = beta_scores(a, b, *shares)
    slope_x = jnp.where(inside == x, _slopes(a, b, inside, rest, shares), 0)
    dot = jnp.sum(slope_a * a_dot + slope_b * b_dot, -1) + jnp.sum(slope_x * x_dot, -1)
    return generalized_dirichlet_log_prob(a, b, x), jnp.where(at_edge, 0, dot)


def _slopes(a: Array, b: Array, x: Array, rest: Array, shares: tuple[Array, Array]) -> Array:
    r"""Return the derivatives in x, of which those of large a and b at small x are regrouped.

    .. math:: \frac{a_j - 1}{x_j} + \sum_{i < j} \frac{c_i}{r_{i + 1}}
              = \frac{a_j (1 - v_j) - 1}{x_j} - \frac{b_j}{r_j}
              + \sum_{i < j} \left(\frac{b_i v_i}{r_{i + 1}} - \frac{a_i}{r_i}\right),
              \quad v_i = \frac{x_i}{r_i}

    without the terms of :math:`1 / r_1`, of which p is no function. In this form none cancels that
    does not depend on a parameter of its own. Where terms would overflow, at a tiny x, they are
    multiplied by a power of 2 until they are added up.
    """
    tiny = jnp.finfo(x.dtype).tiny
    scale = _scale_of_terms(a, b, jnp.maximum(x, tiny))
    a, b, one = a * scale, b * scale, scale
    taken, left = shares
    is_first = jnp.arange(a.shape[-1]) == 0
    v, w = (jnp.where(is_first, 1, share) for share in shares)
    inverse = jnp.where(is_first, 0, quotient(jnp.ones_like(a), rest[..., :-1]))
    entry, after = (jnp.maximum(part, tiny) for part in (x[..., :-1], rest[..., 1:]))

    def at_entry(c: Array, d: Array, complement: Array, part: Array, is_small: Array) -> Array:
        small = quotient(c - one, part) - c * inverse
        return jnp.where(is_small, small, quotient(c * complement - one, part)) - d * inverse

    of_entries = at_entry(a, b, w, entry, taken < left)
    of_last = at_entry(b, a, v, after, left < taken)
    of_later = quotient(b * v, after) - a * inverse
    of_rest = jnp.concatenate([of_later[..., :-1], of_last[..., -1:]], -1)
    none = jnp.zeros_like(x[..., :1])
    of_rest = jnp.concatenate([none, jnp.cumsum(of_rest, -1)], -1)
    return (jnp.concatenate([of_entries, none], -1) + of_rest) / scale


def _scale_of_terms(a: Array, b: Array, x: Array) -> Array:
    """Return 1, or the power of 2 with which sums of a / x and b / x do not overflow."""
    a, b, x = (lax.stop_gradient(v) for v in (a, b, x))
    largest = jnp.max(jnp.maximum(a, b), -1, keepdims=True)
    bound = float(jnp.finfo(x.dtype).max) / (4 * x.shape[-1])
    overflows = largest > jnp.min(x, -1, keepdims=True) * bound
    _, exponent = jnp.frexp(jnp.where(overflows, largest, 0.5) * (4.0 * x.shape[-1]))
    power = jnp.where(overflows, jnp.minimum(exponent, 100), 0)
    return jnp.ldexp(jnp.ones_like(largest), -power)


def _edges(a: Array, b: Array, x: Array) -> tuple[Array, Array]:
    """Tell whether the density is 0 or infinite, and whether it is 0."""
    rest = trailing_sums(x)
    something = rest[..., :-1] > 0
    at_0, at_1 = ((part == 0) & something for part in (x[..., :-1], rest[..., 1:]))
    powers, powers_of_left = exponents_of_fractions(a, b)
    at_edge = jnp.any((at_0 & (powers != 0)) | (at_1 & (powers_of_left != 0)), -1)
    return at_edge, jnp.any((at_0 & (powers > 0)) | (at_1 & (powers_of_left > 0)), -1)


def _inside(x: Array, at_edge: Array) -> Array:
    """Replace values at edges by the center, and pieces of nothing by the smallest number."""
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
