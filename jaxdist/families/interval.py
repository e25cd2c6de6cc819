"""Distributions on an interval."""

from __future__ import annotations

import math
from collections.abc import Callable

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints, random
from jaxdist.distribution import Distribution
from jaxdist.exponential_family import ExponentialFamily
from jaxdist.parameters import Param, param
from jaxdist.special import (
    beta_log_prob,
    betainc,
    betaincc,
    betaincinv,
    lbeta,
    lgamma,
    log1mexp,
    log_betainc,
    log_betaincc,
    log_expm1,
    log_or_masked,
    xlogy,
)
from jaxdist.special.approximation import horner
from jaxdist.special.differences import digamma_difference, log_gamma_ratio
from jaxdist.special.entropy import beta_entropy
from jaxdist.special.powers import expexp, lgamma_spread, log1mexpexp
from jaxdist.validation import Shape


def open_unit(x: Array) -> Array:
    """Move 0 and 1 to the numbers next to them inside the unit interval."""
    info = jnp.finfo(x.dtype)
    return jnp.clip(x, info.tiny, 1 - info.epsneg)


def open_logit(probs: Array) -> Array:
    """Log-odds of probabilities, of which 0 and 1 stand for the numbers next to them inside."""
    inner = open_unit(probs)
    return jnp.log(inner) - jnp.log1p(-inner)


class FromPreimage(Distribution):
    """Draws x = g(y) on an interval; the joint call evaluates the density of x at y.

    Where x rounds towards an end of the interval, y still tells how far from there it is.
    """

    has_rsample = True

    def _preimage(self, key: Array, shape: Shape) -> Array:
        """Draw y, differentiable in the parameters."""
        raise NotImplementedError

    def _image(self, y: Array) -> Array:
        """Map y strictly into the interval, independently of the parameters."""
        raise NotImplementedError

    def _log_prob_at(self, y: Array) -> Array:
        """Evaluate the log-density of x = g(y)."""
        raise NotImplementedError

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return self._image(self._preimage(key, shape))

    def _joint(self, key: Array, shape: Shape, pathwise: bool) -> tuple[Array, Array]:
        y = self._preimage(key, shape)
        y = y if pathwise else lax.stop_gradient(y)
        return self._image(y), self._log_prob_at(y)


class Uniform(Distribution):
    r"""Uniform distribution on `[low, high]`.

    .. math:: p(x) = 1 / (\mathrm{high} - \mathrm{low})

    Args:
      low: lower end, any shape broadcastable with `high`.
      high: upper end, above `low`.
    """

    low: Param = param(constraints.real)
    high: Param = param(lambda d: constraints.greater_than(d.low))

    has_rsample = True

    @property
    def support(self) -> constraints.Constraint:
        """The closed interval."""
        return constraints.interval(self.low, self.high)

    def _unit(self) -> Array:
        """What lengths are measured in: 1, or 2 where the width overflows."""
        return jnp.where(self.high - self.low < math.inf, 1.0, 2.0)

    def _width(self) -> Array:
        """In that unit."""
        return self.high / self._unit() - self.low / self._unit()

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return self._icdf(random.uniform(key, shape, self.dtype))

    def _log_prob(self, x: Array) -> Array:
        return jnp.broadcast_to(-self._entropy(), x.shape)

    def _cdf(self, x: Array) -> Array:
        return (x / self._unit() - self.low / self._unit()) / self._width()

    def _survival_function(self, x: Array) -> Array:
        return (self.high / self._unit() - x / self._unit()) / self._width()

    def _icdf(self, q: Array) -> Array:
        return (self.low / self._unit() + q * self._width()) * self._unit()

    def _mean(self) -> Array:
        return self.low / 2 + self.high / 2

    def _mode(self) -> Array:
        return self._mean()

    def _variance(self) -> Array:
        return self._stddev() ** 2

    def _stddev(self) -> Array:
        return self._width() / math.sqrt(12) * self._unit()

    def _entropy(self) -> Array:
        return jnp.log(self._width()) + jnp.log(self._unit())


