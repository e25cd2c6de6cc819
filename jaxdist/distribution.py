"""Distribution: the base class, with everything that is the same for all of them."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Sequence
from typing import Any, ClassVar, dataclass_transform

import jax
import jax.numpy as jnp
from jax import Array, lax
from jax.typing import ArrayLike

from jaxdist import constraints
from jaxdist.constraints import Constraint, into
from jaxdist.constraints.constraint import event_all
from jaxdist.parameters import Parametric, derived, param
from jaxdist.precision import narrow, widen
from jaxdist.pytree import static
from jaxdist.validation import (
    Shape,
    as_shape,
    check_key,
)


@dataclass_transform(eq_default=False, field_specifiers=(dataclasses.field, static, param, derived))
class Distribution(Parametric):
    """A probability distribution, or a batch of them: an immutable pytree of its parameters.

    A subclass declares its parameters with `param` and its `support`, and writes the mathematics
    in methods whose names begin with an underscore (`_log_prob`, `_sample` or `_rsample`, `_mean`
    ...). These see parameters of at least float32, values that lie in the support and have the
    full shape, and valid keys. The public methods below add keys, shapes, dtypes, support masking
    and gradient stopping; each is compiled once per shape.

    Attributes:
      has_rsample: whether draws have a pathwise derivative.
      has_enumerate_support: whether the support is finite and can be listed.
    """

    support: ClassVar[Any] = constraints.dependent
    has_rsample: ClassVar[bool] = False
    has_enumerate_support: ClassVar[bool] = False

    @property
    def event_shape(self) -> Shape:
        """Shape of one draw from one distribution."""
        return ()

    def _value(self, value: ArrayLike, event_shape: Shape) -> Array:
        """Check a value's shape and broadcast it to `sample_shape + batch_shape + event_shape`."""
        x = value if isinstance(value, Array) else jnp.asarray(value)
        if jnp.issubdtype(x.dtype, jnp.complexfloating):
            raise ValueError(f"{type(self).__name__}: the value must be real; got {x.dtype}")
        full = self.batch_shape + event_shape
        if x.shape[max(0, x.ndim - len(full)) :] == full:
            return x
        if x.shape == event_shape:
            return jnp.broadcast_to(x, full)
        raise ValueError(
            f"{type(self).__name__}: the value's shape must be {event_shape} or end in "
            f"batch_shape + event_shape = {full}; got {x.shape}. To evaluate every value under "
            "every distribution, use jax.vmap over one of the two"
        )

    # --- draws -----------------------------------------------------------------------------------

    def sample(self, key: Array, sample_shape: int | Sequence[int] = ()) -> Array:
        """Draw; the gradient is stopped.

        Args:
          key: a PRNG key.
          sample_shape: how many draws from each distribution.

        Returns:
          Draws of shape `sample_shape + batch_shape + event_shape`.
        """
        return _sample(self, check_key(key), as_shape(sample_shape))

    def rsample(self, key: Array, sample_shape: int | Sequence[int] = ()) -> Array:
        """Draw with a pathwise derivative with respect to the parameters.

        Args:
          key: a PRNG key.
          sample_shape: how many draws from each distribution.

        Returns:
          Draws of shape `sample_shape + batch_shape + event_shape`.

        Raises:
          NotImplementedError: where `has_rsample` is False.
        """
        self._require_rsample()
        return _rsample(self, check_key(key), as_shape(sample_shape))

    def sample_and_log_prob(
        self, key: Array, sample_shape: int | Sequence[int] = ()
    ) -> tuple[Array, Array]:
        """Draw with the gradient stopped, and evaluate the log-density of the draw.

        Args:
          key: a PRNG key.
          sample_shape: how many draws from each distribution.

        Returns:
          Draws of shape `sample_shape + batch_shape + event_shape`, and their log-densities of
          shape `sample_shape + batch_shape`, differentiable in the parameters at a fixed draw.
        """
        return _joint(self, check_key(key), as_shape(sample_shape), False)

    def rsample_and_log_prob(
        self, key: Array, sample_shape: int | Sequence[int] = ()
    ) -> tuple[Array, Array]:
        """Draw with a pathwise derivative, and evaluate the log-density of the draw.

        Args:
          key: a PRNG key.
          sample_shape: how many draws from each distribution.

        Returns:
          Draws of shape `sample_shape + batch_shape + event_shape`, and their log-densities of
          shape `sample_shape + batch_shape`; the derivative of both goes through the draw.

        Raises:
          NotImplementedError: where `has_rsample` is False.
        """
        self._require_rsample()
        return _joint(self, check_key(key), as_shape(sample_shape), True)

    def _require_rsample(self) -> None:
        if not self.has_rsample:
            raise NotImplementedError(
                f"{type(self).__name__} has no pathwise derivative: draw with `sample` and use a "
                "score-function surrogate (jaxdist.score_function)"
            )

    def _sample(self, key: Array, shape: Shape) -> Array:
        return self._rsample(key, shape)

    def _stopped_sample(self, key: Array, shape: Shape) -> Array:
        return lax.stop_gradient(self._sample(key, shape))

    def _rsample(self, key: Array, shape: Shape) -> Array:
        raise self._missing("rsample")

    def _joint(self, key: Array, shape: Shape, pathwise: bool) -> tuple[Array, Array]:
        """Draw and evaluate; overridden where the pre-image of the draw is more exact than it."""
        draw = self._rsample if pathwise else self._stopped_sample
        x = into(self.support, draw(key, shape))
        return x, self._log_prob(x)

    # --- densities -------------------------------------------------------------------------------

    def log_prob(self, value: ArrayLike) -> Array:
        """Evaluate the log-density, or log-mass, at a value.

        Args:
          value: shape `(..., *batch_shape, *event_shape)`, or exactly `event_shape`.

        Returns:
          Shape `(..., *batch_shape)`; `-inf` with gradient 0 outside the support, NaN for NaN.

        Raises:
          ValueError: if the value's shape does not fit.
        """
        return _log_prob(self, self._value(value, self.event_shape))

    def cdf(self, value: ArrayLike) -> Array:
        """Evaluate P(X <= value).

        Args:
          value: shape `(..., *batch_shape)`, or `()`.

        Returns:
          Shape `(..., *batch_shape)`.
        """
        return self._cumulative("_cdf", value, 0.0, 1.0)

    def log_cdf(self, value: ArrayLike) -> Array:
        """Evaluate log P(X <= value).

        Args:
          value: shape `(..., *batch_shape)`, or `()`.

        Returns:
          Shape `(..., *batch_shape)`.
        """
        return self._cumulative("_log_cdf", value, -math.inf, 0.0)

    def survival_function(self, value: ArrayLike) -> Array:
        """Evaluate P(X > value).

        Args:
          value: shape `(..., *batch_shape)`, or `()`.

        Returns:
          Shape `(..., *batch_shape)`.
        """
        return self._cumulative("_survival_function", value, 1.0, 0.0)

    def log_survival_function(self, value: ArrayLike) -> Array:
        """Evaluate log P(X > value).

        Args:
          value: shape `(..., *batch_shape)`, or `()`.

        Returns:
          Shape `(..., *batch_shape)`.
        """
        return self._cumulative("_log_survival_function", value, 0.0, -math.inf)

    def icdf(self, value: ArrayLike) -> Array:
        """Evaluate the quantile function: the smallest x with P(X <= x) >= value.

        Args:
          value: probabilities, shape `(..., *batch_shape)`, or `()`.

        Returns:
          Shape `(..., *batch_shape)`; NaN (of discrete distributions: the largest value) for
          what is no probability.
        """
        self._require_univariate("icdf")
        return _icdf(self, self._value(value, ()))

    def _cumulative(self, method: str, value: ArrayLike, below: float, above: float) -> Array:
        self._require_univariate(method[1:])
        return _cumulative(self, self._value(value, ()), method, below, above)

    def _require_univariate(self, method: str) -> None:
        if self.event_shape:
            raise NotImplementedError(
                f"{type(self).__name__}.{method} is defined for single numbers only; events of "
                f"this one have shape {self.event_shape}"
            )

    def _inside(self, value: Array) -> Array:
        """Tell which values have a density: those of the support that are finite."""
        support = self.support
        inside = support.check(value)
        if support.is_discrete:
            return inside
        return inside & event_all(jnp.abs(value) < math.inf, support.event_dim)

    def _log_prob(self, x: Array) -> Array:
        raise self._missing("log_prob")

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

    def _missing(self, what: str, instead: str = "") -> NotImplementedError:
        advice = f"; {instead}" if instead else ""
        return NotImplementedError(f"{type(self).__name__} has no closed form for {what}{advice}")

    # --- summaries -------------------------------------------------------------------------------

    @property
    def mean(self) -> Array:
        """Expected value, shape `batch_shape + event_shape`."""
        return _moment(self, "_mean")

    @property
    def mode(self) -> Array:
        """Most likely value, shape `batch_shape + event_shape`."""
        return _moment(self, "_mode")

    @property
    def variance(self) -> Array:
        """Variance of each entry, shape `batch_shape + event_shape`."""
        return _moment(self, "_variance")

    @property
    def stddev(self) -> Array:
        """Standard deviation of each entry, shape `batch_shape + event_shape`."""
        return _moment(self, "_stddev")

    def entropy(self) -> Array:
        """Entropy in nats, shape `batch_shape`."""
        return _summary(self, "_entropy")

    def perplexity(self) -> Array:
        """Exponential of the entropy, shape `batch_shape`."""
        return _summary(self, "_perplexity")

    def enumerate_support(self, expand: bool = True) -> Array:
        """List the values of a finite support along a new first axis.

        Args:
          expand: whether to repeat them over the batch axes, which are of length one otherwise.

        Returns:
          Shape `(number of values,) + batch_shape + event_shape`, or with ones for `batch_shape`.

        Raises:
          NotImplementedError: where `has_enumerate_support` is False.
        """
        if not self.has_enumerate_support:
            raise NotImplementedError(f"the support of {type(self).__name__} cannot be listed")
        return _enumerate_support(self, expand)

    def _mean(self) -> Array:
        raise self._missing("mean")

    def _mode(self) -> Array:
        raise self._missing("mode")

    def _variance(self) -> Array:
        raise self._missing("variance")

    def _stddev(self) -> Array:
        return jnp.sqrt(self._variance())

    def _entropy(self) -> Array:
        """Sum over the support where it can be listed."""
        if not self.has_enumerate_support:
            raise self._missing("entropy", "estimate it by the mean of `-log_prob` over draws")
        log_probs = self.log_prob(self.enumerate_support())
        possible = log_probs > -math.inf
        terms = jnp.exp(log_probs) * jnp.where(possible, log_probs, 0)
        return -jnp.sum(jnp.where(possible, terms, 0), 0)

    def _perplexity(self) -> Array:
        return jnp.exp(self._entropy())

    def _enumerate_support(self) -> Array:
        """List the support, shape `(number of values,) + event_shape`."""
        raise self._missing("enumerate_support")


