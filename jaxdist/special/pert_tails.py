"""Both tails of the PERT distribution, whose slopes do not cancel."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist.numerics.quadrature import integrate
from jaxdist.promotion import custom_jvp
from jaxdist.special.incomplete_beta import betainc, betaincc, cost, cutoff, smaller_tail
from jaxdist.special.of_arrays import of_arrays
from jaxdist.special.pert_density import PertSlopes, log_density_of_share, pert_slopes, shares
from jaxdist.special.quotient import quotient

_LARGE = 5.0  # concentrations from which slopes are integrals of those of the density
_SMALLEST = 1e-30
Tails = tuple[Array, Array]


@of_arrays()
@custom_jvp
def pert_tails(x: Array, low: Array, peak: Array, high: Array, temperature: Array) -> Tails:
    """Evaluate P(X <= x) and P(X > x): see `pert_log_prob`.

    Args:
      x: in the interval, of one shape and dtype with the others.
      low: lower end.
      peak: mode.
      high: upper end.
      temperature: positive.
    """
    rise, fall = shares(peak, low, high)
    arguments = 1 + temperature * rise, 1 + temperature * fall, *shares(x, low, high)
    return betainc(*arguments), betaincc(*arguments)


@pert_tails.defjvp
def _pert_tails_jvp(primals: tuple[Array, ...], tangents: tuple[Array, ...]) -> tuple[Tails, Tails]:
    (x, low, peak, high, t), (x_dot, low_dot, peak_dot, high_dot, t_dot) = primals, tangents
    width, (y, rest), (rise, fall) = high - low, shares(x, low, high), shares(peak, low, high)
    a, b = 1 + t * rise, 1 + t * fall
    one, zero = jnp.ones_like(a), jnp.zeros_like(a)
    of_a, of_b = (
        jax.jvp(lambda a, b: betainc(a, b, y, rest), (a, b), dots)[1]
        for dots in ((one, zero), (zero, one))
    )
    density = jnp.exp(log_density_of_share(*primals))
    of_peak = t * (of_a - of_b)
    of_shapes = PertSlopes(
        density,
        -rest * density - fall * of_peak,
        of_peak,
        -y * density - rise * of_peak,
        rise * of_a + fall * of_b,
    )
    is_large = jnp.minimum(a, b) > _LARGE
    integrals = _integrals(y, rest, (x - peak) / width, rise, fall, t)
    of = PertSlopes(
        density, *(jnp.where(is_large, i, s) for i, s in zip(integrals, of_shapes[1:], strict=True))
    )
    dot = of.x * x_dot + of.low * low_dot + of.peak * peak_dot + of.high * high_dot
    dot = quotient(dot, width) + of.temperature * t_dot
    return pert_tails(*primals), (dot, -dot)


def _integrals(y: Array, rest: Array, distance: Array, rise: Array, fall: Array, t: Array) -> Array:
    """Integrate the density's slopes in low, peak, high and temperature over the smaller tail."""
    y, rest = jnp.maximum(y, _SMALLEST), jnp.maximum(rest, _SMALLEST)
    a, b = 1 + t * rise, 1 + t * fall
    lower = a * rest >= b * y
    c, d = jnp.where(lower, a, b), jnp.where(lower, b, a)
    near, far = jnp.where(lower, y, rest), jnp.where(lower, rest, y)
    n, slope = c + d, c * far - d * near
    tail = smaller_tail(a, b, y, rest)

    def relative(u: Array) -> Array:
        shrunk = near * jnp.exp(-u)
        total = far + shrunk
        p, q = shrunk / total, far / total
        below, above = jnp.where(lower, p, q), jnp.where(lower, q, p)
        change = near * far * jnp.expm1(-u) / total  # of p
        moved = distance + jnp.where(lower, change, -change)
        of = pert_slopes(below, above, moved, rise, fall, t)
        return jnp.exp(-cost(n, near, far, slope, u)) * jnp.stack(of[1:])

    integral = integrate(relative, lax.stop_gradient(cutoff(n, near, far, slope)))
    return jnp.where(lower, 1, -1) * tail.prob * jnp.exp(tail.log_hazard) * integral
