"""LinearGaussianStateSpace distribution."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Self

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from jaxdist import constraints, random
from jaxdist.arguments import Numbers, Shape, as_integer, as_shape, check_key
from jaxdist.bases.elliptical import check_event_sizes
from jaxdist.bases.normal_entries import NormalEntries
from jaxdist.families.vector.multivariate_normal import MultivariateNormal
from jaxdist.families.vector.multivariate_normal_diag import MultivariateNormalDiag
from jaxdist.linalg.triangular import diagonal_matrix
from jaxdist.parameters import Param, param
from jaxdist.precision import matmul, matvec, narrow
from jaxdist.promotion import result_type
from jaxdist.pytree import static
from jaxdist.sequences import kalman
from jaxdist.sequences.batches import draw_events, map_events
from jaxdist.sequences.kalman import Linear, Normals
from jaxdist.sequences.masks import as_mask
from jaxdist.special import LOG_TWO_PI

_NORMALS = ("initial", "transition_noise", "observation_noise")
Normal = MultivariateNormal | MultivariateNormalDiag


class LinearGaussianStateSpace(NormalEntries):
    r"""Observations of a state that moves linearly with normal noise: the model of Kalman filters.

    .. math:: z_1 \sim \mathrm{initial}, \quad z_t = F z_{t-1} + \mathrm{transition\ noise},
              \quad x_t = H z_t + \mathrm{observation\ noise}

    The filter and the smoother keep triangular factors of covariances, and take one orthogonal
    factorization a step: long sequences stay accurate in float32.

    Args:
      initial: normal distribution of the first state, a vector of n.
      transition_matrix: F, shape `(..., n, n)`.
      transition_noise: normal distribution of vectors of n.
      observation_matrix: H, shape `(..., m, n)`.
      observation_noise: normal distribution of vectors of m.
      num_steps: number T of observations, static.

    The distributions are `MultivariateNormal` or `MultivariateNormalDiag`.

    Raises:
      TypeError: if one of the distributions is of another class.
      ValueError: if the sizes of vectors and matrices differ.

    Example:
      A position that is seen with noise, and moves with a velocity that is not seen:

      >>> import jax.numpy as jnp, jaxdist as jd
      >>> d = jd.LinearGaussianStateSpace(
      ...     initial=jd.MultivariateNormalDiag(jnp.zeros(2), jnp.ones(2)),
      ...     transition_matrix=jnp.array([[1.0, 1.0], [0.0, 1.0]]),
      ...     transition_noise=jd.MultivariateNormalDiag(jnp.zeros(2), jnp.array([0.1, 0.1])),
      ...     observation_matrix=jnp.array([[1.0, 0.0]]),
      ...     observation_noise=jd.MultivariateNormalDiag(jnp.zeros(1), jnp.array([0.5])),
      ...     num_steps=4,
      ... )
      >>> x = jnp.array([[0.0], [1.0], [2.0], [3.0]])
      >>> print(f"{d.log_prob(x):.3f}")
      -4.397
      >>> print(f"{d.filter(x).mean[-1, 1]:.2f}")  # the velocity
      0.96

    References:
      Kalman 1960, "A new approach to linear filtering and prediction problems"; Rauch, Tung and
      Striebel 1965, "Maximum likelihood estimates of linear dynamic systems"; Kailath, Sayed and
      Hassibi 2000, "Linear Estimation". `LinearGaussianStateSpaceModel` of TFP.
    """

    initial: Normal
    transition_matrix: Param = param(constraints.real_matrix)
    transition_noise: Normal
    observation_matrix: Param = param(constraints.real_matrix)
    observation_noise: Normal
    num_steps: int = static()

    support = constraints.real_matrix
    has_rsample = True

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check the classes, the number of steps, and the sizes of vectors and matrices."""
        owner, fields = type(self).__name__, vars(self)
        fields["num_steps"] = as_integer(owner, "num_steps", self.num_steps, minimum=1)
        for name in _NORMALS:
            if not isinstance(fields[name], Normal):
                raise TypeError(
                    f"{owner}: {name} must be a MultivariateNormal or a MultivariateNormalDiag; "
                    f"got {fields[name]!r}"
                )
        super().__post_init__(validate_args)
        states = {
            "initial": self.initial.event_shape,
            "transition_matrix": self.transition_matrix.shape[-2:],
            "transition_noise": self.transition_noise.event_shape,
            "the last axis of observation_matrix": self.observation_matrix.shape[-1:],
        }
        check_event_sizes(owner, states)
        observed = {
            "the first axis of observation_matrix": self.observation_matrix.shape[-2:-1],
            "observation_noise": self.observation_noise.event_shape,
        }
        check_event_sizes(owner, observed)

    def _broadcast(self) -> None:
        super()._broadcast()
        shapes = [vars(self)[name].batch_shape for name in _NORMALS]
        batch_shape = jnp.broadcast_shapes(*shapes, *self._batch_shapes().values())
        vars(self).update(
            vars(
                self._map_batch(
                    lambda leaf, dim: jnp.broadcast_to(
                        leaf, batch_shape + leaf.shape[leaf.ndim - dim :]
                    )
                )
            )
        )

    def _map_batch(self, function: Callable[[Array, int], Array]) -> Self:
        normals = {name: vars(self)[name]._map_batch(function) for name in _NORMALS}
        return super()._map_batch(function)._with(**normals)

    # --- shapes ----------------------------------------------------------------------------------

    @property
    def batch_shape(self) -> Shape:
        """Batch shape of `initial`."""
        return self.initial.batch_shape

    @property
    def event_shape(self) -> Shape:
        """`(num_steps, m)`."""
        return (self.num_steps, *self.observation_noise.event_shape)

    @property
    def dtype(self) -> np.dtype:
        """The dtype that all parameters promote to."""
        return result_type(super().dtype, *(vars(self)[name].dtype for name in _NORMALS))

    # --- densities -------------------------------------------------------------------------------

    def log_prob(self, value: Numbers, mask: ArrayLike | None = None) -> Array:
        """Evaluate the log-density of observations.

        Args:
          value: observations, shape `(..., *batch_shape, num_steps, m)`.
          mask: whether each step is observed, booleans that broadcast to
            `(..., *batch_shape, num_steps)`, or of the shape of `value`: whether each entry is.
            None if all are. The value of what is not observed is ignored.

        Returns:
          Shape `(..., *batch_shape)`.
        """
        if mask is None:
            return super().log_prob(value)
        return narrow(self._map(_log_prob, value, mask), self.dtype)

    def _log_prob(self, x: Array) -> Array:
        return self._map(_log_prob, x, None)

    # --- states ----------------------------------------------------------------------------------

    def filter(self, value: Numbers, mask: ArrayLike | None = None) -> MultivariateNormal:
        """Return the distribution of the state at each step given the observations up to it.

        Args:
          value: observations, shape `(..., *batch_shape, num_steps, m)`.
          mask: as for `log_prob`.

        Returns:
          MultivariateNormal of batch shape `(..., *batch_shape, num_steps)`.
        """
        return _as_distribution(self._map(_filter, value, mask))

    def smooth(self, value: Numbers, mask: ArrayLike | None = None) -> MultivariateNormal:
        """Return the distribution of the state at each step given all observations.

        Args:
          value: observations, shape `(..., *batch_shape, num_steps, m)`.
          mask: as for `log_prob`.

        Returns:
          MultivariateNormal of batch shape `(..., *batch_shape, num_steps)`.
        """
        return _as_distribution(self._map(_smooth, value, mask))

    def sample_states(
        self,
        key: Array,
        value: Numbers,
        sample_shape: int | Sequence[int] = (),
        mask: ArrayLike | None = None,
    ) -> Array:
        """Draw paths of the state given all observations, with a pathwise derivative.

        Args:
          key: a PRNG key.
          value: observations, shape `(..., *batch_shape, num_steps, m)`.
          sample_shape: shape of the draws for each sequence of observations.
          mask: as for `log_prob`.

        Returns:
          Shape `sample_shape + (..., *batch_shape, num_steps, n)`.
        """
        shape = as_shape(sample_shape, "sample_shape")
        x = self._value(value, self.event_shape)
        lead = shape + x.shape[: x.ndim - 2]
        x = jnp.broadcast_to(x, lead + self.event_shape)
        keys = jax.random.split(check_key(key), lead) if lead else check_key(key)
        return self._map(_draw_given, x, mask, keys)

    def _map(self, function: Any, value: Numbers, mask: ArrayLike | None, *rest: Any) -> Any:
        """Apply a function of a model, observations and a mask to the batches of all."""
        x = self._value(value, self.event_shape)
        batch_ndim = len(self.batch_shape)
        lead = x.shape[: x.ndim - 2]
        if mask is not None:
            by_entry = jnp.shape(mask) == x.shape
            given = as_mask(mask, x.shape if by_entry else (*lead, self.num_steps))
            observed = given if by_entry else jnp.broadcast_to(given[..., None], x.shape)
        return map_events(
            function,
            self,
            x,
            None if mask is None else observed,
            *rest,
            batch_ndim=batch_ndim,
            sample_ndim=len(lead) - batch_ndim,
        )

    # --- draws and moments -----------------------------------------------------------------------

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return draw_events(_draw, self, key, shape[:-2])

    def _of_single(self, function: Callable[[Any], Array]) -> Array:
        return map_events(function, self, batch_ndim=len(self.batch_shape), sample_ndim=0)

    def _mean(self) -> Array:
        return self._of_single(_mean_of)

    def _mode(self) -> Array:
        return self._mean()

    def _variance(self) -> Array:
        return self._of_single(_variance_of)

    def _entropy(self) -> Array:
        return self._of_single(_entropy_of)


