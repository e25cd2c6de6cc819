"""TruncatedNormal distribution."""

from __future__ import annotations

import math
from typing import NamedTuple

import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.quantile_offsets import QuantileOffsets
from jaxdist.implicit_differentiation import implicit_reparameterization
from jaxdist.parameters import Param, param
from jaxdist.promotion import custom_jvp
from jaxdist.special import quotient, standardize
from jaxdist.special import truncated_normal as standard
from jaxdist.special.infinite_slopes import along, finite
from jaxdist.special.quotient import over

_FAR = 100.0  # standard deviations beyond which the density is 0


class _Reflected(NamedTuple):
    """The interval in standard units, reflected such that its middle is not negative."""

    reflect: Array
    a: Array
    b: Array
    width: Array


class TruncatedNormal(QuantileOffsets):
    r"""Normal distribution conditioned on the interval `[low, high]`.

    .. math:: p(x) = \frac{\phi(z)}{\mathrm{scale}\, (\Phi(\beta) - \Phi(\alpha))}, \quad
              (z, \alpha, \beta) = \frac{(x, \mathrm{low}, \mathrm{high}) - \mathrm{loc}}
                                        {\mathrm{scale}}

    Everything is computed relative to the point of the interval next to `loc`, and is therefore
    exact however far out in a tail the interval lies. Mean, variance and entropy are computed by
    quadrature, because their closed forms cancel.

    Args:
      loc: mean before truncation, any shape broadcastable with the other parameters.
      scale: positive standard deviation before truncation, in the units of `loc`.
      low: lower end, may be -inf.
      high: upper end, above `low`, may be inf.

    Example:
      >>> import jaxdist as jd
      >>> d = jd.TruncatedNormal(loc=0.0, scale=1.0, low=[-1.0, 8.0], high=[1.0, 9.0])
      >>> d.mean.round(3)
      Array([0.   , 8.121], dtype=float32)
    """

    loc: Param = param(constraints.real)
    scale: Param = param(constraints.positive)
    low: Param = param(constraints.real)
    high: Param = param(lambda d: constraints.greater_than(d.low))

    has_rsample = True
    _is_smooth_at_ends = True

    @property
    def support(self) -> constraints.Constraint:
        """The closed interval."""
        return constraints.interval(self.low, self.high)

    def _length(self) -> Array:
        """Return the length of the interval, at most that between two bounds around the mode."""
        largest = float(jnp.finfo(self.dtype).max)
        return jnp.minimum(self.high - self.low, jnp.minimum(2 * _FAR * self.scale, largest))

    def _standardize(self, x: Array) -> Array:
        return standard.deviation(x, self.loc, self.scale)

    def _reflected(self) -> _Reflected:
        alpha, beta = self._standardize(self.low), self._standardize(self.high)
        reflect = alpha + beta < 0
        a, b = jnp.where(reflect, -beta, alpha), jnp.where(reflect, -alpha, beta)
        return _Reflected(reflect, a, b, standard.width_of(self._length(), self.scale))

    def _log_mass(self) -> Array:
        return self._log_mass_in(jnp.ones_like(self.scale))

    def _log_mass_in(self, unit: Array) -> Array:
        length = self._length()
        return standard.log_mass(self.low, self.high, self.loc, self.scale, length, unit)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        below, above = random.uniform_with_complement(key, shape, self.dtype)
        return implicit_reparameterization(self, lax.stop_gradient(self)._solve(below, above))

    def _log_prob(self, x: Array) -> Array:
        return -_drop(self, x) - self._log_mass()

    def _cdf(self, x: Array) -> Array:
        return _cdf_and_log_cdf(self, x)[0]

    def _log_cdf(self, x: Array) -> Array:
        """Exact also where the probability is near 1, by its complement."""
        log_cdf, sf = _cdf_and_log_cdf(self, x)[1], self._survival_function(x)
        return jnp.where(sf < 0.5, jnp.log1p(-jnp.minimum(sf, 0.75)), log_cdf)

    def _mirrored(self) -> TruncatedNormal:
        """The distribution of -x."""
        return self._with(loc=-self.loc, low=-self.high, high=-self.low)

    def _survival_function(self, x: Array) -> Array:
        return self._mirrored()._cdf(-x)

    def _log_survival_function(self, x: Array) -> Array:
        return self._mirrored()._log_cdf(-x)

    def _icdf(self, q: Array) -> Array:
        x = lax.stop_gradient(self)._corrected(lax.stop_gradient(q))
        x = jnp.where(q > 0, jnp.where(q < 1, x, self.high), self.low)
        return implicit_reparameterization(self, x, q)

    def _isf(self, q: Array) -> Array:
        return -self._mirrored()._icdf(q)

    def _solve(self, below: Array, above: Array) -> Array:
        """Invert the distribution function, without derivatives.

        Args:
          below: probability below the solution.
          above: `1 - below`, without the rounding of `below`.
        """
        reflect, a, _, _ = self._reflected()
        mode = jnp.where(a > 0, jnp.where(reflect, self.high, self.low), self.loc)
        x = mode + self.scale * self._offset_at(below, above)
        return jnp.clip(x, self.low, self.high)

    def _corrected(self, q: Array) -> Array:
        """Invert at q; nearer to an end than to the mode, with the digits of the distance to it.

        They are those of a step of Newton's method.
        """
        x, is_lower = self._solve(q, 1 - q), q < 0.5
        p = jnp.where(is_lower, self._cdf(x), self._survival_function(x))
        error = jnp.where(is_lower, q - p, p - (1 - q))
        density = jnp.exp(self._log_prob(x))
        near_end = jnp.minimum(x - self.low, self.high - x) < jnp.abs(x - self._mode())
        possible = near_end & (density > 0) & (density < math.inf)
        step = jnp.where(possible, error / jnp.where(possible, density, 1), 0)
        return jnp.clip(x + step, self.low, self.high)

    def _offset_at(self, below: Array, above: Array) -> Array:
        """Return the distance from the mode in standard deviations."""
        reflect, a, b, width = self._reflected()
        below, above = jnp.where(reflect, above, below), jnp.where(reflect, below, above)
        distance = standard.quantile(a, b, width, below, above)
        return jnp.where(reflect, -distance, distance)

    def _moments(self) -> standard.Moments:
        _, a, b, width = self._reflected()
        return standard.moments(a, b, width)

    def _mean(self) -> Array:
        reflect, _, _, _ = self._reflected()
        distance = self.scale * self._moments().mean
        mean = self._mode() + jnp.where(reflect, -distance, distance)
        return jnp.clip(mean, self.low, self.high)

    def _mode(self) -> Array:
        return jnp.clip(self.loc, self.low, self.high)

    def _stddev(self) -> Array:
        return self.scale * self._moments().stddev

    def _entropy(self) -> Array:
        return self._log_mass() + self._moments().drop


