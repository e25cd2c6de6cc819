"""SineSkewed distribution."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.constraints import Constraint
from jaxdist.families.circle.sine_bivariate_von_mises import SineBivariateVonMises
from jaxdist.families.circle.von_mises import VonMises, density_excess_at_end
from jaxdist.implicit_differentiation import implicit_reparameterization
from jaxdist.numerics.expected_values import Rule
from jaxdist.numerics.loop_carries import vary_with
from jaxdist.numerics.quadrature import gauss_legendre_average
from jaxdist.numerics.root_finding import bisection_steps, find_root
from jaxdist.parameters import Param, param
from jaxdist.special import bessel_ratio, expm1_ratio, log_with_complement, masked_log
from jaxdist.special.hyperbolic import hypot
from jaxdist.special.sine_von_mises import mode, moments, regular
from jaxdist.special.trigonometric import wrap_angle
from jaxdist.special.with_slopes import with_slopes
from jaxdist.wrappers.wrapper import Wrapper

_NODES = 64  # of the quadrature
_NEGLIGIBLE = 20.0  # exp(-2 * 20) is below the precision of float64
_STEEP = 30.0  # concentration, up to which that is exact over the circle
_SMALL = 0.03  # concentration, up to which a series has all digits


class SineSkewed(Wrapper):
    r"""Skewed distribution of one or of two angles.

    .. math:: p(x) = p_\mathrm{base}(x)
              \Big(1 + \sum_i \mathrm{skew}_i \sin(x_i - \mathrm{loc}_i)\Big)

    where the base distribution is symmetric around loc. A draw is one of the base distribution,
    reflected in loc or not. It is numpyro's distribution, whose parameter is called `skewness`, as
    is a moment here.

    `mean` and `variance` are the circular ones, as those of the base distribution. One angle also
    has `cdf`, `icdf`, `entropy` and a pathwise derivative: see `VonMises`.

    Args:
      base_dist: a `VonMises` or a `SineBivariateVonMises`.
      skew: from -1 to 1 for one angle; for two a vector, shape `(..., 2)`, of which the sizes have
        a sum of at most 1.

    Raises:
      TypeError: if `base_dist` is another distribution.
      ValueError: if there are not as many skews as angles.

    Example:
      >>> import jaxdist as jd
      >>> d = jd.SineSkewed(jd.VonMises(0.0, 2.0), skew=[-0.8, 0.0, 0.8])
      >>> d.mean.round(2)
      Array([-0.38,  0.  ,  0.38], dtype=float32)
      >>> angles = jd.SineBivariateVonMises(-1.1, -0.8, 5.0, 4.0, correlation=1.0)
      >>> print(f"{jd.SineSkewed(angles, skew=[0.3, -0.5]).log_prob([-1.0, -0.5]):.3f}")
      -0.724

    References:
      Abe and Pewsey 2011, "Sine-skewed circular distributions"; Ameijeiras-Alonso and Ley 2022,
      "Sine-skewed toroidal distributions and their application in protein bioinformatics".
    """

    skew: Param = param(lambda d: _constraint(d.event_shape))

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check the class of the base distribution, and that the skew fits it."""
        if not isinstance(self.base_dist, VonMises | SineBivariateVonMises):
            raise TypeError(
                "SineSkewed: base_dist must be a VonMises or a SineBivariateVonMises; got "
                f"{self.base_dist!r}"
            )
        super().__post_init__(validate_args)
        if self.event_shape and self.skew.shape[-1:] != self.event_shape:
            raise ValueError(
                "SineSkewed: skew must have shape (..., 2), one for each angle; got "
                f"{self.skew.shape}"
            )

    @property
    def event_shape(self) -> Shape:
        """Event shape of the base distribution."""
        return self.base_dist.event_shape

    @property
    def support(self) -> Constraint:
        """The real numbers, or pairs of them."""
        return self.base_dist.support

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """Whether it is a distribution of one angle."""
        return isinstance(self.base_dist, VonMises)

    def _factor(self, deviation: Array) -> Array:
        """Return the factor of the density, whose terms do not cancel."""
        sign = jnp.where(self.skew < 0, -1.0, 1.0)
        size = sign * self.skew
        terms = 2 * size * jnp.sin(deviation / 2 + sign * (math.pi / 4)) ** 2
        if self.event_shape:
            return jnp.maximum(1 - jnp.sum(size, -1), 0) + jnp.sum(terms, -1)
        return jnp.maximum(1 - size, 0) + terms

    def _sample(self, key: Array, shape: Shape) -> Array:
        base_key, key = jax.random.split(key)
        loc = self.base_dist._mean()
        deviation = self.base_dist._sample(base_key, shape) - loc
        factor = self._factor(deviation)
        keep = 2 * random.uniform(key, factor.shape, deviation.dtype) < factor
        keep = keep[..., None] if self.event_shape else keep
        return wrap_angle(loc + jnp.where(keep, deviation, -deviation))

    def _rsample(self, key: Array, shape: Shape) -> Array:
        centered = self._turned(jnp.zeros_like(self.base_dist._mean()), self.skew)
        deviation = lax.stop_gradient(centered._sample(key, shape))
        return wrap_angle(self.base_dist._mean() + implicit_reparameterization(centered, deviation))

    def _log_prob(self, x: Array) -> Array:
        return self.base_dist._log_prob(x) + masked_log(self._factor(x - self.base_dist._mean()))

    # --- one angle -------------------------------------------------------------------------------

    @property
    def _of_angle(self) -> VonMises:
        assert isinstance(self.base_dist, VonMises)
        return self.base_dist

    def _turned(self, loc: Array, skew: Array) -> SineSkewed:
        return self._with(base_dist=self._of_angle._with(loc=loc), skew=skew)

    def _mirrored(self) -> SineSkewed:
        """The distribution of -x."""
        return self._turned(-self._of_angle.loc, -self.skew)

    def _moved(self, x: Array) -> tuple[Array, Array]:
        r"""Return how far a skew of 1 moves P(X <= x), as the logarithm of a size, and a factor.

        .. math:: \int_{-\pi}^x \sin(t - \mathrm{loc})\, p(t)\, dt = (p(-\pi) - p(x)) / \kappa
        """
        loc, kappa = self._of_angle.loc, self._of_angle.concentration
        x = jnp.clip(x, -math.pi, math.pi)
        change = 2 * jnp.cos(x / 2) * jnp.cos(loc - x / 2)  # of the cosine, since -pi
        sign = jnp.where(change < 0, -1.0, 1.0)
        log_larger = self._of_angle._log_prob(x) + kappa * jnp.maximum(-change, 0)
        return log_larger, -sign * expm1_ratio(-kappa, sign * change)

    def _cdf(self, x: Array) -> Array:
        """Integrate a smooth density; the derivatives in x and loc are densities at the ends."""
        base = self._of_angle
        fixed, x_fixed = self._turned(lax.stop_gradient(base.loc), self.skew), lax.stop_gradient(x)
        value = jnp.where(self._is_smooth, fixed._integral(x_fixed), fixed._moved_cdf(x_fixed))
        loc, x, end = jnp.broadcast_arrays(base.loc, x, jnp.full_like(value, math.pi))
        at_end, here = (jnp.exp(base._log_prob(t)) * jnp.sin(t - loc) for t in (end, x))
        of_loc = density_excess_at_end(base, x) + self.skew * (at_end - here)
        return with_slopes(value, (jnp.exp(self._log_prob(x)), of_loc), (x, loc))

    def _moved_cdf(self, x: Array) -> Array:
        log_p, moved = self._moved(x)
        return self._of_angle._cdf(x) + self.skew * jnp.exp(log_p) * moved

    @property
    def _is_smooth(self) -> Array:
        return self._of_angle.concentration < _STEEP

    def _integral(self, x: Array) -> Array:
        """Integrate the density from -pi to x, where it is smooth."""
        kappa = jnp.where(self._is_smooth, self._of_angle.concentration, 1)
        loc = self._of_angle.loc
        base = self._of_angle._with(concentration=kappa)
        length = jnp.clip(x, -math.pi, math.pi) + math.pi

        def density(step: Array) -> Array:
            angle = step - math.pi
            return jnp.exp(base._log_prob(angle)) * self._factor(angle - loc)

        return length * gauss_legendre_average(density, length, _NODES)

    def _log_cdf(self, x: Array) -> Array:
        log_p, moved = self._moved(x)
        log_cdf = self._of_angle._log_cdf(x)
        ratio = self.skew * moved * jnp.exp(log_p - log_cdf)
        log_cdf += jnp.log1p(jnp.maximum(ratio, -1 + jnp.finfo(x.dtype).eps))
        smooth = log_with_complement(self._cdf(x), self._survival_function(x))
        return jnp.where(self._is_smooth, smooth, log_cdf)

    def _survival_function(self, x: Array) -> Array:
        return self._mirrored()._cdf(-x)

    def _log_survival_function(self, x: Array) -> Array:
        return self._mirrored()._log_cdf(-x)

    def _icdf(self, q: Array) -> Array:
        x = lax.stop_gradient(self)._solve(lax.stop_gradient(q))
        return implicit_reparameterization(self, x, q)

    def _isf(self, q: Array) -> Array:
        return -self._mirrored()._icdf(q)

    def _solve(self, q: Array) -> Array:
        """Invert the cdf, or the survival function for q > 1/2, by bisection."""
        upper = q > 0.5
        sign = jnp.where(upper, -1, 1)
        d = self._turned(sign * self._of_angle.loc, sign * self.skew)
        target = jnp.where(upper, 1 - q, q)
        end = vary_with(jnp.full_like(q, math.pi), d)
        steps = bisection_steps(q.dtype)
        return sign * find_root(lambda x: (d._cdf(x) - target, 0.0), -end, end, steps=steps)

    def _entropy(self) -> Array:
        r"""Integrate what the skew takes away, where the base distribution is not negligible.

        .. math:: H = H_\mathrm{base} - E\left[(1 + s) \log(1 + s)\right], \quad
                  s = \mathrm{skew} \sin(x - \mathrm{loc})
        """
        if self.event_shape:
            raise self._missing("entropy")
        kappa = self._of_angle.concentration
        centered = self._of_angle._with(loc=jnp.zeros_like(kappa))
        is_wide = kappa <= _NEGLIGIBLE
        half_sine = jnp.sqrt(_NEGLIGIBLE / jnp.where(is_wide, 2 * _NEGLIGIBLE, kappa))
        end = lax.stop_gradient(jnp.where(is_wide, math.pi, 2 * jnp.arcsin(half_sine)))

        def of_angle(t: Array) -> Array:
            s = self.skew * jnp.sin(t)
            terms = (1 + s) * masked_log(1 + s) + (1 - s) * masked_log(1 - s)
            return jnp.exp(centered._log_prob(t)) * terms

        def integrand(w: Array) -> Array:
            """Evaluate on both sides of the middle, where it is not smooth for a skew near 1."""
            return w * (of_angle(end / 2 * (1 - w * w)) + of_angle(end / 2 * (1 + w * w)))

        average = gauss_legendre_average(integrand, jnp.ones_like(end), _NODES)
        return self._of_angle._entropy() - end * average

    def _rule(self, summary: str) -> Rule:
        raise self._missing(summary, "its moments are those of a circle")

    # --- circular moments ------------------------------------------------------------------------

    def _mean_sine(self) -> Array:
        """Return the expected sines around loc, by the second moments of the base distribution."""
        base = self.base_dist
        if isinstance(base, VonMises):
            return self.skew * _mean_square_of_sine(base.concentration)
        assert isinstance(base, SineBivariateVonMises)
        a, b, r = base.phi_concentration, base.psi_concentration, base.correlation
        shape = a, regular(b), r
        averages, top = moments(*shape), lax.stop_gradient(mode(*shape))
        both = jnp.sign(r) * top.phi.sin * top.psi.sin + averages.deviations[2]
        squares = averages.square, moments(b, regular(a), r).square
        phi, psi = self.skew[..., 0], self.skew[..., 1]
        return jnp.stack([phi * squares[0] + psi * both, phi * both + psi * squares[1]], -1)

    def _mean(self) -> Array:
        base = self.base_dist
        cosine = 1 - base._variance()
        if isinstance(base, VonMises):
            cosine = bessel_ratio(base.concentration)
        return base._mean() + jnp.arctan2(self._mean_sine(), cosine)

    def _variance(self) -> Array:
        of_base = self.base_dist._variance()
        sine = self._mean_sine()
        missing = of_base * (2 - of_base) - sine**2  # of the square of the resultant length
        is_long = missing < 0.5
        length = jnp.sqrt(1 - jnp.where(is_long, missing, 0))
        short = hypot(jnp.where(is_long, 1, 1 - of_base), sine)
        return jnp.where(is_long, missing / (1 + length), 1 - short)


def _constraint(event_shape: Shape) -> Constraint:
    return constraints.l1_ball if event_shape else constraints.interval(-1.0, 1.0)


def _mean_square_of_sine(kappa: Array) -> Array:
    """Return the ratio of Bessel functions over κ."""
    is_small = kappa < _SMALL
    square = jnp.where(is_small, kappa, 0) ** 2
    series = 1 / 2 - square / 16 + square**2 / 96
    kappa = jnp.where(is_small, 1, kappa)
    return jnp.where(is_small, series, bessel_ratio(kappa) / kappa)
