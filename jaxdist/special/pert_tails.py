"""Both tails of the PERT distribution and its quantiles, by the distance from the mode.

Near the mode of a narrow distribution the terms of the incomplete beta function's slope cancel, and
so do those of its derivatives in the parameters.
"""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array, lax

from jaxdist.numerics.quadrature import integrate
from jaxdist.promotion import custom_jvp
from jaxdist.special.incomplete_beta import cost, cutoff, logit_betaincinv, smaller_tail
from jaxdist.special.infinite_slopes import along
from jaxdist.special.logistic import sigmoid
from jaxdist.special.of_arrays import of_arrays
from jaxdist.special.pert_density import (
    PertSlopes,
    log_density_of_share,
    pert_slope_moments,
    pert_slope_rests,
    pert_slopes,
    place,
    shares,
)
from jaxdist.special.quotient import quotient
from jaxdist.special.tails import (
    Pair,
    SmallerTail,
    both_log_tails,
    both_log_tails_dot,
    both_tails,
    differentiate_in_shapes,
)

_CENTRAL = 9.0  # variances of the squared distance, below which two sides cancel
_LARGE = 5.0  # concentrations from which slopes are integrals of those of the density
_SMALLEST = 1e-30
_POLISHING_STEPS = 2
_LARGEST_STEP = 0.1  # as a share of the distance to an end


@of_arrays()
@custom_jvp
def pert_tails(x: Array, low: Array, peak: Array, high: Array, temperature: Array) -> Pair:
    """Evaluate P(X <= x) and P(X > x): see `pert_log_prob`.

    Args:
      x: in the interval, of one shape and dtype with the others.
      low: lower end.
      peak: mode.
      high: upper end.
      temperature: positive.
    """
    tail, inside = _smaller_tail(x, low, peak, high, temperature)
    return both_tails(tail, inside, shares(x, low, high))


@of_arrays()
@custom_jvp
def log_pert_tails(x: Array, low: Array, peak: Array, high: Array, temperature: Array) -> Pair:
    """Evaluate the logarithms of `pert_tails`, also where these underflow."""
    tail, inside = _smaller_tail(x, low, peak, high, temperature)
    return both_log_tails(tail, inside, shares(x, low, high))


def _smaller_tail(
    x: Array, low: Array, peak: Array, high: Array, t: Array
) -> tuple[SmallerTail, Array]:
    """Return the smaller tail, and where it is valid because x is inside of the interval.

    Of a nearly uniform density the tail is density over hazard: its logarithm would be rounded.
    """
    y, rest, distance, inside = place(x, low, peak, high)
    rise, fall = shares(peak, low, high)
    excess = (rest - y) - t * distance
    tail = smaller_tail(1 + t * rise, 1 + t * fall, y, rest, excess)
    log_density = log_density_of_share(x, low, peak, high, t)
    is_flat = inside & (jnp.abs(log_density) < 0.5 * jnp.abs(tail.log_prob))
    share = jnp.exp(jnp.where(is_flat, log_density, 0)) * (y * rest)
    of_flat = share * jnp.exp(-tail.log_hazard)
    return tail._replace(prob=jnp.where(is_flat, of_flat, tail.prob)), inside


@pert_tails.defjvp
def _pert_tails_jvp(primals: tuple[Array, ...], tangents: tuple[Array, ...]) -> tuple[Pair, Pair]:
    (x, low, _, high, _), (x_dot, low_dot, _, high_dot, _) = primals, tangents
    density = jnp.exp(log_density_of_share(*primals))
    tail, inside, of = _slopes(primals, density)
    of_cdf = PertSlopes(*(tail.sign * tail.times_prob(slope) for slope in of))
    y, rest = shares(x, low, high)
    at_end = density * quotient(x_dot - rest * low_dot - y * high_dot, high - low)
    dot = jnp.where(inside, _along(primals, tangents, of_cdf), at_end)
    return both_tails(tail, inside, (y, rest)), (dot, -dot)


@log_pert_tails.defjvp
def _log_pert_tails_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Pair, Pair]:
    x, low, _, high, _ = primals
    tail, inside, of = _slopes(primals, jnp.exp(log_density_of_share(*primals)))
    dot = jnp.where(inside, _along(primals, tangents, of), 0)
    return both_log_tails(tail, inside, shares(x, low, high)), both_log_tails_dot(tail, dot)


def _along(primals: tuple[Array, ...], tangents: tuple[Array, ...], of: PertSlopes) -> Array:
    (_, low, _, high, _), (x_dot, low_dot, peak_dot, high_dot, t_dot) = primals, tangents
    dot = along(of.x, x_dot) + along(of.low, low_dot)
    dot += along(of.peak, peak_dot) + along(of.high, high_dot)
    return quotient(dot, high - low) + along(of.temperature, t_dot)


