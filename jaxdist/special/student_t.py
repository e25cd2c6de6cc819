"""Student's t distribution, by the beta prime distribution of its square.

For t > 0, t^2 / df is a beta prime variate with parameters 1/2 and df / 2, so that the upper tail
is half of a beta prime one (Abramowitz and Stegun 26.5.27).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist.numerics.loop_carries import vary_with
from jaxdist.numerics.polynomials import horner
from jaxdist.numerics.quadrature import gauss_legendre_average
from jaxdist.promotion import custom_jvp
from jaxdist.special.beta_tails import Probability, beta_cdf
from jaxdist.special.betaprime import odds_to_probs
from jaxdist.special.constants import LOG_TWO_PI
from jaxdist.special.elementwise import elementwise
from jaxdist.special.exp_log import log1p_square
from jaxdist.special.gamma import lgamma1p, log_gamma_ratio
from jaxdist.special.incomplete_beta import betaincc, log_betaincc, logit_betaincinv
from jaxdist.special.multivariate_student_t import slope_in_df
from jaxdist.special.of_arrays import of_arrays
from jaxdist.special.quotient import along, half, log_quotient, quotient, standardize

_HUGE = 1e19  # its square has no last bit left for one
_FARTHEST = 1e30  # t, beyond which it may overflow
_CENTER, _POINTS = 2.0, 20  # the t up to which slopes are integrated, and the number of nodes
_LARGEST_RATIO = 1e8  # of t to sqrt(df); beyond it the tail is a pure power in float64


@elementwise
def student_t_log_normalizer(df: Array) -> Array:
    r"""Log-density of the standard Student's t distribution at 0, for df > 0.

    .. math:: \log p(0) = \log \frac{\Gamma(a + 1/2)}{\Gamma(a) \sqrt{2 \pi a}}, \quad
              a = \mathrm{df} / 2

    Args:
      df: positive degrees of freedom, any shape.
    """
    return log_gamma_ratio(half(df), 0.5) - LOG_TWO_PI / 2


@elementwise
def student_t_log_prob(df: Array, t: Array) -> Array:
    r"""Log-density of the standard Student's t distribution, for df > 0.

    .. math:: p(t) = p(0)\, (1 + t^2 / \mathrm{df})^{-(\mathrm{df} + 1) / 2}

    Args:
      df: positive degrees of freedom, any shape broadcastable with `t`.
      t: any number.
    """
    return student_t_log_normalizer(df) - (df + 1) / 2 * _log_growth(df, t)


def _log_growth(df: Array, t: Array, log_unit: Array | float = 0.0) -> Array:
    """Return log(1 + t^2 / df), also where t^2 / df overflows, or t, which has then a unit."""
    size = jnp.abs(t)
    far = (df < 1) & (size > _HUGE) | (log_unit > 0)
    of_logs = 2 * (jnp.log(jnp.where(far, size, 1)) + log_unit) - jnp.log(df)
    return jnp.where(far, of_logs, log1p_square(jnp.where(far, 0, t) / jnp.sqrt(df)))


@of_arrays()
@custom_jvp
def student_t_log_density(df: Array, x: Array, loc: Array, scale: Array) -> Array:
    """Log-density of `loc + scale * T`; its slopes in df and scale do not cancel.

    Args:
      df: positive degrees of freedom, any shape broadcastable with the others.
      x: any number.
      loc: location.
      scale: positive scale.
    """
    z, log_unit = _standardize_in_units(x, loc, scale)
    growth = _log_growth(df, z, log_unit)
    return student_t_log_normalizer(df) - (df + 1) / 2 * growth - jnp.log(scale)


def _standardize_in_units(x: Array, loc: Array, scale: Array) -> tuple[Array, Array]:
    """Return (x - loc) / scale, in a larger unit where it overflows, and the unit's logarithm."""
    z, unit = standardize(x, loc, scale), 2.0 ** (jnp.finfo(x.dtype).maxexp - 2)
    overflows = jnp.abs(z) == math.inf
    z = jnp.where(overflows, standardize(x / unit, loc / unit, scale), z)
    return z, jnp.where(overflows, math.log(unit), 0)