# --- what the public methods add to the mathematics ----------------------------------------------


@functools.partial(jax.jit, static_argnums=2)
def _sample(d: Distribution, key: Array, sample_shape: Shape) -> Array:
    shape = sample_shape + d.batch_shape + d.event_shape
    draw = narrow(widen(d)._sample(key, shape), d.dtype)
    return lax.stop_gradient(into(d.support, draw))


@functools.partial(jax.jit, static_argnums=2)
def _rsample(d: Distribution, key: Array, sample_shape: Shape) -> Array:
    shape = sample_shape + d.batch_shape + d.event_shape
    return into(d.support, narrow(widen(d)._rsample(key, shape), d.dtype))


@functools.partial(jax.jit, static_argnums=(2, 3))
def _joint(d: Distribution, key: Array, sample_shape: Shape, pathwise: bool) -> tuple[Array, Array]:
    shape = sample_shape + d.batch_shape + d.event_shape
    draw, log_prob = widen(d)._joint(key, shape, pathwise)
    return into(d.support, narrow(draw, d.dtype)), narrow(log_prob, d.dtype)


def _as_value(support: Constraint, x: Array) -> Array:
    """Values of a continuous distribution are floats; those of a discrete one stay as given."""
    if support.is_discrete and not jnp.issubdtype(x.dtype, jnp.floating):
        return x.astype(jnp.int32) if x.dtype == jnp.bool_ else x
    return x.astype(jnp.promote_types(jnp.result_type(float, x), jnp.float32))


