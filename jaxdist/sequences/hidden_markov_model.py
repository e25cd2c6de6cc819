"""HiddenMarkovModel distribution."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Self

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array
from jax.typing import ArrayLike

from jaxdist.arguments import Numbers, Shape, as_integer, as_shape, check_key
from jaxdist.constraints import Constraint
from jaxdist.distribution import Distribution
from jaxdist.families.category.categorical import Categorical
from jaxdist.precision import narrow
from jaxdist.promotion import result_type
from jaxdist.pytree import static
from jaxdist.sequences import paths
from jaxdist.sequences.batches import draw_events, map_events
from jaxdist.sequences.masks import as_mask, without_masked
from jaxdist.special import masked_log_softmax
from jaxdist.wrappers.independent import Independent
from jaxdist.wrappers.mixture_same_family import MixtureSameFamily
from jaxdist.wrappers.wrapper import require_base


class HiddenMarkovModel(Distribution):
    r"""What is observed of a Markov chain with finitely many states, which are hidden.

    .. math:: p(x) = \sum_z \pi(z_1)\, p(x_1 \mid z_1)
              \prod_{t=2}^T A(z_t \mid z_{t-1})\, p(x_t \mid z_t)

    All methods are parallel in time, and exact in logarithms: they take about log2(T) rounds of
    products of matrices, of `num_steps * n**3` operations in all.

    Args:
      initial: Categorical distribution of the first state, of n states.
      transition: Categorical distributions of the next state, batch shape `batch + (n,)`: the last
        batch axis is the state before.
      observation: distributions of what is observed in each state, batch shape `batch + (n,)`.
      num_steps: number T of observations, static.

    Raises:
      TypeError: if `initial` or `transition` is not a Categorical.
      ValueError: if the numbers of states differ.

    Example:
      The weather, of which one sees whether a friend carries an umbrella:

      >>> import jaxdist as jd
      >>> d = jd.HiddenMarkovModel(
      ...     jd.Categorical([0.5, 0.5]),
      ...     jd.Categorical([[0.9, 0.1], [0.3, 0.7]]),
      ...     jd.Bernoulli([0.1, 0.8]),
      ...     num_steps=5,
      ... )
      >>> umbrella = [0, 0, 1, 1, 0]
      >>> print(f"{d.log_prob(umbrella):.4f}")
      -4.1923
      >>> d.most_likely_states(umbrella).tolist()
      [0, 0, 1, 1, 0]
      >>> [f"{p:.2f}" for p in d.smooth(umbrella).probs[:, 1]]
      ['0.19', '0.22', '0.74', '0.75', '0.26']

    References:
      Rabiner 1989, "A tutorial on hidden Markov models and selected applications in speech
      recognition"; Sarkka and Garcia-Fernandez 2021, "Temporal parallelization of Bayesian
      smoothers". `HiddenMarkovModel` of TFP.
    """

    initial: Categorical
    transition: Categorical
    observation: Distribution
    num_steps: int = static()

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check the numbers of states, and broadcast the batch shapes."""
        owner = type(self).__name__
        vars(self)["num_steps"] = as_integer(owner, "num_steps", self.num_steps, minimum=1)
        for name in ("initial", "transition"):
            if not isinstance(vars(self)[name], Categorical):
                raise TypeError(f"{owner}: {name} must be a Categorical; got {vars(self)[name]!r}")
        require_base(owner, "observation", self.observation)
        states = self.initial.num_categories
        shapes = {
            "transition": (*self.transition.batch_shape, self.transition.num_categories)[-2:],
            "observation": (*self.observation.batch_shape[-1:], states),
        }
        for name, shape in shapes.items():
            if shape != (states, states):
                raise ValueError(
                    f"{owner}: initial has {states} states, so that the last batch axis of {name} "
                    f"must be {states}; got {vars(self)[name]!r}"
                )
        batch_shape = jnp.broadcast_shapes(
            self.initial.batch_shape,
            self.transition.batch_shape[:-1],
            self.observation.batch_shape[:-1],
        )
        vars(self).update(
            initial=self.initial.expand(batch_shape),
            transition=self.transition.expand((*batch_shape, states)),
            observation=self.observation.expand((*batch_shape, states)),
        )

    # --- shapes ----------------------------------------------------------------------------------

    @property
    def num_states(self) -> int:
        """The number n of states."""
        return self.initial.num_categories

    @property
    def batch_shape(self) -> Shape:
        """Batch shape of `initial`."""
        return self.initial.batch_shape

    @property
    def event_shape(self) -> Shape:
        """`(num_steps,)`, then the event shape of an observation."""
        return (self.num_steps, *self.observation.event_shape)

    @property
    def dtype(self) -> np.dtype:
        """The dtype of the log-probability."""
        return result_type(self.initial.dtype, self.transition.dtype, self.observation.dtype)

    def _map_batch(self, function: Callable[[Array, int], Array]) -> Self:
        inner = lambda leaf, dim: function(leaf, dim + 1)
        return self._with(
            initial=self.initial._map_batch(function),
            transition=self.transition._map_batch(inner),
            observation=self.observation._map_batch(inner),
        )

    @property
    def support(self) -> Constraint:
        """The union of the supports of the observations, at each step."""
        return self._marginals().support

    # --- densities -------------------------------------------------------------------------------

    def log_prob(self, value: Numbers, mask: ArrayLike | None = None) -> Array:
        """Evaluate the log-density of observations: the sum over all paths of the states.

        Args:
          value: observations, shape `(..., *batch_shape, *event_shape)`.
          mask: whether each step is observed, booleans that broadcast to
            `(..., *batch_shape, num_steps)`; None if all are. The value of a step that is not
            observed is ignored.

        Returns:
          Shape `(..., *batch_shape)`.
        """
        if mask is None:
            return super().log_prob(value)
        return narrow(self._map(_log_prob, value, mask), self.dtype)

    def _log_prob(self, x: Array) -> Array:
        return self._map(_log_prob, x, None)

    def _inside(self, value: Array) -> Array:
        return self._marginals()._inside(value)

    # --- hidden states ---------------------------------------------------------------------------

    def filter(self, value: Numbers, mask: ArrayLike | None = None) -> Categorical:
        """Return the distribution of the state at each step given the observations up to it.

        Args:
          value: observations, shape `(..., *batch_shape, *event_shape)`.
          mask: as for `log_prob`.

        Returns:
          Categorical of batch shape `(..., *batch_shape, num_steps)`.
        """
        return Categorical(logits=self._map(_filter, value, mask), validate_args=False)

    def smooth(self, value: Numbers, mask: ArrayLike | None = None) -> Categorical:
        """Return the distribution of the state at each step given all observations.

        Args:
          value: observations, shape `(..., *batch_shape, *event_shape)`.
          mask: as for `log_prob`.

        Returns:
          Categorical of batch shape `(..., *batch_shape, num_steps)`.
        """
        return Categorical(logits=self._map(_smooth, value, mask), validate_args=False)

    def most_likely_states(self, value: Numbers, mask: ArrayLike | None = None) -> Array:
        """Return the most likely path of the states given all observations (Viterbi).

        Args:
          value: observations, shape `(..., *batch_shape, *event_shape)`.
          mask: as for `log_prob`.

        Returns:
          Shape `(..., *batch_shape, num_steps)`, int32.
        """
        return self._map(_most_likely, value, mask)

    def sample_states(
        self,
        key: Array,
        value: Numbers,
        sample_shape: int | Sequence[int] = (),
        mask: ArrayLike | None = None,
    ) -> Array:
        """Draw paths of the states given all observations.

        Args:
          key: a PRNG key.
          value: observations, shape `(..., *batch_shape, *event_shape)`.
          sample_shape: shape of the draws for each sequence of observations.
          mask: as for `log_prob`.

        Returns:
          Shape `sample_shape + (..., *batch_shape, num_steps)`, int32.
        """
        shape = as_shape(sample_shape, "sample_shape")
        x = self._value(value, self.event_shape)
        lead = shape + x.shape[: x.ndim - len(self.event_shape)]
        x = jnp.broadcast_to(x, lead + self.event_shape)
        keys = jax.random.split(check_key(key), lead) if lead else check_key(key)
        return self._map(_draw_given, x, mask, keys)

    def _map(self, function: Any, value: Numbers, mask: ArrayLike | None, *rest: Any) -> Any:
        """Apply a function of a model, observations and a mask to the batches of all."""
        x = self._value(value, self.event_shape)
        batch_ndim = len(self.batch_shape)
        lead = x.shape[: x.ndim - len(self.event_shape)]
        given = None if mask is None else as_mask(mask, (*lead, self.num_steps))
        return map_events(
            function,
            self,
            x,
            given,
            *rest,
            batch_ndim=batch_ndim,
            sample_ndim=len(lead) - batch_ndim,
        )

    # --- draws and moments -----------------------------------------------------------------------

    def _sample(self, key: Array, shape: Shape) -> Array:
        states_key, key = jax.random.split(key)
        lead = shape[: len(shape) - len(self.event_shape)]
        states = draw_events(_draw_states, self, states_key, lead)
        grid = jnp.ogrid[tuple(slice(n) for n in states.shape)]
        of_batch = grid[len(lead) - len(self.batch_shape) : -1]
        return self.observation[(*of_batch, states)]._sample(key, shape)

    def _marginals(self) -> Independent:
        """The observations as if those of different steps were independent."""
        logits = map_events(_prior, self, batch_ndim=len(self.batch_shape), sample_ndim=0)
        batch_shape, steps = self.batch_shape, self.num_steps

        def repeat(leaf: Array, event_ndim: int) -> Array:
            rest = leaf.shape[len(batch_shape) :]
            leaf = jnp.expand_dims(leaf, len(batch_shape))
            return jnp.broadcast_to(leaf, (*batch_shape, steps, *rest))

        mixture = MixtureSameFamily(
            Categorical(logits=logits, validate_args=False), self.observation._map_batch(repeat)
        )
        return Independent(mixture, 1)

    def _mean(self) -> Array:
        return self._marginals()._mean()

    def _variance(self) -> Array:
        return self._marginals()._variance()