@student_t_log_density.defjvp
def _student_t_log_density_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    """Differentiate as F with one degree of freedom, of which z^2 is a variate."""
    (df, x, loc, scale), (df_dot, x_dot, loc_dot, scale_dot) = primals, tangents
    z = standardize(x, loc, scale)
    ratio = z / jnp.sqrt(df)
    p, q = odds_to_probs(ratio * ratio)
    far = jnp.abs(ratio) > 1
    distance = jnp.where(far, x - loc, 1)
    of_x = jnp.where(far, -(df + 1) * quotient(p, distance), -(1 + 1 / df) * q * quotient(z, scale))
    dot = (
        along(_slope_in_df(df, *_standardize_in_units(x, loc, scale)), df_dot)
        + along(of_x, x_dot - loc_dot)
        + along(quotient(df * p - q, scale), scale_dot)
    )
    return student_t_log_density(df, x, loc, scale), dot


def student_t_slopes(df: Array, t: Array) -> tuple[Array, Array, Array]:
    r"""Return what the slopes of the standard log-density are made of, without cancellation.

    They are the slope in df, :math:`p = t^2 / (\nu + t^2)` and q = 1 - p. The slope in the
    logarithm of a scale is ν p - q, that in log t is -(ν + 1) p, and that in t is
    -(1 + 1 / ν) q t.

    Args:
      df: positive degrees of freedom ν, any shape broadcastable with `t`.
      t: any number.
    """
    ratio = t / jnp.sqrt(df)
    p, q = odds_to_probs(ratio * ratio)
    return _slope_in_df(df, t), p, q


def _slope_in_df(df: Array, t: Array, log_unit: Array | float = 0.0) -> Array:
    """Derivative of the standard log-density in df, at t in a unit: see `_log_growth`."""
    ratio = jnp.where(log_unit > 0, math.inf, t / jnp.sqrt(df))
    p, q = odds_to_probs(ratio * ratio)
    return slope_in_df(df, p, q, _log_growth(df, t, log_unit), jnp.ones_like(df))


def _density_along(df: Array, t: Array, t_dot: Array, log_t_dot: Array) -> Array:
    """Return the density at t >= 0 times a change of t, or that of log t times a change of it.

    The density may underflow where that of log t does not, or have a large logarithm.
    """
    far = _is_far(df, t)
    center, end = jnp.where(far, 0, t), jnp.where(far, t, 1)
    ratio = jnp.sqrt(df) / end
    log_power = student_t_log_normalizer(df) - df / 2 * _log_growth(df, end)
    of_log = jnp.exp(log_power) * jnp.sqrt(df) / jnp.sqrt(1 + ratio * ratio)
    near = jnp.exp(student_t_log_prob(df, center))
    return jnp.where(far, of_log * log_t_dot, near * t_dot)


def _is_far(df: Array, t: Array) -> Array:
    """Return where derivatives are those in log t."""
    return t * t > df


def _split_ratio(df: Array, t: Array) -> tuple[Array, Array]:
    """Return t^2/df, clipped where the tail is a pure power, and by how many logs t lies beyond."""
    ratio = t / jnp.sqrt(df)
    clipped = jnp.minimum(ratio, _LARGEST_RATIO)
    return clipped * clipped, jnp.log(jnp.maximum(ratio, _LARGEST_RATIO) / _LARGEST_RATIO)


def _sf(df: Array, odds: Array, beyond: Array) -> Array:
    return betaincc(0.5, df / 2, *odds_to_probs(odds)) / 2 * jnp.exp(-df * beyond)


def _log_sf(df: Array, odds: Array, beyond: Array) -> Array:
    return log_betaincc(0.5, df / 2, *odds_to_probs(odds)) - math.log(2) - df * beyond


# -(df / t) dt/d(df) at fixed probability: powers of t^2/df (rows) and of 1/df. Found by equating
# the powers of 1/df on both sides of the equation for w = -dt/d(df),
# w' - (df + 1) t / (df + t^2) w = d(log p)/d(df).
_SERIES = (
    (0, 1 / 4, 0, -1 / 8, 0, 1 / 4, 0, -17 / 16),
    (1 / 4, 1 / 12, -1 / 24, -1 / 24, 1 / 12, 1 / 12, -17 / 48),
    (-1 / 12, -1 / 24, 1 / 120, 1 / 30, -1 / 60, -5 / 48),
    (1 / 24, 1 / 40, 0, -3 / 140, -3 / 560),
    (-1 / 40, -1 / 60, -1 / 420, 23 / 1680),
    (1 / 60, 1 / 84, 1 / 336),
    (-1 / 84, -1 / 112),
    (1 / 112,),
)