def truncated_normal_cross_entropy(p: TruncatedNormal, q: TruncatedNormal) -> Array:
    """Mean under p of the negative log-density of q, whose interval contains that of p."""
    moments, ratio, mode = p._moments(), quotient(p.scale, q.scale), p._mode()
    # From a common mode, to which the distance of the mean may be too small to be added.
    from_mode = mode == q._mode()
    distance = ratio * jnp.where(p._reflected().reflect, -moments.mean, moments.mean)
    beyond = distance * (q._standardize(mode) + distance / 2)
    drop = _drop(q, jnp.where(from_mode, mode, p._mean())) + jnp.where(from_mode, beyond, 0)
    return drop + (ratio * moments.stddev) ** 2 / 2 + q._log_mass()


class _Offset(NamedTuple):
    """A value from the point of the interval next to `loc`, in standard deviations."""

    z: Array
    start: Array  # the point
    offset: Array


def _offset(d: TruncatedNormal, x: Array) -> _Offset:
    z, alpha, beta = map(d._standardize, (x, d.low, d.high))
    origin = jnp.where(alpha > 0, d.low, jnp.where(beta < 0, d.high, d.loc))
    start = jnp.where(alpha > 0, alpha, jnp.minimum(beta, 0))
    return _Offset(z, start, standardize(x, origin, d.scale))


@custom_jvp
def _drop(d: TruncatedNormal, x: Array) -> Array:
    """Return how far the log-density at x lies below its maximum."""
    _, start, offset = _offset(d, x)
    return offset * (offset / 2 + start)