# --- one sequence --------------------------------------------------------------------------------


def _normals(d: Normal) -> Normals:
    if isinstance(d, MultivariateNormal):
        return Normals(d.loc, jnp.tril(d.scale_tril))
    return Normals(d.loc, diagonal_matrix(d.scale_diag))


def _model(d: LinearGaussianStateSpace) -> tuple[Normals, Linear, Linear]:
    return (
        _normals(d.initial),
        Linear(d.transition_matrix, _normals(d.transition_noise)),
        Linear(d.observation_matrix, _normals(d.observation_noise)),
    )


def _run(d: LinearGaussianStateSpace, x: Array, observed: Array | None) -> kalman.Filtered:
    return kalman.kalman_filter(*_model(d), x, observed)


def _log_prob(d: LinearGaussianStateSpace, x: Array, observed: Array | None) -> Array:
    return jnp.sum(_run(d, x, observed).log_prob)


def _filter(d: LinearGaussianStateSpace, x: Array, observed: Array | None) -> Normals:
    return _run(d, x, observed).state


def _smooth(d: LinearGaussianStateSpace, x: Array, observed: Array | None) -> Normals:
    return kalman.smoother(_run(d, x, observed))


def _draw_given(d: LinearGaussianStateSpace, x: Array, observed: Array | None, key: Array) -> Array:
    noise = random.normal(key, (d.num_steps, *d.initial.event_shape), x.dtype)
    return kalman.draw_states(_run(d, x, observed), noise)