@elementwise
def student_t_implicit_derivative(df: Array, t: Array) -> Array:
    r"""Derivative in df of a standard Student's t variate, at fixed `student_t_sf`.

    .. math:: \frac{dt}{d\nu} = \frac{t}{2 \nu} + \frac{P(T > t)}{p(t)}
              \left.\frac{\partial \log P(T > t)}{\partial \nu}\right|_{t^2 / \nu}, \quad
              \nu = \mathrm{df}

    Where t^2 / ν and 1 / ν are small both terms cancel; there it is the sum of their powers.
    Figurnov, Mohamed and Mnih, Implicit Reparameterization Gradients (2018).

    Args:
      df: positive degrees of freedom, any shape broadcastable with `t`.
      t: non-negative and finite.
    """
    odds, beyond = _split_ratio(df, t)
    log_sf, slope = jax.jvp(lambda df: _log_sf(df, odds, beyond), (df,), (jnp.ones_like(df),))
    hazard = jnp.exp(student_t_log_prob(df, t) - log_sf)
    near = _is_near(df, odds)
    return jnp.where(near, -t * _by_series(df, odds, near), t / (2 * df) + slope / hazard)


def _is_near(df: Array, odds: Array) -> Array:
    """Return where the series in the odds t^2 / df and in 1 / df converges."""
    return odds + 3 / df < (0.25 if jnp.finfo(df.dtype).eps > 1e-10 else 0.02)


def _by_series(df: Array, odds: Array, near: Array) -> Array:
    """Return minus the implicit derivative over t."""
    c, inverse = jnp.where(near, odds, 0), jnp.where(near, 1 / df, 0)
    series = jnp.zeros_like(c)
    for row in reversed(_SERIES):
        series = series * c + horner(row, inverse)
    return series / df


@elementwise
@custom_jvp
def student_t_sf(df: Array, t: Array, log_t: Array) -> Array:
    r"""Upper tail of the standard Student's t distribution, P(T > t) for df > 0 and t >= 0.

    .. math:: \tfrac12 I_{\mathrm{df} / (\mathrm{df} + t^2)}(\mathrm{df} / 2, 1 / 2)

    Abramowitz and Stegun 26.5.27.

    Args:
      df: positive degrees of freedom, any shape broadcastable with the others.
      t: non-negative.
      log_t: its logarithm, which carries the derivative where t is large: there the density
        underflows before t times the density does.
    """
    df, t, log_t = vary_with((df, t, log_t))
    near, beyond = _clip_far(t, log_t)
    return _sf(df, *_split_ratio(df, near)) * jnp.exp(-df * beyond)


@student_t_sf.defjvp
def _student_t_sf_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    (df, t, log_t), (df_dot, *t_dots) = primals, tangents
    near, beyond = _clip_far(t, log_t)
    dot = _sf_slope_in_df(df, near) * df_dot - _density_along(df, near, *t_dots)
    sf = student_t_sf(df, t, log_t)
    return sf, jnp.exp(-df * beyond) * dot - sf * beyond * df_dot


def _clip_far(t: Array, log_t: Array) -> tuple[Array, Array]:
    """Return t where it is no larger than any float, and by how many logs it lies beyond that.

    The tail is a power there, whose value matters for a small df.
    """
    is_far = t > _FARTHEST
    return jnp.minimum(t, _FARTHEST), jnp.where(is_far, log_t - math.log(_FARTHEST), 0)


def _sf_slope_in_df(df: Array, t: Array) -> Array:
    r"""Derivative of the upper tail in df at fixed t.

    .. math:: \left.\frac{\partial P(T > t)}{\partial \nu}\right|_{t^2 / \nu}
              + \frac{t\, p(t)}{2 \nu}

    The terms cancel near the center, where it is the integral of the density's slope, and where
    t^2 / ν and 1 / ν are small: see `student_t_implicit_derivative`.
    """
    odds, beyond = _split_ratio(df, t)
    _, slope = jax.jvp(lambda df: _sf(df, odds, beyond), (df,), (jnp.ones_like(df),))
    slope += _density_along(df, t, t / (2 * df), 1 / (2 * df))
    near = _is_near(df, odds)
    series = _by_series(df, odds, near)
    slope = jnp.where(near, -_density_along(df, t, t * series, series), slope)
    central = (t <= _CENTER) & (t * t <= df)
    z = jnp.where(central, t, 0)
    of_density = gauss_legendre_average(
        lambda u: jnp.exp(student_t_log_prob(df, u)) * _slope_in_df(df, u), z, _POINTS
    )
    slope = jnp.where(central, -z * of_density, slope)
    is_flat, center = _flat_center(df, t)
    along_df = _Center(jnp.ones_like(center.df), jnp.zeros_like(center.t))
    _, of_center = jax.jvp(_mass_of_flat, center, along_df)
    return jnp.where(is_flat, -of_center / 2, slope)