@_drop.defjvp
def _drop_jvp(
    primals: tuple[TruncatedNormal, Array], tangents: tuple[TruncatedNormal, Array]
) -> tuple[Array, Array]:
    """Differentiate (z^2 - start^2) / 2, of which no two terms cancel."""
    (d, x), (d_dot, x_dot) = primals, tangents
    z, start, offset = _offset(d, x)
    drop = _drop(d, x)
    end_dot = jnp.where(start > 0, d_dot.low, d_dot.high)
    change = z * x_dot - start * end_dot - along(offset, d_dot.loc) - along(2 * drop, d_dot.scale)
    return drop, quotient(change, d.scale)


def _part_below(d: TruncatedNormal, x: Array) -> Array:
    """Return how far the interval extends below x, at most to where the density is 0."""
    return jnp.minimum(x - d.low, (jnp.maximum(d._standardize(x), 0) + _FAR) * d.scale)


@custom_jvp
def _cdf_and_log_cdf(d: TruncatedNormal, x: Array) -> tuple[Array, Array]:
    """Evaluate the probability below x, and its logarithm."""
    x = jnp.clip(x, d.low, d.high)
    unit = jnp.maximum(d._length(), jnp.finfo(x.dtype).tiny)  # whose logarithm would cancel
    log_mass = standard.log_mass(d.low, x, d.loc, d.scale, _part_below(d, x), unit)
    log_p = log_mass - jnp.where(x < d.loc, _drop(d, x), 0) - d._log_mass_in(unit)
    log_p = jnp.where(x < d.high, jnp.where(x > d.low, jnp.minimum(log_p, 0), -math.inf), 0)
    return jnp.exp(log_p), log_p


@_cdf_and_log_cdf.defjvp
def _cdf_and_log_cdf_jvp(
    primals: tuple[TruncatedNormal, Array], tangents: tuple[TruncatedNormal, Array]
) -> tuple[tuple[Array, Array], tuple[Array, Array]]:
    r"""Differentiate by integrals of positive functions, which do not cancel for rare x.

    With z, α and β in standard units, S = 1 - F, and the normal density φ integrated over s,

    .. math:: (\Phi(\beta) - \Phi(\alpha))\, \mathrm{scale}\, dF
              = \phi(z)\, dx - S \phi(\alpha)\, d\mathrm{low} - F \phi(\beta)\, d\mathrm{high}
              - \Bigl(S \int_\alpha^z (z - s) \phi + F \int_z^\beta (s - z) \phi\Bigr)
                d\mathrm{loc}
              - \Bigl(S \int_\alpha^z (z^2 - s^2) \phi + F \int_z^\beta (s^2 - z^2) \phi\Bigr)
                d\mathrm{scale}
    """
    (d, x), (d_dot, x_dot) = primals, tangents
    inner = jnp.clip(x, d.low, d.high)
    z, drop = d._standardize(inner), _drop(d, inner)
    # Densities are relative to the largest one, or to the largest one on the same side of x.
    before, after = jnp.exp(-jnp.where(z < 0, drop, 0)), jnp.exp(-jnp.where(z < 0, 0, drop))
    below = standard.partial_moments(z, quotient(_part_below(d, inner), d.scale))
    above = standard.partial_moments(-z, quotient(_part_below(d._mirrored(), -inner), d.scale))
    total = before * below.mass + after * above.mass
    resolved = total > 0  # else x is so far out that the larger side of it is a point
    total = jnp.where(resolved, total, 1)
    s = jnp.where(resolved, after * above.mass / total, jnp.where(z < 0, 1, 0))
    f = after * below.mass / total
    of_loc = s * finite(below.first) + f * finite(above.first)
    of_scale = s * finite(below.second) - f * finite(above.second)
    slopes = after, -s * below.end, -f * above.end, -of_loc, -of_scale
    changes = x_dot, d_dot.low, d_dot.high, d_dot.loc, d_dot.scale
    possible = below.mass > 0
    mass = jnp.where(possible, below.mass, 1)
    dot, log_dot = jnp.zeros_like(z), jnp.zeros_like(z)
    # Each is divided by the scale itself: a change of 0 would be multiplied by its inverse.
    for slope, change in zip(slopes, changes, strict=True):
        dot += along(over(slope, d.scale), change)
        log_dot += along(over(jnp.where(possible, over(slope, mass), 0), d.scale), change)
    return _cdf_and_log_cdf(d, x), (before / total * dot, log_dot)
