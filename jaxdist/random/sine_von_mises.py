"""The first angle of the sine model of two von Mises angles, by rejection."""

from __future__ import annotations

import functools
import math

import jax.numpy as jnp
from jax import Array, lax

from jaxdist.numerics.loop_carries import vary_with
from jaxdist.numerics.root_finding import bisection_steps, find_root
from jaxdist.random.implicit import attach_derivatives
from jaxdist.random.rejection import first_accepted
from jaxdist.random.uniform import positive_uniform_from, random_sign
from jaxdist.random.words import Shape
from jaxdist.special import bessel_ratio
from jaxdist.special.hyperbolic import hypot
from jaxdist.special.sine_von_mises import Angle, Origin, origin, path_slopes, point, reach

_LARGEST = 1e37  # of which sums are float32
_LARGEST_OF_TWO_MODES = 1e15  # from which on draws round to the modes
_DROP = 1.0  # of the log-density, from which on its bound falls


def sine_von_mises_angle(key: Array, a: Array, b: Array, r: Array, shape: Shape) -> Array:
    r"""Draw φ, whose density is the marginal one.

    .. math:: p(\phi) \propto e^{a \cos\phi} I_0\big(\sqrt{b^2 + r^2 \sin^2\phi}\big)

    Its logarithm is concave in the cosine of φ. With q, by how much it falls from the mode to a
    distance w, it is at least q t / 2 w below the mode at distances t of 2 w or more. Under this
    bound, a constant up to w and an exponential function from 2 w on, draws are by rejection.

    Args:
      key: a PRNG key.
      a: non-negative concentration of the first angle.
      b: that of the second one, `regular`, of the same shape.
      r: correlation, of the same shape.
      shape: shape of the draws, that of the parameters last.

    Returns:
      Angles in [-pi, pi], with derivatives in the parameters.
    """
    parameters_of_draws = [jnp.broadcast_to(x, shape) for x in (a, b, r)]
    given = lax.stop_gradient((a, b, r))
    valid = (a >= 0) & (b >= 0) & (a + b + jnp.abs(r) < math.inf)
    # In proportion, which decides whether there are two modes.
    largest = jnp.where(_slope(jnp.zeros_like(a), *given) >= 0, _LARGEST, _LARGEST_OF_TWO_MODES)
    shrink = jnp.minimum(
        largest / jnp.maximum(jnp.maximum(given[0], given[1]), jnp.abs(given[2])), 1
    )
    a, b, r = (jnp.where(valid, shrink * x, 1) for x in given)
    fixed = a, b, r
    start = _mode(*fixed)
    at_mode = point(jnp.zeros_like(a), start, *fixed).log_density
    sides = []
    for sign, span in ((1, math.pi - start.angle), (-1, start.angle)):

        def drop(step: Array, sign: int = sign) -> Array:
            return at_mode - point(sign * step, start, *fixed).log_density

        width = reach(drop, span, _DROP)
        sides += [span, width, jnp.maximum(drop(width), 1e-3)]

    def propose(first: Array, second: Array, *parameters: Array) -> Array:
        a, b, r, at_mode, cos, sin, linear, *sides = parameters
        up, down = sides[:3], sides[3:]
        u = positive_uniform_from(first)
        total_up, total_down = sum(_areas(*up)), sum(_areas(*down))
        z = u * (total_up + total_down)
        is_up = z < total_up
        span, width, fall = (jnp.where(is_up, x, y) for x, y in zip(up, down, strict=True))
        t = _inverse(jnp.where(is_up, z, z - total_up), span, width, fall)
        step = jnp.where(is_up, t, -t)
        x = point(step, Origin(Angle(cos, sin), linear), a, b, r)
        accepted = jnp.log(positive_uniform_from(second)) <= (
            x.log_density - at_mode - _log_bound(t, width, fall)
        )
        phi = jnp.clip(jnp.arctan2(sin, cos) + step, 0, math.pi)
        return jnp.where(accepted, random_sign(first, phi), math.nan)

    parameters = (*fixed, at_mode, *start.at, start.linear, *sides)
    phi = first_accepted(key, propose, parameters, shape, a.dtype)
    phi = jnp.where(valid, phi, math.nan)
    return attach_derivatives(_signed_slopes, phi, *parameters_of_draws)


def _signed_slopes(phi: Array, a: Array, b: Array, r: Array) -> tuple[Array, ...]:
    sign = jnp.where(phi < 0, -1.0, 1.0)
    return tuple(sign * slope for slope in path_slopes(jnp.abs(phi), a, b, r))


def _slope(phi: Array, a: Array, b: Array, r: Array) -> Array:
    r"""Minus the slope of the log-density in φ, over its sine."""
    alpha = hypot(b, r * jnp.sin(phi))
    return a - r * (r / alpha) * (jnp.cos(phi) * bessel_ratio(alpha))


def _mode(a: Array, b: Array, r: Array) -> Origin:
    r"""Solve :math:`a = r^2 \cos\phi \, I_1(\alpha) / (\alpha I_0(\alpha))`, in [0, pi / 2]."""
    slope = functools.partial(_slope, a=a, b=b, r=r)
    low = vary_with(jnp.zeros_like(a), (a, b, r))
    high = vary_with(jnp.full_like(a, math.pi / 2), (a, b, r))
    root = find_root(lambda x: (slope(x), 0.0), low, high, steps=bisection_steps(a.dtype))
    phi = jnp.where(slope(low) >= 0, 0, root)
    at = Angle(jnp.cos(phi), jnp.sin(phi))
    return origin(at, a - r * (r / hypot(b, r * at.sin)) * at.cos, a, b, r)


# --- the bound: 1 up to w, e^-q up to 2 w, e^(-q t / 2 w) beyond ---------------------------------


def _log_bound(t: Array, width: Array, fall: Array) -> Array:
    return jnp.where(t <= width, 0, -fall * jnp.maximum(t / (2 * width), 1))


def _areas(span: Array, width: Array, fall: Array) -> tuple[Array, Array, Array]:
    """Return the areas of the three pieces, up to a distance `span`."""
    low = jnp.exp(-fall)
    second = low * jnp.clip(span - width, 0, width)
    decay = -jnp.expm1(-fall * jnp.maximum(span / (2 * width) - 1, 0))
    return width, second, jnp.where(width > 0, 2 * width / fall * low * decay, 0)


def _inverse(z: Array, span: Array, width: Array, fall: Array) -> Array:
    """Return the distance up to which the area is z."""
    first, second, third = _areas(span, width, fall)
    low = jnp.exp(-fall)
    in_second = jnp.minimum(width + (z - first) / low, 2 * width)
    rest = jnp.clip(z - first - second, 0, third)
    size = jnp.where(width > 0, 2 * width / fall, 1)
    in_third = 2 * width - size * jnp.log1p(-jnp.minimum(rest / (size * low), 1 - 1e-7))
    t = jnp.where(z <= first, z, jnp.where(z <= first + second, in_second, in_third))
    return jnp.clip(t, 0, span)
