"""Both tails of Fisher's F, with exact slopes in the degrees of freedom.

At fixed x, a change of many degrees of freedom hardly changes a tail: the slopes of the incomplete
beta function in its shape and in its argument cancel. There the slope is an integral of that of the
density.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist.numerics.quadrature import integrate
from jaxdist.promotion import custom_jvp
from jaxdist.special.beta_tails import Probability, beta_cdf, beta_sf
from jaxdist.special.betaprime import odds_to_probs
from jaxdist.special.exp_log import log1pmx
from jaxdist.special.f_density import f_log_prob, log_less_linear
from jaxdist.special.incomplete_beta import cost, cutoff, smaller_tail
from jaxdist.special.infinite_slopes import along
from jaxdist.special.masked_logits import masked_log
from jaxdist.special.of_arrays import of_arrays
from jaxdist.special.polygamma import digamma_difference_remainder
from jaxdist.special.products import half
from jaxdist.special.quotient import log_quotient, quotient

_MANY = 2.0  # half of the degrees of freedom from which a slope in them is integrated
_FEW = 4.0  # half of those of the other variable, up to which the tail's constant is split off
_SMALLEST = 1e-30  # probability up to which the tail is a power of it
Tails = tuple[Array, Array]


def f_beta_arguments(df1: Array, df2: Array, x: Array) -> tuple[Array, Array, Probability]:
    """Return the arguments of which the incomplete beta function is P(X <= x)."""
    log_r = log_quotient(df1, df2) + masked_log(x)
    at = Probability(*odds_to_probs(df1 / df2 * x), log_r, -log_r)
    a, b, _ = jnp.broadcast_arrays(half(df1), half(df2), log_r)
    return a, b, at


@of_arrays()
@custom_jvp
def f_tails(df1: Array, df2: Array, x: Array) -> Tails:
    """Evaluate P(X <= x) and P(X > x) of the F distribution, for df1, df2 > 0 and x >= 0.

    Args:
      df1: positive degrees of freedom, of one shape and dtype with the others.
      df2: positive degrees of freedom.
      x: non-negative.
    """
    arguments = f_beta_arguments(df1, df2, x)
    return beta_cdf(*arguments), beta_sf(*arguments)


@f_tails.defjvp
def _f_tails_jvp(
    primals: tuple[Array, Array, Array], tangents: tuple[Array, Array, Array]
) -> tuple[Tails, Tails]:
    (df1, df2, x), (df1_dot, df2_dot, x_dot) = primals, tangents
    tails = cdf, sf = f_tails(df1, df2, x)
    a, b, at = f_beta_arguments(df1, df2, x)
    a_dots, b_dots = (jnp.ones_like(a), jnp.zeros_like(a)), (jnp.zeros_like(b), jnp.ones_like(b))
    # At fixed odds; those change by as much of themselves as the degrees of freedom do.
    (of_a, of_b) = (
        jax.jvp(lambda a, b: beta_cdf(a, b, at), (a, b), dots)[1]
        for dots in zip(a_dots, b_dots, strict=True)
    )
    low, high = at.x < _SMALLEST, at.y < _SMALLEST
    inside = ~(low | high)
    p, q = jnp.maximum(at.x, _SMALLEST), jnp.maximum(at.y, _SMALLEST)
    tail = smaller_tail(a, b, p, q)
    of_log_x = tail.prob * jnp.exp(tail.log_hazard)
    by_density = jnp.where(inside, of_log_x, 0)
    of_log_x = jnp.where(low, a * cdf, jnp.where(high, b * sf, of_log_x))
    many_a = _slope_of_many(a, b, p, q, sf, by_density)
    many_b = -_slope_of_many(b, a, q, p, cdf, by_density)
    slope1 = jnp.where(a > _MANY, many_a, of_a + of_log_x / a) / 2
    slope2 = jnp.where(b > _MANY, many_b, of_b - of_log_x / b) / 2
    # That of log x may underflow where the density of a small x does not.
    by_log_x = (of_log_x > _SMALLEST) & (x >= jnp.finfo(x.dtype).tiny)
    by_log = jnp.exp(f_log_prob(df1, df2, x))
    density = jnp.where(by_log_x, quotient(of_log_x, jnp.where(by_log_x, x, 1)), by_log)
    dot = along(slope1, df1_dot) + along(slope2, df2_dot) + along(density, x_dot)
    return tails, (dot, -dot)


def _slope_of_many(a: Array, b: Array, p: Array, q: Array, sf: Array, density: Array) -> Array:
    r"""Derivative of P(X <= x) in a, for a large a, by the smaller tail.

    .. math:: \int_0^x p(u) \frac{\partial \log p(u)}{\partial a} du

    Beyond the mean the slope of the logarithm tends to a constant, which for a small b is that of
    a long tail; then the integral is that of the difference from it.

    Args:
      a: concentration of the numerator.
      b: that of the denominator.
      p: probability `r / (1 + r)` of the odds r.
      q: its complement.
      sf: the upper tail.
      density: that of log X; 0 where it does not matter.
    """
    lower = a * q >= b * p
    c, d = jnp.where(lower, a, b), jnp.where(lower, b, a)
    x, y = jnp.where(lower, p, q), jnp.where(lower, q, p)
    split = ~lower & (b < _FEW)
    n, slope = c + d, c * y - d * x
    end = cutoff(*lax.stop_gradient((n, x, y, slope + jnp.where(split, 1, 0))))
    log_limit, remainder = jnp.log1p(b / a), digamma_difference_remainder(a, b)

    def relative(u: Array) -> Array:
        shrunk = x * jnp.exp(-u)
        near, far = shrunk / (y + shrunk), y / (y + shrunk)
        p, q = jnp.where(lower, near, far), jnp.where(lower, far, near)
        small = q < 0.5
        log_p = jnp.where(small, jnp.log1p(-jnp.where(small, q, 0)), jnp.log(p))
        whole = log_less_linear((b * p - a * q) / a, log_limit + log_p) + remainder
        difference = log1pmx(-jnp.where(small, q, 0)) + b / a * q
        return jnp.exp(-cost(n, x, y, slope, u)) * jnp.where(split, difference, whole)

    integral = density * integrate(relative, end)
    constant = log_less_linear(b / a, log_limit) + remainder
    integral += jnp.where(split, constant * sf, 0)
    return jnp.where(lower, integral, -integral)