@jax.jit
def _log_prob(d: Distribution, value: Array) -> Array:
    support = d.support
    axes = tuple(range(-support.event_dim, 0))
    x = _as_value(support, value)
    size = jnp.max(jnp.abs(x), axes, initial=0) if axes else jnp.abs(x)  # NaN if any is
    inside = d._inside(value)
    x = jnp.where(jnp.expand_dims(inside, axes), x, support.feasible_like(x))
    outside = jnp.where(jnp.isnan(size), math.nan, -math.inf)
    log_prob = jnp.where(inside, widen(d)._log_prob(x), outside)
    return log_prob.astype(jnp.result_type(d.dtype, value))


@functools.partial(jax.jit, static_argnums=(2, 3, 4))
def _cumulative(d: Distribution, value: Array, method: str, below: float, above: float) -> Array:
    support = d.support
    x = _as_value(support, value)
    if support.is_discrete:
        x = jnp.floor(x)
    lower, upper = support.bounds if isinstance(support, constraints.Range) else (-jnp.inf, jnp.inf)
    inside = (x >= lower) & (x < upper)
    inner = jnp.where(inside, x, support.feasible_like(x))
    p = jnp.where(inside, getattr(widen(d), method)(inner), jnp.where(x < lower, below, above))
    return jnp.where(jnp.isnan(value), math.nan, p).astype(jnp.result_type(d.dtype, value))


@jax.jit
def _icdf(d: Distribution, value: Array) -> Array:
    q = _as_value(constraints.unit_interval, value)
    valid = (q >= 0) & (q <= 1)
    x = widen(d)._icdf(jnp.where(valid, q, 1.0 if d.support.is_discrete else 0.5))
    if jnp.issubdtype(x.dtype, jnp.floating):
        return jnp.where(valid, x, math.nan).astype(jnp.result_type(d.dtype, value))
    return x


@functools.partial(jax.jit, static_argnums=1)
def _moment(d: Distribution, method: str) -> Array:
    value = getattr(widen(d), method)()
    return narrow(jnp.broadcast_to(value, d.batch_shape + d.event_shape), d.dtype)


@functools.partial(jax.jit, static_argnums=1)
def _summary(d: Distribution, method: str) -> Array:
    return narrow(jnp.broadcast_to(getattr(widen(d), method)(), d.batch_shape), d.dtype)


def _enumerate_support(d: Distribution, expand: bool) -> Array:
    values = narrow(widen(d)._enumerate_support(), d.dtype)
    batch_shape = d.batch_shape
    values = jnp.reshape(values, values.shape[:1] + (1,) * len(batch_shape) + d.event_shape)
    if not expand:
        return values
    return jnp.broadcast_to(values, values.shape[:1] + batch_shape + d.event_shape)