def _slopes(primals: tuple[Array, ...], density: Array) -> tuple[SmallerTail, Array, PertSlopes]:
    """Return the smaller tail, where it is valid, and the slopes of its logarithm.

    That in x is the density over the probability, or the hazard; of a density of many draws near
    the mode the logarithm is large, and rounded more.
    """
    x, low, peak, high, t = primals
    y, rest, distance, _ = place(x, low, peak, high)
    rise, fall = shares(peak, low, high)
    a, b = 1 + t * rise, 1 + t * fall
    tail, inside = _smaller_tail(x, low, peak, high, t)
    hazard = jnp.exp(tail.log_hazard)
    is_large = jnp.minimum(a, b) > _LARGE
    by_density = ~is_large & (tail.prob > _SMALLEST)
    in_y = jnp.where(by_density, density / jnp.where(by_density, tail.prob, 1), hazard / (y * rest))
    in_y = tail.sign * in_y
    one, zero = jnp.ones_like(a), jnp.zeros_like(a)
    of_a, of_b = (
        differentiate_in_shapes(lambda a, b: smaller_tail(a, b, y, rest), (a, b), dots)[1]
        for dots in ((one, zero), (zero, one))
    )
    of_peak = t * (of_a - of_b)
    of_shapes = PertSlopes(
        in_y,
        -rest * in_y - fall * of_peak,
        of_peak,
        -y * in_y - rise * of_peak,
        rise * of_a + fall * of_b,
    )
    integrals = _integrals(y, rest, distance, rise, fall, t, hazard)
    of = (jnp.where(is_large, i, s) for i, s in zip(integrals, of_shapes[1:], strict=True))
    return tail, inside, PertSlopes(in_y, *of)


@of_arrays()
def pert_quantile(low: Array, peak: Array, high: Array, temperature: Array, p: Array) -> Array:
    """Find the x with P(X <= x) = p.

    It is that of the beta distribution of the share, whose rounding Newton's method removes.

    Args:
      low: lower end, of one shape and dtype with the others.
      peak: mode.
      high: upper end.
      temperature: positive.
      p: in [0, 1].
    """
    rise, fall = shares(peak, low, high)
    logit = logit_betaincinv(1 + temperature * rise, 1 + temperature * fall, p)
    x = pert_at_logit(logit, low, high)
    fixed = low, peak, high, temperature, p, 1 - p
    for _ in range(_POLISHING_STEPS):
        x += lax.stop_gradient(_newton_step(*lax.stop_gradient((x, *fixed))))
    return x


def _newton_step(
    x: Array, low: Array, peak: Array, high: Array, t: Array, p: Array, q: Array
) -> Array:
    """Return the step towards the quantile by the smaller of p and q = 1 - p; 0 near the ends."""
    lower = p <= q
    tail, inside = _smaller_tail(x, low, peak, high, t)
    y, rest, *_ = place(x, low, peak, high)
    log_tail, smaller = tail.log_prob_of(lower), jnp.minimum(p, q)
    exact = (lower == tail.is_lower) & (tail.prob > 0)  # without the rounding of logarithms
    by_quotient = jnp.log(smaller / jnp.where(exact, tail.prob, 1))
    error = jnp.where(exact, by_quotient, jnp.log(smaller) - log_tail)
    error = jnp.where(lower, error, -error)
    hazard = jnp.exp(tail.log_hazard + tail.log_prob - log_tail)
    step = (high - low) * (y * rest * (error / hazard))
    return jnp.where(
        inside & (jnp.abs(step) < _LARGEST_STEP * jnp.minimum(x - low, high - x)), step, 0
    )


def pert_at_logit(logit: Array, low: Array, high: Array) -> Array:
    """Place x, given by the logit of its share of the interval, from the end that is nearer."""
    width = high - low
    return jnp.where(logit < 0, low + width * sigmoid(logit), high - width * sigmoid(-logit))


def _integrals(
    y: Array, rest: Array, distance: Array, rise: Array, fall: Array, t: Array, hazard: Array
) -> Array:
    """Average the density's slopes in low, peak, high and temperature over the smaller tail.

    Near the mode the integrals of two sides cancel: those up to second order in the distance from
    the mean are known, and only those of the rest are integrated.
    """
    y, rest = jnp.maximum(y, _SMALLEST), jnp.maximum(rest, _SMALLEST)
    a, b = 1 + t * rise, 1 + t * fall
    excess = (rest - y) - t * distance
    lower = excess >= 0
    near, far = jnp.where(lower, y, rest), jnp.where(lower, rest, y)
    n, slope = 2 + t, jnp.abs(excess)

    def relative(u: Array) -> Array:
        shrunk = near * jnp.exp(-u)
        total = far + shrunk
        p, q = shrunk / total, far / total
        below, above = jnp.where(lower, p, q), jnp.where(lower, q, p)
        change = near * far * jnp.expm1(-u) / total  # of p
        moved = distance + jnp.where(lower, change, -change)
        of = pert_slopes(below, above, moved, rise, fall, t)
        rests = pert_slope_rests(a, b, below, above, t * moved + (below - above))
        return jnp.exp(-cost(n, near, far, slope, u)) * jnp.stack([*of[1:], *rests])

    sums = hazard * integrate(relative, lax.stop_gradient(cutoff(n, near, far, slope)))
    constant, linear, square = pert_slope_moments(a, b)
    at_x = linear + square * ((b - a) - n * excess) / (n + 1)
    of_moments = constant - jnp.where(lower, hazard, -hazard) * at_x
    is_central = excess * excess < _CENTRAL * a * b / (n + 1)
    # The slope in the peak cancels less.
    central = jnp.stack([of_moments[0], sums[1], of_moments[1], of_moments[2]])
    zero = jnp.zeros_like(a)
    central += jnp.stack([sums[4], zero, sums[5], sums[6]])
    return jnp.where(is_central, central, sums[:4])
