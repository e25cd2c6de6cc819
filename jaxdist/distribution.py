"""Distribution: the base class, with everything that distributions share."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Sequence
from typing import Any, ClassVar, dataclass_transform

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax
from jax.typing import ArrayLike

from jaxdist import constraints
from jaxdist.arguments import (
    Shape,
    as_real_numbers,
    as_shape,
    broadcasts_to,
    check_flag,
    check_key,
    describe,
)
from jaxdist.class_checks import check_declarations
from jaxdist.constraints import Constraint
from jaxdist.constraints.clipping import clip_draw, clip_to_bounds, clip_to_positive
from jaxdist.constraints.constraint import all_rightmost, check_constraint
from jaxdist.constraints.intervals import is_constant
from jaxdist.parameters import Parametric, broadcast_all, derived, param
from jaxdist.precision import narrow, widen
from jaxdist.promotion import numpy_promotion
from jaxdist.pytree import static
from jaxdist.special import p_log_p


@dataclass_transform(eq_default=False, field_specifiers=(dataclasses.field, static, param, derived))
class Distribution(Parametric):
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
    has_enumerate_support: ClassVar[bool] = False

    # Whether single real numbers have a probability. If none has, P(X <= the lower bound) is 0.
    _has_atoms: ClassVar[bool] = False

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check what the class declares, then the parameters."""
        check_declarations(type(self), Distribution)
        super().__post_init__(validate_args)

    @property
    def event_shape(self) -> Shape:
        """Shape of one draw from a single distribution."""
        return ()

    def _value(self, value: ArrayLike, event_shape: Shape) -> Array:
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
          Draws of shape `sample_shape + batch_shape + event_shape`.
        """
        return _sample(self, check_key(key), as_shape(sample_shape, "sample_shape"))

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
        return _rsample(self, check_key(key), as_shape(sample_shape, "sample_shape"))

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
        return _joint(self, check_key(key), as_shape(sample_shape, "sample_shape"), False)

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
        return _joint(self, check_key(key), as_shape(sample_shape, "sample_shape"), True)

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
        x = clip_to_bounds(self.support, _draw(self, key, shape, pathwise))
        return x, _log_density(self, x)

    # --- densities -------------------------------------------------------------------------------

    def log_prob(self, value: ArrayLike) -> Array:
        """Evaluate the log-density, or log-mass, at a value.

        Args:
          value: shape `(..., *batch_shape, *event_shape)`, or exactly `event_shape`.

        Returns:
          Shape `(..., *batch_shape)`; `-inf` with gradient 0 outside the support, NaN at NaN.

        Raises:
          ValueError: if the value's shape does not fit.
        """
        return _log_prob(self, self._value(value, self.event_shape))

    def cdf(self, value: ArrayLike) -> Array:
        """Evaluate P(X <= value) at a value of shape `(..., *batch_shape)` or `()`."""
        return self._cumulative("_cdf", value, 0.0, 1.0)

    def log_cdf(self, value: ArrayLike) -> Array:
        """Evaluate log P(X <= value) at a value of shape `(..., *batch_shape)` or `()`."""
        return self._cumulative("_log_cdf", value, -math.inf, 0.0)

    def survival_function(self, value: ArrayLike) -> Array:
        """Evaluate P(X > value) at a value of shape `(..., *batch_shape)` or `()`."""
        return self._cumulative("_survival_function", value, 1.0, 0.0)

    def log_survival_function(self, value: ArrayLike) -> Array:
        """Evaluate log P(X > value) at a value of shape `(..., *batch_shape)` or `()`."""
        return self._cumulative("_log_survival_function", value, 0.0, -math.inf)

    def icdf(self, value: ArrayLike) -> Array:
        """Evaluate the quantile function: the smallest x with P(X <= x) >= value.

        Args:
          value: probabilities, shape `(..., *batch_shape)`, or `()`.

        Returns:
          Shape `(..., *batch_shape)`; NaN (for discrete distributions the largest value) where
          `value` is not in [0, 1].
        """
        self._require_univariate("icdf")
        return _icdf(self, self._value(value, ()))

    def _cumulative(self, method: str, value: ArrayLike, below: float, above: float) -> Array:
        self._require_univariate(method[1:])
        return _cumulative(self, self._value(value, ()), method, below, above)

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

    def _log_prob(self, x: Array) -> Array:
        """Evaluate the log-density of values inside the support, one number for each event."""
        raise NotImplementedError(
            f"{type(self).__name__} does not define `_log_prob(self, x)`, which returns the "
            "log-density of each value, an array of shape `sample_shape + batch_shape`"
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
        """Solve P(X > x) = q; overridden to be exact for a small q, which 1 - q is not."""
        return self._icdf(1 - q)

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
          NotImplementedError: if `has_enumerate_support` is False.
        """
        if not self.has_enumerate_support:
            raise NotImplementedError(f"the support of {type(self).__name__} cannot be listed")
        check_flag(type(self).__name__, "expand", expand)
        return _enumerate_support(self, expand)

    def _mean(self) -> Array:
        raise self._missing("mean")

    def _mode(self) -> Array:
        raise self._missing("mode")

    def _variance(self) -> Array:
        if type(self)._stddev is Distribution._stddev:
            raise self._missing("variance")
        return self._stddev() ** 2

    def _stddev(self) -> Array:
        return jnp.sqrt(self._variance())

    def _entropy(self) -> Array:
        """Sum over the support if it is finite."""
        if not self.has_enumerate_support:
            raise self._missing("entropy", "estimate it by the mean of `-log_prob` over draws")
        log_probs = self.log_prob(self.enumerate_support())
        return -jnp.sum(p_log_p(jnp.exp(log_probs), log_probs), 0)

    def _perplexity(self) -> Array:
        return jnp.exp(self._entropy())

    def _enumerate_support(self) -> Array:
        """List the support, shape `(number of values,) + event_shape`."""
        raise self._missing("enumerate_support")