class Beta(FromPreimage, ExponentialFamily):
    r"""Beta distribution on `[0, 1]`.

    .. math:: p(x) = x^{a - 1} (1 - x)^{b - 1} / B(a, b), \quad
              a = \mathrm{concentration1}, \; b = \mathrm{concentration0}

    Draws never reach 0 or 1, where the density may be infinite.

    Args:
      concentration1: positive exponent of x, any shape broadcastable with `concentration0`.
      concentration0: positive exponent of 1 - x.
    """

    concentration1: Param = param(constraints.positive)
    concentration0: Param = param(constraints.positive)

    support = constraints.unit_interval

    def _total(self) -> Array:
        return self.concentration1 + self.concentration0

    def _preimage(self, key: Array, shape: Shape) -> Array:
        """Draw the logit of x."""
        return random.logit_beta(key, self.concentration1, self.concentration0, shape)

    def _image(self, y: Array) -> Array:
        return open_unit(jax.nn.sigmoid(y))

    def _log_prob_at(self, y: Array) -> Array:
        a, b = self.concentration1, self.concentration0
        by_logit = -(a - 1) * jax.nn.softplus(-y) - (b - 1) * jax.nn.softplus(y) - lbeta(a, b)
        # Of two large concentrations the terms cancel; then x is far from the ends.
        return jnp.where(jnp.minimum(a, b) < 10, by_logit, self._log_prob(self._image(y)))

    def _log_prob(self, x: Array) -> Array:
        return beta_log_prob(self.concentration1, self.concentration0, x)

    def _cdf(self, x: Array) -> Array:
        return betainc(self.concentration1, self.concentration0, x)

    def _log_cdf(self, x: Array) -> Array:
        return log_betainc(self.concentration1, self.concentration0, x)

    def _survival_function(self, x: Array) -> Array:
        return betaincc(self.concentration1, self.concentration0, x)

    def _log_survival_function(self, x: Array) -> Array:
        return log_betaincc(self.concentration1, self.concentration0, x)

    def _icdf(self, q: Array) -> Array:
        return betaincinv(self.concentration1, self.concentration0, q)

    def _mean(self) -> Array:
        return self.concentration1 / self._total()

    def _mode(self) -> Array:
        return _mode_between(self.concentration1 - 1, self.concentration0 - 1)

    def _variance(self) -> Array:
        return self._mean() * (self.concentration0 / self._total()) / (self._total() + 1)

    def _entropy(self) -> Array:
        return beta_entropy(self.concentration1, self.concentration0)

    def _natural_parameters(self) -> tuple[Array, Array]:
        return self.concentration1 - 1, self.concentration0 - 1

    def _log_normalizer(self, *natural_parameters: Array) -> Array:
        return lbeta(*(power + 1 for power in natural_parameters))


def _mode_between(left: Array, right: Array) -> Array:
    """Mode of x^left (1 - x)^right: an end of the unit interval where an exponent is negative."""
    left_slope, right_slope = jnp.maximum(left, 0), jnp.maximum(right, 0)
    total = left_slope + right_slope
    inside = total > 0
    ends = jnp.where(left <= right, 0.0, 1.0)
    return jnp.where(inside, left_slope / jnp.where(inside, total, 1), ends)


def _infinite_at_ends(x: Array, left: Array, right: Array) -> Array:
    """Return what x^left (1 - x)^right adds to a log-density that leaves out x = 0 and x = 1."""
    return xlogy(left, jnp.where(x > 0, 1.0, 0.0)) + xlogy(right, jnp.where(x < 1, 1.0, 0.0))


def _log_neg_log1mexp(x: Array) -> Array:
    """Return log(-log(1 - exp(-x))), which is about -x where exp(-x) underflows."""
    far = x > 20
    return jnp.where(far, jnp.exp(-x) / 2 - x, jnp.log(-log1mexp(jnp.where(far, 1, x))))