# --- one sequence --------------------------------------------------------------------------------


def _logs(d: HiddenMarkovModel) -> tuple[Array, Array]:
    return masked_log_softmax(d.initial.logits), masked_log_softmax(d.transition.logits)


def _steps(d: HiddenMarkovModel, x: Array, mask: Array | None) -> Array:
    if mask is not None:
        x = without_masked(x, mask)
    log_likelihood = jax.vmap(d.observation.log_prob)(x)
    if mask is not None:
        log_likelihood = jnp.where(mask[:, None], log_likelihood, 0)
    return paths.steps(*_logs(d), log_likelihood)


def _log_prob(d: HiddenMarkovModel, x: Array, mask: Array | None) -> Array:
    return paths.log_total(_steps(d, x, mask))


def _filter(d: HiddenMarkovModel, x: Array, mask: Array | None) -> Array:
    return paths.filtered(_steps(d, x, mask))


def _smooth(d: HiddenMarkovModel, x: Array, mask: Array | None) -> Array:
    return paths.smoothed(_steps(d, x, mask))


def _most_likely(d: HiddenMarkovModel, x: Array, mask: Array | None) -> Array:
    return paths.best_path(_steps(d, x, mask))


def _draw_given(d: HiddenMarkovModel, x: Array, mask: Array | None, key: Array) -> Array:
    return paths.draw_path_backwards(key, _filter(d, x, mask), _logs(d)[1])


def _draw_states(d: HiddenMarkovModel, key: Array) -> Array:
    return paths.draw_path(key, *_logs(d), d.num_steps)


def _prior(d: HiddenMarkovModel) -> Array:
    """Log-probabilities of the state at each step, shape `(T, n)`."""
    nothing = jnp.zeros((d.num_steps, d.num_states), d.initial.logits.dtype)
    return paths.filtered(paths.steps(*_logs(d), nothing))