def require_distribution(value: Any, what: str = "d") -> Distribution:
    """Return a distribution, or raise a TypeError for anything else.

    Args:
      value: what should be a distribution.
      what: what the value is, for the error.
    """
    if isinstance(value, Distribution):
        return value
    raise TypeError(f"{what} must be a Distribution; got {describe(value)}")


# --- compiled public methods ---------------------------------------------------------------------


@functools.partial(jax.jit, static_argnums=2)
@numpy_promotion
def _sample(d: Distribution, key: Array, sample_shape: Shape) -> Array:
    shape = sample_shape + d.batch_shape + d.event_shape
    draw = narrow(_draw(widen(d), key, shape, False), d.dtype)
    return lax.stop_gradient(d._clip_draw(draw))


@functools.partial(jax.jit, static_argnums=2)
@numpy_promotion
def _rsample(d: Distribution, key: Array, sample_shape: Shape) -> Array:
    shape = sample_shape + d.batch_shape + d.event_shape
    return d._clip_draw(narrow(_draw(widen(d), key, shape, True), d.dtype))


@functools.partial(jax.jit, static_argnums=(2, 3))
@numpy_promotion
def _joint(d: Distribution, key: Array, sample_shape: Shape, pathwise: bool) -> tuple[Array, Array]:
    shape = sample_shape + d.batch_shape + d.event_shape
    draw, log_prob = widen(d)._joint(key, shape, pathwise)
    return d._clip_draw(narrow(draw, d.dtype)), narrow(log_prob, d.dtype)


def _draw(d: Distribution, key: Array, shape: Shape, pathwise: bool) -> Array:
    x = d._rsample(key, shape) if pathwise else lax.stop_gradient(d._sample(key, shape))
    _check_shape(d, "a draw", x, shape, "Return an array of the `shape` argument")
    if not any(jnp.issubdtype(x.dtype, kind) for kind in (jnp.floating, jnp.integer)):
        raise TypeError(
            f"{type(d).__name__}: draws must be floats or integers; got {x.dtype}. Convert them, "
            "for example by `.astype(jnp.int32)`"
        )
    return x


def _log_density(d: Distribution, x: Array) -> Array:
    log_prob = d._log_prob(x)
    shape = x.shape[: x.ndim - len(d.event_shape)]
    _check_shape(d, "what `_log_prob` returns", log_prob, shape, "Return a number for each event")
    return log_prob


def _check_shape(d: Distribution, what: str, x: Any, shape: Shape, advice: str) -> None:
    if getattr(x, "shape", None) != shape:
        found = f"has shape {x.shape}" if hasattr(x, "shape") else f"is {x!r}"
        raise ValueError(f"{type(d).__name__}: {what} {found}; expected shape {shape}. {advice}")


def _support(d: Distribution) -> Constraint:
    support: Constraint = d.support
    check_constraint(f"{type(d).__name__}.support", support)
    return support


def _as_value(support: Constraint, x: Array) -> Array:
    """Convert values to floats, unless they are integers of a discrete distribution."""
    if support.is_discrete and not jnp.issubdtype(x.dtype, jnp.floating):
        return x
    return x.astype(jnp.promote_types(jnp.result_type(float, x), jnp.float32))


