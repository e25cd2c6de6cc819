"""Distribution: the base class, with everything that distributions share."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any, ClassVar, dataclass_transform

import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist import constraints, evaluation
from jaxdist.arguments import (
    Numbers,
    Shape,
    as_floats,
    as_real_numbers,
    as_shape,
    check_key,
    describe,
)
from jaxdist.class_checks import check_declarations
from jaxdist.constraints.clipping import clip_draw, clip_to_bounds
from jaxdist.constraints.constraint import all_rightmost
from jaxdist.information import fisher_information
from jaxdist.numerics.atoms import just_below
from jaxdist.numerics.expected_values import Rule, integer_rule, quantile_rule
from jaxdist.numerics.integers import integer_bounds, to_count
from jaxdist.numerics.root_finding import first_count, first_integer
from jaxdist.parameters import broadcast_all, derived, param
from jaxdist.pytree import static
from jaxdist.summaries import Summaries

_RESOLVED = 1e-6  # a probability whose complement float32 knows
_LOG_RAREST = -37.0  # of the integers beyond, on which no moment depends
_FARTHEST = 2**30  # integer of a sum at even strides, whose length fits into 32 bits
_RAREST_KINK = 1e-4  # probability beyond a mode from which it is no kink between tails


@dataclass_transform(eq_default=False, field_specifiers=(dataclasses.field, static, param, derived))
class Distribution(Summaries):
    """A probability distribution, or a batch of them: an immutable pytree of its parameters.

    A subclass declares its parameters with `param`, and its `support`, and defines the mathematics
    in methods whose names begin with an underscore (`_log_prob`, `_sample` or `_rsample`, `_mean`
    ...). These receive parameters of at least float32, values inside the support of the full shape
    `sample_shape + batch_shape + event_shape`, and valid keys. The public methods below add checks
    of keys and shapes, dtypes, support masking and gradient stopping; each is compiled once per
    shape.

    Args:
      validate_args: whether to check the parameters; None for the global setting.

    Attributes:
      support: the set of values, one of `jaxdist.constraints`; a property if it depends on
        parameters.
      has_rsample: whether draws have a pathwise derivative, so that there is `_rsample`.
      has_enumerate_support: whether the support is finite, so that there is `_enumerate_support`.

    Example:
      >>> import math, jax, jax.numpy as jnp, jaxdist as jd
      >>> class Rayleigh(jd.Distribution):
      ...     scale: jd.Param = jd.param(jd.constraints.positive)
      ...
      ...     support = jd.constraints.positive
      ...     has_rsample = True
      ...
      ...     def _rsample(self, key, shape):
      ...         return self.scale * jnp.sqrt(2 * jax.random.exponential(key, shape, self.dtype))
      ...
      ...     def _log_prob(self, x):
      ...         z = x / self.scale
      ...         return jnp.log(z) - jnp.log(self.scale) - z**2 / 2
      ...
      ...     def _mean(self):
      ...         return math.sqrt(math.pi / 2) * self.scale
      >>> d = Rayleigh([1.0, 2.0])
      >>> d.log_prob(-1.0), d.mean.round(2)
      (Array([-inf, -inf], dtype=float32), Array([1.25, 2.51], dtype=float32))
      >>> d.sample(jax.random.key(0), 5).shape
      (5, 2)
    """

    support: ClassVar[Any] = constraints.dependent
    has_rsample: ClassVar[bool] = False

    # Whether single real numbers have a probability. If none has, P(X <= the lower bound) is 0.
    _has_atoms: ClassVar[bool] = False

    # Whether the cdf is differentiable from inside at both bounds, where it is evaluated then.
    _is_smooth_at_ends: ClassVar[bool] = False

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check what the class declares, then the parameters."""
        check_declarations(type(self), Distribution)
        super().__post_init__(validate_args)

    def _value(self, value: Numbers, event_shape: Shape) -> Array:
        """Check a value's shape and broadcast it to `sample_shape + batch_shape + event_shape`."""
        x = as_real_numbers(type(self).__name__, "the value", value)
        full, shape = self.batch_shape + event_shape, np.shape(x)
        if shape[max(0, len(shape) - len(full)) :] == full:
            return x if isinstance(x, Array) else broadcast_all((x,), (shape,))[0]
        if shape == event_shape:
            return broadcast_all((x,), (full,))[0]
        raise ValueError(
            f"{type(self).__name__}: the value's shape must be {event_shape} or end in "
            f"batch_shape + event_shape = {full}; got {shape}. To evaluate every value under "
            "every distribution, use jax.vmap over one of the two"
        )

    # --- draws -----------------------------------------------------------------------------------

    def sample(self, key: Array, sample_shape: int | Sequence[int] = ()) -> Array:
        """Draw, with the gradient stopped.

        Args:
          key: a PRNG key.
          sample_shape: shape of the draws from each distribution, or their number.

        Returns:
          Draws of shape `sample_shape + batch_shape + event_shape`. Counts are int32; one that does
          not fit becomes 2^31 - 2, or its negative.
        """
        return evaluation.sample(self, check_key(key), as_shape(sample_shape, "sample_shape"))

    def rsample(self, key: Array, sample_shape: int | Sequence[int] = ()) -> Array:
        """Draw with a pathwise derivative with respect to the parameters.

        Args:
          key: a PRNG key.
          sample_shape: shape of the draws from each distribution, or their number.

        Returns:
          Draws of shape `sample_shape + batch_shape + event_shape`.

        Raises:
          NotImplementedError: if `has_rsample` is False.
        """
        self._require_rsample()
        return evaluation.rsample(self, check_key(key), as_shape(sample_shape, "sample_shape"))

    def sample_and_log_prob(
        self, key: Array, sample_shape: int | Sequence[int] = ()
    ) -> tuple[Array, Array]:
        """Draw with the gradient stopped, and evaluate the log-density of the draw.

        Args:
          key: a PRNG key.
          sample_shape: shape of the draws from each distribution, or their number.

        Returns:
          Draws of shape `sample_shape + batch_shape + event_shape`, and their log-densities of
          shape `sample_shape + batch_shape`, differentiable in the parameters at a fixed draw.
        """
        return evaluation.joint(self, check_key(key), as_shape(sample_shape, "sample_shape"), False)

    def rsample_and_log_prob(
        self, key: Array, sample_shape: int | Sequence[int] = ()
    ) -> tuple[Array, Array]:
        """Draw with a pathwise derivative, and evaluate the log-density of the draw.

        Args:
          key: a PRNG key.
          sample_shape: shape of the draws from each distribution, or their number.

        Returns:
          Draws of shape `sample_shape + batch_shape + event_shape`, and their log-densities of
          shape `sample_shape + batch_shape`. Both are differentiated through the draw.

        Raises:
          NotImplementedError: if `has_rsample` is False.
        """
        self._require_rsample()
        return evaluation.joint(self, check_key(key), as_shape(sample_shape, "sample_shape"), True)

    def _require_rsample(self) -> None:
        if not self.has_rsample:
            raise NotImplementedError(
                f"{type(self).__name__} has no pathwise derivative: draw with `sample` and use a "
                "score-function surrogate (jaxdist.score_function)"
            )

    def _sample(self, key: Array, shape: Shape) -> Array:
        """Draw an array of a shape that ends in `batch_shape + event_shape`."""
        return self._rsample(key, shape)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        """Draw as `_sample` does, differentiably in the parameters."""
        name = "_rsample" if self.has_rsample else "_sample"
        raise NotImplementedError(
            f"{type(self).__name__} does not define `{name}(self, key, shape)`, which returns a "
            "draw, an array of the shape `shape`"
        )

    def _clip_draw(self, draw: Array) -> Array:
        """Keep draws inside the support: where single numbers have a probability, with its ends."""
        support = self.support
        keep = clip_to_bounds if support.is_discrete or self._has_atoms else clip_draw
        return keep(support, draw)

    def _joint(self, key: Array, shape: Shape, pathwise: bool) -> tuple[Array, Array]:
        """Draw and evaluate; overridden where the pre-image of the draw is more exact than it."""
        x = self._clip_draw(evaluation.draw(self, key, shape, pathwise))
        return x, evaluation.log_density(self, x)

    # --- densities -------------------------------------------------------------------------------

    def log_prob(self, value: Numbers) -> Array:
        """Evaluate the log-density, or log-mass, at a value.

        Args:
          value: shape `(..., *batch_shape, *event_shape)`, or exactly `event_shape`.

        Returns:
          Shape `(..., *batch_shape)`; `-inf` with gradient 0 outside the support, NaN at NaN.

        Raises:
          ValueError: if the value's shape does not fit.
        """
        return evaluation.log_prob(self, self._value(value, self.event_shape))

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

    def _inside(self, value: Array) -> Array:
        """Tell which values have a density: those that are in the support and finite."""
        support = self.support
        inside = support.check(value)
        if support.is_discrete:
            return inside
        return inside & all_rightmost(jnp.abs(value) < math.inf, support.event_dim)

    def _typical(self, x: Array) -> Array:
        """Return values of the shape of `x` inside the support: they replace those outside.

        The slopes there are multiplied by 0. Override it where they may overflow.
        """
        feasible: Array = self.support.feasible_like(x)
        return feasible

    def _log_prob(self, x: Array) -> Array:
        """Evaluate the log-density of values inside the support, one number for each event."""
        raise NotImplementedError(
            f"{type(self).__name__} does not define `_log_prob(self, x)`, which returns the "
            "log-density of each value, an array of shape `sample_shape + batch_shape`"
        )

    # --- single numbers with a probability, of which `log_prob` is the logarithm -----------------

    def _nearest_atom(self, x: Array) -> Array:
        """Return the nearest such number to each entry of an event, NaN where there is none.

        That an entry of an event has a probability does not depend on the other entries. The shape
        is that of x, which ends in `batch_shape + event_shape`.
        """
        return jnp.full_like(x, math.nan)

    def _is_atom(self, x: Array) -> Array:
        """Tell which entries of events have a probability, and no density."""
        return self._nearest_atom(x) == x

    def _atom_count(self, x: Any) -> Array:
        """Count such entries, shape `sample_shape + batch_shape`."""
        event_axes = tuple(range(-len(self.event_shape), 0))
        return jnp.sum(self._is_atom(x), event_axes)

    def _atom_prob(self) -> Array:
        """Return the probability that an entry of an event is one of them."""
        return jnp.zeros((), self.dtype)

    def _up_to(self, x: Array) -> Array:
        """Return the number y for which P(X <= y) is P(X < x)."""
        if not self._has_atoms:
            return x
        is_atom = self._is_atom(x) & (jnp.abs(x) < math.inf)
        return jnp.where(is_atom, just_below(jnp.where(is_atom, x, 0)), x)

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

    # --- expected values -------------------------------------------------------------------------

    def fisher_information(self) -> Array:
        r"""Return the Fisher information matrix of the parameters.

        .. math:: I_{ij} = E\left[\frac{\partial \log p(x)}{\partial \theta_i}
                  \frac{\partial \log p(x)}{\partial \theta_j}\right]

        The parameters are those that are stored and are no counts, in the order of the class, each
        flattened. The inverse over n is the covariance of maximum likelihood estimates from n
        observations: see also `jaxdist.standard_errors`.

        Returns:
          Shape `(*batch_shape, number, number)`.

        Raises:
          NotImplementedError: for vectors, unless they are an exponential family.
        """
        return fisher_information(self)

    def _rule(self, summary: str) -> Rule:
        """Return the rule over the quantiles of a number that has a density."""
        has_quantiles = type(self)._icdf is not Distribution._icdf
        if self.event_shape or self.support.is_discrete or self._has_atoms or not has_quantiles:
            advice = "estimate it from draws; for the entropy, by the mean of `-log_prob`"
            raise self._missing(summary, advice)

        def quantile(below: Array, above: Array) -> Array:
            return clip_draw(self.support, self._quantile_at(below, above))

        return quantile_rule(quantile, *self._split())

    def _integer_rule(self) -> Rule:
        """Return the rule over the integers of a discrete distribution."""
        d = lax.stop_gradient(self)
        lowest, highest = (jnp.broadcast_to(x, self.batch_shape) for x in integer_bounds(d))
        column = (3,) + (1,) * len(self.batch_shape)
        log_p = jnp.array([_LOG_RAREST, -math.log(2), -math.inf], self.dtype).reshape(column)
        log_q = jnp.array([0, 0, _LOG_RAREST], self.dtype).reshape(column)

        def is_reached(k: Array) -> Array:
            """Whether the first integer that matters, the median, or the last one is at most k."""
            x = k.astype(self.dtype)
            return (d.log_cdf(x) >= log_p) & (d.log_survival_function(x) <= log_q)

        def tails(k: Array) -> Array:
            x = k.astype(self.dtype)
            return jnp.stack([d.cdf(x - 1), d.survival_function(x)])

        low, high = (jnp.broadcast_to(x, (3, *self.batch_shape)) for x in (lowest, highest))
        first, median, last = first_integer(is_reached, low, high)
        matters = (jnp.maximum(first, -_FARTHEST), jnp.minimum(last, _FARTHEST))
        support = (lowest, highest)
        center = jnp.clip(d._mode_or(median), first, last)
        return integer_rule(self.log_prob, tails, matters, center, support, self.dtype)

    def _mode_or(self, other: Array) -> Array:
        """Return the mode as int32, or another integer if the mode is not known."""
        try:
            mode = self._mode()
        except NotImplementedError:
            return other
        return jnp.broadcast_to(to_count(mode.astype(self.dtype)), self.batch_shape)

    def _quantile_at(self, below: Array, above: Array) -> Array:
        """Return the quantile at a probability, of which the complement is known as well."""
        is_lower = below < above
        low, high = (
            self._icdf(jnp.where(is_lower, below, 0.5)),
            self._isf(jnp.where(is_lower, 0.5, above)),
        )
        return jnp.where(is_lower, low, high)

    def _kinks(self) -> Array:
        """Return points at which the density may have a kink, such as the mode, or be least.

        Shape `(points, *batch_shape)`.
        """
        return jnp.broadcast_to(self._mode(), (1, *self.batch_shape))

    def _split(self) -> tuple[Array, Array]:
        """Return the probabilities below and above the kinks, halves for those at an end."""
        half = jnp.full((1, *self.batch_shape), 0.5, self.dtype)
        d = lax.stop_gradient(self)
        try:
            kinks = d._kinks()
        except NotImplementedError:
            return half, half
        below, above = d.cdf(kinks), d.survival_function(kinks)
        is_inner = jnp.minimum(below, above) > _RAREST_KINK
        below, above = jnp.where(is_inner, below, half), jnp.where(is_inner, above, half)
        return jnp.sort(below, 0), -jnp.sort(-above, 0)


def require_distribution(value: Any, what: str = "d") -> Distribution:
    """Return a distribution, or raise a TypeError for anything else.

    Args:
      value: what should be a distribution.
      what: what the value is, for the error.
    """
    if isinstance(value, Distribution):
        return value
    raise TypeError(f"{what} must be a Distribution; got {describe(value)}")