class Kumaraswamy(FromPreimage):
    r"""Kumaraswamy distribution on `[0, 1]`: like a Beta, with cdf and icdf in closed form.

    .. math:: p(x) = a b x^{a - 1} (1 - x^a)^{b - 1}, \quad F(x) = 1 - (1 - x^a)^b, \quad
              a = \mathrm{concentration1}, \; b = \mathrm{concentration0}

    (Kumaraswamy, 1980; Jones, 2009.)

    Args:
      concentration1: positive, any shape broadcastable with `concentration0`.
      concentration0: positive.
    """

    concentration1: Param = param(constraints.positive)
    concentration0: Param = param(constraints.positive)

    support = constraints.unit_interval

    def _log_power(self, x: Array) -> Array:
        """Return log(1 - x^a)."""
        power = log1mexp(-self.concentration1 * jnp.log(open_unit(x)))
        return jnp.where(x > 0, power, 0)

    def _log_surprisal(self, q: Array) -> Array:
        """Return log(-log(x)) where F(x) = q."""
        log_power = jnp.log1p(-open_unit(q)) / self.concentration0
        return _log_neg_log1mexp(-log_power) - jnp.log(self.concentration1)

    def _preimage(self, key: Array, shape: Shape) -> Array:
        """Draw log(-log(x))."""
        return self._log_surprisal(random.uniform_open(key, shape, self.dtype))

    def _image(self, y: Array) -> Array:
        return open_unit(expexp(y))

    def _log_density(self, surprisal: Array, log_power: Array) -> Array:
        a, b = self.concentration1, self.concentration0
        return jnp.log(a) + jnp.log(b) - (a - 1) * surprisal + (b - 1) * log_power

    def _log_prob_at(self, y: Array) -> Array:
        return self._log_density(jnp.exp(y), log1mexpexp(jnp.log(self.concentration1) + y))

    def _log_prob(self, x: Array) -> Array:
        ends = _infinite_at_ends(x, self.concentration1 - 1, self.concentration0 - 1)
        surprisal = -jnp.log(open_unit(x))
        return self._log_density(surprisal, log1mexp(self.concentration1 * surprisal)) + ends

    def _cdf(self, x: Array) -> Array:
        return -jnp.expm1(self._log_survival_function(x))

    def _log_cdf(self, x: Array) -> Array:
        log_power = _log_neg_log1mexp(-self.concentration1 * jnp.log(open_unit(x)))
        return jnp.where(x > 0, log1mexpexp(jnp.log(self.concentration0) + log_power), -math.inf)

    def _survival_function(self, x: Array) -> Array:
        return jnp.exp(self._log_survival_function(x))

    def _log_survival_function(self, x: Array) -> Array:
        return self.concentration0 * self._log_power(x)

    def _icdf(self, q: Array) -> Array:
        x = expexp(self._log_surprisal(q))
        return jnp.where(q > 0, jnp.where(q < 1, x, 1), 0)

    def _log_mean(self) -> Array:
        r"""Evaluate :math:`\log(b B(1 + 1/a, b))`, where B is the beta function."""
        t, c = 1 / self.concentration1, 1 + self.concentration0
        return lgamma(1 + t) - log_gamma_ratio(c, t) - t * jnp.log(c)

    def _mean(self) -> Array:
        return jnp.exp(self._log_mean())

    def _mode(self) -> Array:
        a, b = self.concentration1, self.concentration0
        return _mode_between(a - 1, a * (b - 1)) ** (1 / a)

    def _variance(self) -> Array:
        r"""Evaluate :math:`(E x)^2 (E x^2 / (E x)^2 - 1)`, the bracket without cancellation."""
        t, c = 1 / self.concentration1, 1 + self.concentration0
        spread = lgamma_spread(t) - (log_gamma_ratio(c, 2 * t) - 2 * log_gamma_ratio(c, t))
        return jnp.exp(2 * self._log_mean() + log_expm1(spread))

    def _entropy(self) -> Array:
        a, b = self.concentration1, self.concentration0
        harmonic = digamma_difference(jnp.ones_like(b), b)
        return (1 - 1 / b) + (1 - 1 / a) * harmonic - jnp.log(a) - jnp.log(b)


_SINHC = [1 / math.factorial(2 * k + 3) for k in range(13)]


def _log_expm1_ratio(l: Array) -> Array:
    """Return log((exp(l) - 1) / l), which is 0 at 0: by the series of sinh(l / 2) for |l| < 4."""
    near = jnp.abs(l) < 4
    t = jnp.where(near, l, 0) / 2
    series = t + jnp.log1p(t * t * horner(_SINHC, t * t))
    size = jnp.abs(jnp.where(near, 4, l))
    return jnp.where(near, series, jnp.maximum(l, 0) + log1mexp(size) - jnp.log(size))