def _widen_integers(x: Array) -> Array:
    """Convert other integers to int32: a small type need not hold the bounds of the support."""
    if jnp.issubdtype(x.dtype, jnp.floating) or x.dtype in (jnp.int32, jnp.int64):
        return x
    if x.dtype in (jnp.uint32, jnp.uint64):
        x = jnp.minimum(x, jnp.iinfo(jnp.int32).max)
    return x.astype(jnp.int32)


@jax.jit
@numpy_promotion
def _log_prob(d: Distribution, value: Array) -> Array:
    support = _support(d)
    value = _widen_integers(value)
    axes = tuple(range(-support.event_dim, 0))
    x = _as_value(support, value)
    size = jnp.max(jnp.abs(x), axes, initial=0) if axes else jnp.abs(x)  # NaN if any is
    inside = d._inside(value)
    x = jnp.where(jnp.expand_dims(inside, axes), x, support.feasible_like(x))
    if _is_positive(support):
        x = clip_to_positive(x)  # of subnormal numbers, some operations are those of 0
    outside = jnp.where(jnp.isnan(size), math.nan, -math.inf)
    log_prob = jnp.where(inside, _log_density(widen(d), x), outside)
    return log_prob.astype(jnp.result_type(d.dtype, value))


@functools.partial(jax.jit, static_argnums=(2, 3, 4))
@numpy_promotion
def _cumulative(d: Distribution, value: Array, method: str, below: float, above: float) -> Array:
    support = _support(d)
    x = _as_value(support, value)
    if support.is_discrete:  # as floats: the next larger integer need not exist
        x = jnp.floor(x.astype(jnp.promote_types(d.dtype, jnp.float32)))
    lower, upper = support.bounds if isinstance(support, constraints.Range) else (-jnp.inf, jnp.inf)
    inside = (x < upper) & _is_above(d, x, lower)
    p = getattr(widen(d), method)(jnp.where(inside, x, support.feasible_like(x)))
    _check_shape(d, f"what `{method}` returns", p, x.shape, "Return a number for each value")
    p = jnp.where(inside, p, jnp.where(x < upper, below, above))
    return jnp.where(jnp.isnan(value), math.nan, p).astype(jnp.result_type(d.dtype, value))


def _is_positive(support: Constraint) -> bool:
    return (
        isinstance(support, constraints.Range)
        and support.open_below
        and is_constant(support.bounds[0], 0)
    )


def _is_above(d: Distribution, x: Array, lower: ArrayLike) -> Array:
    """Return where P(X <= x) is evaluated: at the end of a density its derivatives may not exist.

    Subnormal numbers count as 0, because of them some operations are those of 0.
    """
    if _support(d).is_discrete or d._has_atoms:
        return x >= lower
    return x >= jnp.finfo(x.dtype).tiny if is_constant(lower, 0) else x > lower


@jax.jit
@numpy_promotion
def _icdf(d: Distribution, value: Array) -> Array:
    q = _as_value(constraints.unit_interval, value)
    valid = (q >= 0) & (q <= 1)
    x = widen(d)._icdf(jnp.where(valid, q, 1.0 if _support(d).is_discrete else 0.5))
    _check_shape(d, "what `_icdf` returns", x, q.shape, "Return a number for each value")
    if jnp.issubdtype(x.dtype, jnp.floating):
        return jnp.where(valid, x, math.nan).astype(jnp.result_type(d.dtype, value))
    return x


@functools.partial(jax.jit, static_argnums=1)
@numpy_promotion
def _moment(d: Distribution, method: str) -> Array:
    return _broadcast(d, method, d.batch_shape + d.event_shape)


@functools.partial(jax.jit, static_argnums=1)
@numpy_promotion
def _summary(d: Distribution, method: str) -> Array:
    return _broadcast(d, method, d.batch_shape)


def _broadcast(d: Distribution, method: str, shape: Shape) -> Array:
    value = getattr(widen(d), method)()
    if not broadcasts_to(jnp.shape(value), shape):
        advice = "Return an array that broadcasts to it"
        _check_shape(d, f"what `{method}` returns", value, shape, advice)
    return narrow(jnp.broadcast_to(value, shape), d.dtype)


@numpy_promotion
def _enumerate_support(d: Distribution, expand: bool) -> Array:
    values = narrow(widen(d)._enumerate_support(), d.dtype)
    if jnp.issubdtype(values.dtype, jnp.integer):
        values = values.astype(jnp.int32)  # in 64 bits too, as draws are
    batch_shape = d.batch_shape
    values = jnp.reshape(values, values.shape[:1] + (1,) * len(batch_shape) + d.event_shape)
    if not expand:
        return values
    return jnp.broadcast_to(values, values.shape[:1] + batch_shape + d.event_shape)
