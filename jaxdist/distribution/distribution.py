"""Distribution: the base class, with everything that distributions share."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any, ClassVar, dataclass_transform

from jax import Array

from jaxdist import evaluation
from jaxdist.arguments import Numbers, Shape, as_shape, check_key, describe
from jaxdist.class_checks import check_declarations
from jaxdist.distribution.averages import Averages
from jaxdist.information import fisher_information
from jaxdist.parameters import derived, param
from jaxdist.pytree import static


@dataclass_transform(eq_default=False, field_specifiers=(dataclasses.field, static, param, derived))
class Distribution(Averages):
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

    has_rsample: ClassVar[bool] = False

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check what the class declares, then the parameters."""
        check_declarations(type(self), Distribution)
        super().__post_init__(validate_args)

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

    def _log_prob(self, x: Array) -> Array:
        """Evaluate the log-density of values inside the support, one number for each event."""
        raise NotImplementedError(
            f"{type(self).__name__} does not define `_log_prob(self, x)`, which returns the "
            "log-density of each value, an array of shape `sample_shape + batch_shape`"
        )

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


def require_distribution(value: Any, what: str = "d") -> Distribution:
    """Return a distribution, or raise a TypeError for anything else.

    Args:
      value: what should be a distribution.
      what: what the value is, for the error.
    """
    if isinstance(value, Distribution):
        return value
    raise TypeError(f"{what} must be a Distribution; got {describe(value)}")
