"""Lindley distribution."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.bases.cumulative_hazard import CumulativeHazardDistribution
from jaxdist.exponential_family import ExponentialFamily
from jaxdist.parameters import Param, param
from jaxdist.promotion import custom_jvp
from jaxdist.special import exp_times_expint, log1pmx, quotient
from jaxdist.special.hyperbolic import hypot

_STEPS = 5  # of Newton's method, which converges quadratically from its start


class Lindley(CumulativeHazardDistribution, ExponentialFamily):
    r"""Lindley distribution, of lifetimes whose hazard grows to a limit.

    .. math:: p(x) = \frac{\theta^2}{1 + \theta} (1 + x) e^{-\theta x}, \quad
              \theta = \mathrm{rate}, \quad x \ge 0

    It is a mixture of Exponential(θ), of weight θ / (1 + θ), and of Gamma(2, θ), of which θ is the
    rate: hence the name of the parameter, which Distributions.jl calls the shape. The hazard
    begins at :math:`\theta^2 / (1 + \theta)` and tends to θ.

    Args:
      rate: positive θ, any shape.

    Example:
      >>> import jaxdist as jd
      >>> d = jd.Lindley(0.5)
      >>> print(f"{d.mean:.3f} {d.survival_function(5.0):.3f} {d.median:.3f}")
      3.333 0.219 2.654

    References:
      Ghitany, Atieh and Nadarajah 2008, "Lindley distribution and its application".
    """

    rate: Param = param(constraints.positive)

    support = constraints.nonnegative
    _is_smooth_at_ends = True

    def _share(self) -> Array:
        """Return the weight of the exponential component."""
        return self.rate / (1 + self.rate)

    def _cumulative_hazard(self, x: Array) -> Array:
        return _cumulative_hazard(self.rate, self._share() * x)

    def _inverse_cumulative_hazard(self, h: Array) -> Array:
        return _inverse_cumulative_hazard(jnp.broadcast_to(self.rate, h.shape), h)

    def _log_prob_at_cumulative_hazard(self, h: Array) -> Array:
        x, share = self._inverse_cumulative_hazard(h), self._share()
        return jnp.log(self.rate) + jnp.log(share * (1 + x) / (1 + share * x)) - h

    def _log_prob(self, x: Array) -> Array:
        return jnp.log(self.rate) + jnp.log(self._share() * (1 + x)) - self.rate * x

    def _cumulant_share(self, n: int) -> Array:
        r"""Return the n-th cumulant over that of an exponential variable of the same rate.

        .. math:: \kappa_n = (n - 1)! \left(2 \theta^{-n} - (1 + \theta)^{-n}\right)
        """
        return 2 - self._share() ** n

    def _mean(self) -> Array:
        return self._cumulant_share(1) / self.rate

    def _mode(self) -> Array:
        """0 where the density decreases."""
        return jnp.maximum(quotient(1 - self.rate, self.rate), 0)

    def _variance(self) -> Array:
        return self._stddev() ** 2

    def _stddev(self) -> Array:
        return jnp.sqrt(self._cumulant_share(2)) / self.rate

    def _skewness(self) -> Array:
        return 2 * self._cumulant_share(3) / self._cumulant_share(2) ** 1.5

    def _kurtosis(self) -> Array:
        return 6 * self._cumulant_share(4) / self._cumulant_share(2) ** 2

    def _entropy(self) -> Array:
        of_rate = 1 - jnp.log(self.rate) - jnp.log(self._share())
        return of_rate - exp_times_expint(self.rate) / (1 + self.rate)

    def _natural_parameters(self) -> tuple[Array]:
        return (-self.rate,)

    @classmethod
    def _from_natural_parameters(cls, *natural_parameters: Array) -> Lindley:
        return Lindley(-natural_parameters[0], validate_args=False)

    def _log_normalizer(self, *natural_parameters: Array) -> Array:
        rate = -natural_parameters[0]
        return -jnp.log(rate) - jnp.log(rate / (1 + rate))

    def _mean_log_base_measure(self) -> Array:
        r"""Return :math:`E[\log(1 + X)]`."""
        return (1 + exp_times_expint(self.rate)) / (1 + self.rate)


def _cumulative_hazard(rate: Array, u: Array) -> Array:
    r"""Return H(x) as a sum of positive terms, for :math:`u = \theta x / (1 + \theta)`.

    .. math:: H(x) = \theta x - \log(1 + u) = \theta u + (u - \log(1 + u))
    """
    return rate * u - log1pmx(u)


@custom_jvp
def _inverse_cumulative_hazard(rate: Array, h: Array) -> Array:
    """Solve for u by Newton's method, from the root of a quadratic function that is above H.

    For a tiny u that is the solution.
    """
    possible = h < jnp.inf
    target = jnp.where(possible, h, 1)
    start = 2 * target / (rate + hypot(rate, jnp.sqrt(2 * target)))
    is_tiny = start < jnp.finfo(h.dtype).eps
    u = jnp.where(is_tiny, 1, start)
    for _ in range(_STEPS):
        u = u + (target - _cumulative_hazard(rate, u)) / (rate + u / (1 + u))
    x = quotient(jnp.where(is_tiny, start, u), rate / (1 + rate))
    return jnp.where(possible, x, h)


@_inverse_cumulative_hazard.defjvp
def _inverse_cumulative_hazard_jvp(
    primals: tuple[Array, Array], tangents: tuple[Array, Array]
) -> tuple[Array, Array]:
    """Divide the change of H by the hazard."""
    (rate, h), (rate_dot, h_dot) = primals, tangents
    x = _inverse_cumulative_hazard(rate, h)
    possible = x < jnp.inf
    inside, share = jnp.where(possible, x, 1), rate / (1 + rate)
    by_rate = quotient(inside * (1 + 1 / ((1 + rate) * (1 + inside))), rate)
    by_h = quotient((1 + share * inside) / (share * (1 + inside)), rate)
    return x, jnp.where(possible, by_h * h_dot - by_rate * rate_dot, 0)