class _Center(NamedTuple):
    df: Array
    t: Array


def _flat_center(df: Array, t: Array) -> tuple[Array, _Center]:
    """Return where few of the draws are central for a tiny df, and arguments that are there."""
    is_flat = (df < 0.1) & (df * _arcsinh_ratio(df, t) < 2)
    return is_flat, _Center(jnp.where(is_flat, df, 0.01), jnp.where(is_flat, t, 1))


def _arcsinh_ratio(df: Array, t: Array) -> Array:
    """Return arcsinh(t / sqrt(df)), also where the square of the quotient overflows."""
    root = jnp.sqrt(df)
    far = t > _LARGEST_RATIO * root
    of_log = math.log(2) + log_quotient(jnp.where(far, t, 1), root)
    return jnp.where(far, of_log, jnp.arcsinh(quotient(jnp.where(far, 0, t), root)))


def _mass_of_flat(df: Array, t: Array) -> Array:
    r"""Evaluate P(|T| < t) for a small ν = df, as an integral over almost a constant.

    .. math:: \frac{2 \Gamma((\nu + 1) / 2)}{\sqrt{\pi} \Gamma(\nu / 2)}
              \int_0^v \cosh^{-\nu}(w) dw, \quad \sqrt{\nu} \sinh v = t

    with :math:`w = v s^2`, because the integrand varies most near 0.
    """
    end = _arcsinh_ratio(df, t)

    def integrand(s: Array) -> Array:
        w = end * s * s
        return 2 * s * jnp.exp(-df * (w + jnp.log1p(jnp.expm1(-2 * w) / 2)))

    average = gauss_legendre_average(integrand, jnp.ones_like(df), _POINTS)
    a = df / 2
    log_ratio = log_gamma_ratio(jnp.full_like(a, 0.5), a) - math.log(2) * a
    return df * jnp.exp(log_ratio - lgamma1p(a)) * end * average


@of_arrays()
@custom_jvp
def half_student_t_cdf(df: Array, t: Array, log_t: Array) -> Array:
    r"""Distribution function of the absolute value of a standard Student's t variable, at t >= 0.

    It is that of the beta distribution of :math:`t^2 / (t^2 + \mathrm{df})`, which is exact near 0.

    Args:
      df: positive degrees of freedom, any shape broadcastable with the others.
      t: non-negative.
      log_t: its logarithm: see `student_t_sf`.
    """
    df, t, log_t = vary_with((df, t, log_t))
    root, overflows = jnp.sqrt(df), t == math.inf
    far = t > root
    low, high = jnp.where(far, root, t), jnp.where(far, t, root)
    square = (low / high) ** 2  # may underflow
    log_low_over_high = log_quotient(low, jnp.where(overflows, 1, high))
    log_low_over_high -= jnp.where(overflows, log_t, 0)
    larger, log_larger = 1 / (1 + square), -jnp.log1p(square)
    smaller, log_smaller = square * larger, log_larger + 2 * log_low_over_high
    share, complement = jnp.where(far, larger, smaller), jnp.where(far, smaller, larger)
    log_share = jnp.where(far, log_larger, log_smaller)
    at = Probability(share, complement, log_share, jnp.where(far, log_smaller, log_larger))
    b = jnp.broadcast_to(half(df), share.shape)
    is_flat, center = _flat_center(df, t)
    cdf = beta_cdf(jnp.full_like(share, 0.5), b, at)
    curved, is_central = _curve_of_center(df, t)
    linear = 2 * jnp.exp(student_t_log_normalizer(df)) * jnp.where(is_central, t, 0)
    cdf = jnp.where(is_central, linear * (1 - curved), cdf)
    return jnp.where(is_flat, jnp.minimum(_mass_of_flat(*center), 1), cdf)


@half_student_t_cdf.defjvp
def _half_student_t_cdf_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    (df, t, log_t), (df_dot, *t_dots) = primals, tangents
    near, beyond = _clip_far(t, log_t)
    dot = _density_along(df, near, *t_dots) - _sf_slope_in_df(df, near) * df_dot
    cdf, decay = half_student_t_cdf(df, t, log_t), jnp.exp(-df * beyond)
    return cdf, 2 * decay * dot + jnp.where(beyond > 0, 1 - cdf, 0) * beyond * df_dot