def _log_slope(l: Array, x: Array, rest: Array) -> Array:
    """Return log(F(x) / x) = A(l x) - A(l), with rest = 1 - x and A(l) = l + A(-l)."""
    rising = l > 0
    falling = jnp.where(rising, -l, l)
    shift = jnp.where(rising, l, 0) * rest
    return _log_expm1_ratio(falling * x) - _log_expm1_ratio(falling) - shift


def _derivative(function: Callable[[Array], Array]) -> Callable[[Array], Array]:
    return lambda x: jax.jvp(function, (x,), (jnp.ones_like(x),))[1]


class ContinuousBernoulli(ExponentialFamily):
    r"""Continuous Bernoulli distribution on `[0, 1]`: an exponential law cut off at 1.

    .. math:: \log p(x) = l x - A(l), \quad A(l) = \log \frac{e^l - 1}{l}, \quad
              l = \mathrm{logits} = \log \frac{\mathrm{probs}}{1 - \mathrm{probs}}

    (Loaiza-Ganem and Cunningham, 2019.) Mean and variance are A'(l) and A''(l).

    Args:
      probs: in [0, 1], any shape; 0 and 1 stand for the numbers next to them inside. It is not
        the mean, which is closer to 1/2. Or else:
      logits: log-odds of `probs`: the slope of the log-density.
    """

    probs: Param = param(
        constraints.unit_interval, default=None, otherwise=lambda d: jax.nn.sigmoid(d.logits)
    )
    logits: Param = param(constraints.real, default=None, otherwise=lambda d: open_logit(d.probs))

    support = constraints.unit_interval
    has_rsample = True

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return self._icdf(random.uniform_open(key, shape, self.dtype))

    def _log_prob(self, x: Array) -> Array:
        rising = self.logits > 0
        falling_logits = jnp.where(rising, -self.logits, self.logits)
        return falling_logits * jnp.where(rising, 1 - x, x) - _log_expm1_ratio(falling_logits)

    def _cdf(self, x: Array) -> Array:
        return x * jnp.exp(_log_slope(self.logits, x, 1 - x))

    def _log_cdf(self, x: Array) -> Array:
        return log_or_masked(x) + _log_slope(self.logits, x, 1 - x)

    def _survival_function(self, x: Array) -> Array:
        return (1 - x) * jnp.exp(_log_slope(-self.logits, 1 - x, x))

    def _log_survival_function(self, x: Array) -> Array:
        return jnp.log1p(-x) + _log_slope(-self.logits, 1 - x, x)

    def _icdf(self, q: Array) -> Array:
        """Solve exp(l x) = 1 + q (exp(l) - 1)."""
        l = jnp.broadcast_to(self.logits, q.shape)
        increase = q * jnp.expm1(jnp.minimum(l, 80))
        small = (jnp.abs(increase) < 0.5) & ((l < 80) | (q == 0))
        scaled = (1 - q) * jnp.exp(-jnp.maximum(l, 0)) + q * jnp.exp(jnp.minimum(l, 0))
        large = jnp.maximum(l, 0) + jnp.log(jnp.where(small | (scaled == 0), 1, scaled))
        exponent = jnp.where(small, jnp.log1p(jnp.where(small, increase, 0)), large)
        near = jnp.abs(l) < 1
        ratio = _log_expm1_ratio(jnp.where(near, l, 0)) - _log_expm1_ratio(
            jnp.where(near, exponent, 0)
        )
        x = jnp.where(near, q * jnp.exp(ratio), exponent / jnp.where(near, 1, l))
        return jnp.where(q < 1, jnp.minimum(x, 1), 1)

    def _mean(self) -> Array:
        return _derivative(_log_expm1_ratio)(self.logits)

    def _mode(self) -> Array:
        return jnp.where(self.logits > 0, 1.0, 0.0)

    def _variance(self) -> Array:
        return _derivative(_derivative(_log_expm1_ratio))(self.logits)

    def _entropy(self) -> Array:
        l = -jnp.abs(self.logits)  # the same by symmetry, and A(l) - l A'(l) does not cancel
        return _log_expm1_ratio(l) - l * _derivative(_log_expm1_ratio)(l)

    def _natural_parameters(self) -> tuple[Array]:
        return (self.logits,)

    def _log_normalizer(self, *natural_parameters: Array) -> Array:
        return _log_expm1_ratio(*natural_parameters)
