"""Tails: the probabilities below and above a number, and its quantiles."""

from __future__ import annotations

import math
from typing import ClassVar

import jax.numpy as jnp
from jax import Array, lax

from jaxdist import evaluation
from jaxdist.arguments import Numbers, as_floats, as_real_numbers
from jaxdist.distribution.events import Events
from jaxdist.numerics.root_finding import first_count

_RESOLVED = 1e-6  # a probability whose complement float32 knows


class Tails(Events):
    """Part of `Distribution`: the tails of a number, and the hooks that a subclass writes."""

    # Whether the cdf is differentiable from inside at both bounds, where it is evaluated then.
    _is_smooth_at_ends: ClassVar[bool] = False

    def cdf(self, value: Numbers) -> Array:
        """Evaluate P(X <= value) at a value of shape `(..., *batch_shape)` or `()`."""
        return self._cumulative("_cdf", value, 0.0, 1.0)

    def log_cdf(self, value: Numbers) -> Array:
        """Evaluate log P(X <= value) at a value of shape `(..., *batch_shape)` or `()`."""
        return self._cumulative("_log_cdf", value, -math.inf, 0.0)

    def survival_function(self, value: Numbers) -> Array:
        """Evaluate P(X > value) at a value of shape `(..., *batch_shape)` or `()`."""
        return self._cumulative("_survival_function", value, 1.0, 0.0)

    def log_survival_function(self, value: Numbers) -> Array:
        """Evaluate log P(X > value) at a value of shape `(..., *batch_shape)` or `()`."""
        return self._cumulative("_log_survival_function", value, 0.0, -math.inf)

    def icdf(self, value: Numbers) -> Array:
        """Evaluate the quantile function: the smallest x with P(X <= x) >= value.

        Args:
          value: probabilities, shape `(..., *batch_shape)`, or `()`.

        Returns:
          Shape `(..., *batch_shape)`; NaN where `value` is not in [0, 1]. Integers have no NaN; of
          discrete distributions it is the upper end of the support, as for 1, and 2147483646, the
          largest count, where the support has none.
        """
        self._require_univariate("icdf")
        return evaluation.quantile(self, self._value(value, ()), "_icdf")

    def isf(self, value: Numbers) -> Array:
        """Solve P(X > x) = value, exactly also for a small value; otherwise as `icdf`."""
        self._require_univariate("isf")
        return evaluation.quantile(self, self._value(value, ()), "_isf")

    def ilog_cdf(self, value: Numbers) -> Array:
        """Solve log P(X <= x) = value: the quantile in log space, also where P underflows.

        Args:
          value: logarithms of probabilities, shape `(..., *batch_shape)`, or `()`.

        Returns:
          Shape `(..., *batch_shape)`; NaN, for discrete distributions the largest value, where
          `value` is above 0.

        Example:
          >>> import jaxdist as jd
          >>> jd.Normal(0.0, 1.0).ilog_cdf(-1000.0).round(2)
          Array(-44.62, dtype=float32)
        """
        self._require_univariate("ilog_cdf")
        return evaluation.log_quantile(self, self._value(value, ()), True)

    def ilog_survival_function(self, value: Numbers) -> Array:
        """Solve log P(X > x) = value, also where P underflows: see `ilog_cdf`."""
        self._require_univariate("ilog_survival_function")
        return evaluation.log_quantile(self, self._value(value, ()), False)

    @property
    def median(self) -> Array:
        """The quantile at 1/2, shape `batch_shape`."""
        return self.icdf(0.5)

    def interval(self, level: Numbers) -> tuple[Array, Array]:
        """Return the ends of the central interval with a given probability.

        Args:
          level: probabilities, shape `(..., *batch_shape)` or `()`.

        Returns:
          The quantiles at `(1 - level) / 2` from below and from above, shape
          `(..., *batch_shape)`.
        """
        beyond = (1 - as_floats(as_real_numbers(type(self).__name__, "level", level))) / 2
        return self.icdf(beyond), self.isf(beyond)

    def _cumulative(self, method: str, value: Numbers, below: float, above: float) -> Array:
        self._require_univariate(method[1:])
        return evaluation.cumulative(self, self._value(value, ()), method, below, above)

    def _require_univariate(self, method: str) -> None:
        if self.event_shape:
            raise NotImplementedError(
                f"{type(self).__name__}.{method} is defined for univariate distributions only; "
                f"the events of this one have shape {self.event_shape}"
            )

    def _cdf(self, x: Array) -> Array:
        raise self._missing("cdf")

    def _log_cdf(self, x: Array) -> Array:
        return jnp.log(self._cdf(x))

    def _survival_function(self, x: Array) -> Array:
        return 1 - self._cdf(x)

    def _log_survival_function(self, x: Array) -> Array:
        return jnp.log(self._survival_function(x))

    def _icdf(self, q: Array) -> Array:
        raise self._missing("icdf")

    def _isf(self, q: Array) -> Array:
        """Solve P(X > x) = q; overridden to be exact for a small q, which 1 - q is not.

        Of integers it is the first one beyond which the probability is at most q.
        """
        if not self.support.is_discrete:
            return self._icdf(1 - q)
        d = lax.stop_gradient(self)
        # That of 1 is the upper end, far from all others.
        near = d._icdf(jnp.where(q == 0, 1, 1 - jnp.maximum(q, _RESOLVED)))
        guess = near.astype(q.dtype)
        found = first_count(d, lambda k: d._survival_function(k.astype(q.dtype)) <= q, guess)
        return jnp.where(q == 0, near, found.astype(near.dtype))