def half_student_t_icdf(df: Array, p: Array) -> Array:
    """Inverse of `half_student_t_cdf`: the t with P(|T| <= t) = p, exact for a small p.

    Args:
      df: positive degrees of freedom, any shape broadcastable with `p`.
      p: at most 1/2.
    """
    df, p = jnp.broadcast_arrays(df, p)
    t = jnp.sqrt(df) * jnp.exp(logit_betaincinv(jnp.full_like(p, 0.5), df / 2, p) / 2)
    # Of a tiny df the distribution function is nearly flat: one step of Newton's method.
    density = 2 * jnp.exp(student_t_log_prob(df, t))
    is_flat = (df < 0.1) & (density > 0) & (t < math.inf)
    inside = jnp.where(is_flat, t, 1)
    excess = half_student_t_cdf(df, inside, jnp.log(inside)) - p
    step = jnp.where(is_flat, excess / jnp.where(is_flat, density, 1), 0)
    series, is_central = _small_icdf(df, p)
    return jnp.where(is_central, series, t - lax.stop_gradient(step))


def _small_icdf(df: Array, p: Array) -> tuple[Array, Array]:
    r"""Return :math:`l + (1 + 1 / \nu) l^3 / 6` for l = p / 2 p(0), and where that is the quantile.

    There the logarithm of t^2 / ν would be rounded by many eps.
    """
    linear = p / 2 * jnp.exp(-student_t_log_normalizer(df))
    curved, is_central = _curve_of_center(df, linear)
    return linear * (1 + curved), is_central


def _curve_of_center(df: Array, t: Array) -> tuple[Array, Array]:
    r"""Return :math:`c = (1 + 1 / \nu) t^2 / 6`, and where P(|T| < t) is `2 p(0) t (1 - c)`."""
    curved = t * t * (1 + 1 / df) / 6
    limit = 6e-5 if jnp.finfo(df.dtype).eps > 1e-10 else 1e-9
    return curved, (df > 0.1) & (curved < limit)


@elementwise
@custom_jvp
def log_student_t_sf(df: Array, t: Array, log_t: Array) -> Array:
    """Logarithm of `student_t_sf`, finite where that underflows.

    Args:
      df: positive degrees of freedom, any shape broadcastable with the others.
      t: non-negative.
      log_t: its logarithm: see `student_t_sf`.
    """
    df, t, log_t = vary_with((df, t, log_t))
    odds, beyond = _split_ratio(df, t)
    of_logs = log_t - jnp.log(df) / 2 - math.log(_LARGEST_RATIO)
    return _log_sf(df, odds, jnp.where(beyond < math.inf, beyond, of_logs))


@log_student_t_sf.defjvp
def _log_student_t_sf_jvp(
    primals: tuple[Array, ...], tangents: tuple[Array, ...]
) -> tuple[Array, Array]:
    (df, t, log_t), (df_dot, t_dot, log_t_dot) = primals, tangents
    log_sf, edge = log_student_t_sf(df, t, log_t), _LARGEST_RATIO * jnp.sqrt(df)
    is_power = t > edge  # beyond it log_sf falls by df for every log t
    t = jnp.where(is_power, edge, t)
    beyond = jnp.where(is_power, log_t - jnp.log(edge), 0)
    log_hazard = student_t_log_prob(df, t) - (log_sf + df * beyond)
    hazard = jnp.exp(log_hazard)
    far = _is_far(df, t)
    of_log = jnp.exp(log_hazard + jnp.log(jnp.where(far, t, 1)))
    of_log = jnp.where(is_power, df, of_log)
    along = jnp.where(far, of_log * log_t_dot, hazard * t_dot)
    return log_sf, (hazard * student_t_implicit_derivative(df, t) - beyond) * df_dot - along


@elementwise
@custom_jvp
def student_t_isf(df: Array, p: Array) -> Array:
    """Inverse of `student_t_sf`: the t >= 0 with P(T > t) = p, for df > 0 and 0 <= p <= 1/2.

    Args:
      df: positive degrees of freedom, any shape broadcastable with `p`.
      p: probability of the upper tail, at most 1/2.
    """
    return jnp.sqrt(df) * jnp.exp(-logit_betaincinv(df / 2, 0.5, 2 * p) / 2)


@student_t_isf.defjvp
def _student_t_isf_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    (df, p), (df_dot, p_dot) = primals, tangents
    t = student_t_isf(df, p)
    finite = jnp.isfinite(t)
    z = jnp.where(finite, t, 0)
    inverse_density = jnp.exp(-student_t_log_prob(df, z))
    slope = student_t_implicit_derivative(df, z) * df_dot - p_dot * inverse_density
    return t, jnp.where(finite, slope, 0)