def _draw(d: LinearGaussianStateSpace, key: Array) -> Array:
    initial, transition, observation = _model(d)
    of_states, of_observations = jax.random.split(key)
    noise = random.normal(of_states, (d.num_steps, *d.initial.event_shape), d.dtype)
    states = kalman.draw_prior(initial, transition, noise)
    noise = random.normal(of_observations, d.event_shape, d.dtype)
    observed = matvec(observation.matrix, states) + observation.noise.mean
    return observed + matvec(observation.noise.factor, noise)


def _mean_of(d: LinearGaussianStateSpace) -> Array:
    initial, transition, observation = _model(d)
    states = kalman.prior(initial, transition, d.num_steps)
    return matvec(observation.matrix, states.mean) + observation.noise.mean


def _variance_of(d: LinearGaussianStateSpace) -> Array:
    initial, transition, observation = _model(d)
    states = kalman.prior(initial, transition, d.num_steps)
    spread = matmul(observation.matrix, states.factor)
    return jnp.sum(spread**2, -1) + jnp.sum(observation.noise.factor**2, -1)


def _entropy_of(d: LinearGaussianStateSpace) -> Array:
    """The determinants of the filter do not depend on what is observed."""
    halves = _run(d, jnp.zeros(d.event_shape, d.dtype), None).half_log_det
    return jnp.sum(halves) + d.num_steps * d.event_shape[-1] * (1 + LOG_TWO_PI) / 2


def _as_distribution(states: Normals) -> MultivariateNormal:
    return MultivariateNormal(states.mean, scale_tril=states.factor, validate_args=False)
