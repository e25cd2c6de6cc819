"""Program: a joint distribution that is written as a program which draws."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array

from jaxdist.arguments import Shape, as_integer, check_callable, describe
from jaxdist.constraints import Constraint
from jaxdist.distribution import Distribution
from jaxdist.programs.batches import batch_shape_of, over_keys
from jaxdist.programs.conditioned_program import ConditionedProgram, map_keys
from jaxdist.programs.runs import (
    Model,
    Values,
    as_arrays,
    draw_each,
    require_known_names,
    run,
    sample_shape_of,
)
from jaxdist.promotion import result_type
from jaxdist.pytree import check_static, static


class Program(Distribution):
    r"""The joint distribution of the draws of a program, each of which may depend on earlier ones.

    .. math:: \log p(x) = \sum_i \log p_i(x_i \mid x_1, \dots, x_{i-1})

    The model is a function that calls `draw(name, dist)` for each draw, and computes with what that
    returns. A value is a dict by name. All axes of a draw, those of a batch too, belong to one
    event: the log-probability of a model is a single number. The same function, with what it
    returns, may be given to `jaxdist.program_expectation`.

    The model must be a pure function of its draws and arguments, and draw the same names each time.
    It must not draw inside `jax.jit`, `jax.vmap` or `jax.lax` loops. For a batch of models, stack
    their arguments and use `Program.batched`, or `jax.vmap`.

    Args:
      model: function of `draw` and of `args`.
      args: its other arguments, a tuple of arrays or trees of arrays, which are leaves.
      arg_ndims: for each leaf of `args`, how many of its axes belong to one model, where those
        before them are a batch; None if there is none. `Program.batched` counts them.

    Raises:
      TypeError: if `model` cannot be called, or `args` is not a tuple.

    Example:
      >>> import jax, jaxdist as jd
      >>> def coin(draw, prior):
      ...     heads = draw("heads", jd.Beta(prior, prior))
      ...     draw("tosses", jd.Bernoulli(jax.numpy.full(3, heads)))
      >>> program = jd.Program(coin, (2.0,))
      >>> {name: x.shape for name, x in program.sample(jax.random.key(0), 5).items()}
      {'heads': (5,), 'tosses': (5, 3)}
      >>> print(f"{program.log_prob({'heads': 0.5, 'tosses': [1, 0, 1]}):.4f}")
      -1.6740

    References:
      `JointDistributionCoroutine` of TFP; the `sample` statements of numpyro.
    """

    model: Model = static()
    args: tuple[Any, ...] = ()
    arg_ndims: tuple[int, ...] | None = static(default=None)

    @classmethod
    def batched(cls, model: Model, args: tuple[Any, ...], batch_ndim: int = 1) -> Program:
        """Return a batch of programs, one for each entry of the arguments' leading axes.

        Args:
          model: function of `draw` and of the arguments of one program.
          args: arrays or trees of arrays, which broadcast along their first `batch_ndim` axes.
          batch_ndim: number of axes of the batch.

        Returns:
          A `Program`, whose values have the axes `(*sample_shape, *batch_shape, ...)`.

        Raises:
          ValueError: if an array has fewer axes, or the batch axes do not broadcast.

        Example:
          >>> import jax, jax.numpy as jnp, jaxdist as jd
          >>> model = lambda draw, scale: draw("y", jd.Normal(draw("x", jd.Normal(0, scale)), 1))
          >>> batch = jd.Program.batched(model, (jnp.array([1.0, 2.0, 3.0]),))
          >>> batch.batch_shape, batch.sample(jax.random.key(0), 5)["y"].shape
          ((3,), (5, 3))
          >>> batch.condition(y=0.5).log_prob({"x": jnp.zeros(3)}).shape
          (3,)
        """
        ndim = as_integer("Program.batched", "batch_ndim", batch_ndim, minimum=0)
        leaves, structure = jax.tree.flatten(jax.tree.map(jnp.asarray, args))
        short = [leaf.shape for leaf in leaves if leaf.ndim < ndim]
        if short:
            raise ValueError(
                f"Program.batched: every array in args must have {ndim} batch axes; got shapes "
                f"{short}"
            )
        batch_shape = jnp.broadcast_shapes(*(leaf.shape[:ndim] for leaf in leaves))
        leaves = [jnp.broadcast_to(leaf, batch_shape + leaf.shape[ndim:]) for leaf in leaves]
        ndims = tuple(leaf.ndim - ndim for leaf in leaves)
        return cls(model, jax.tree.unflatten(structure, leaves), ndims)

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check the arguments; the model is not run."""
        check_callable("Program", "model", self.model)
        check_static(self)
        if not isinstance(self.args, tuple):
            raise TypeError(
                f"Program: args must be a tuple, such as `(x,)`; got {describe(self.args)}"
            )

    def condition(self, data: Mapping[str, Any] | None = None, /, **named: Any) -> Any:
        """Fix the values of some draws.

        Args:
          data: a dict of values by name.
          **named: the same by keyword: `program.condition(y=data)`.

        Returns:
          A `ConditionedProgram`, the unnormalized posterior of the others. Without arguments it
          is the prior, in unconstrained space too.

        Raises:
          ValueError: if the model does not draw a name, or of another shape, or a name is given
            twice.
        """
        return ConditionedProgram(self.model, self.args, {}, self.arg_ndims).condition(
            data, **named
        )

    @property
    def _prior(self) -> ConditionedProgram:
        return self.condition()

    def _map_batch(self, function: Callable[[Array, int], Array]) -> Self:
        if self.arg_ndims is None:
            raise NotImplementedError(
                "Program: this program has no batch axes. Stack the arrays in `args`, and use "
                "Program.batched or jax.vmap"
            )
        leaves, structure = jax.tree.flatten(self.args)
        mapped = map(function, leaves, self.arg_ndims)
        return self._with(args=jax.tree.unflatten(structure, mapped))

    # --- shapes ----------------------------------------------------------------------------------

    @property
    def batch_shape(self) -> Shape:
        """That of `Program.batched`; otherwise (): all axes of the draws belong to the event."""
        if self.arg_ndims is None:
            return ()
        return batch_shape_of(jax.tree.leaves(self.args), self.arg_ndims)

    @property
    def event_shape(self) -> Any:
        """The shapes of the draws, by name."""
        return self.shapes

    @property
    def shapes(self) -> dict[str, Shape]:
        """The shapes of the draws, by name."""
        return {n: d.batch_shape + d.event_shape for n, d in self._distributions().items()}

    def _distributions(self) -> dict[str, Distribution]:
        return self._prior.distributions()

    @property
    def support(self) -> Constraint:
        """The set of values; `biject_to` maps dicts of real numbers onto it."""
        return self._prior.support

    @property
    def dtype(self) -> np.dtype:
        """The dtype of the log-probability."""
        return result_type(*(d.dtype for d in self._distributions().values()))

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """Whether all draws have a pathwise derivative."""
        return all(d.has_rsample for d in self._distributions().values())

    # --- draws -----------------------------------------------------------------------------------

    def sample(self, key: Array, sample_shape: int | Sequence[int] = ()) -> Any:
        if self.batch_shape:
            return over_keys(self, "sample", key, sample_shape)
        return self._draw(lambda d, own: d.sample(own), key, sample_shape)

    def rsample(self, key: Array, sample_shape: int | Sequence[int] = ()) -> Any:
        self._require_rsample()
        if self.batch_shape:
            return over_keys(self, "rsample", key, sample_shape)
        return self._draw(lambda d, own: d.rsample(own), key, sample_shape)

    def sample_and_log_prob(
        self, key: Array, sample_shape: int | Sequence[int] = ()
    ) -> tuple[Any, Array]:
        if self.batch_shape:
            return over_keys(self, "sample_and_log_prob", key, sample_shape)
        return self._draw_jointly(lambda d, own: d.sample_and_log_prob(own), key, sample_shape)

    def rsample_and_log_prob(
        self, key: Array, sample_shape: int | Sequence[int] = ()
    ) -> tuple[Any, Array]:
        self._require_rsample()
        if self.batch_shape:
            return over_keys(self, "rsample_and_log_prob", key, sample_shape)
        return self._draw_jointly(lambda d, own: d.rsample_and_log_prob(own), key, sample_shape)

    def predict(
        self, key: Array, values: Mapping[str, Any], sample_shape: int | Sequence[int] = ()
    ) -> Values:
        """Draw what is not given, each name given those before it.

        With draws from a posterior, these are posterior predictions. What is given does not change
        the distribution of what is drawn before it: that is what conditioning does.

        Args:
          key: a PRNG key.
          values: a dict of values of some names; all may have the same sample axes.
          sample_shape: number of draws for each.

        Returns:
          All values by name, of shape `sample_shape + sample axes of the values + shape`.
        """
        if self.batch_shape:
            raise NotImplementedError("Program.predict: use jax.vmap over a batch of programs")
        given = as_arrays("Program.predict", values)
        shapes = self.event_shape
        require_known_names("Program.predict", given, shapes)
        axes = sample_shape_of("Program.predict", given, shapes)

        def predict(key: Array) -> Values:
            function = lambda key, known: run(
                self.model, self.args, draw_each(key, lambda d, own: d.sample(own), known)
            )[0]
            keys = jax.random.split(key, axes) if axes else key
            for _ in axes:
                function = jax.vmap(function)
            return function(keys, given)

        return map_keys(predict, key, sample_shape)

    def _draw(
        self, draw: Callable[[Distribution, Array], Array], key: Array, sample_shape: Any
    ) -> Any:
        return map_keys(
            lambda key: run(self.model, self.args, draw_each(key, draw, {}))[0], key, sample_shape
        )

    def _draw_jointly(
        self,
        draw: Callable[[Distribution, Array], tuple[Array, Array]],
        key: Array,
        sample_shape: Any,
    ) -> tuple[Any, Array]:
        def draw_one(key: Array) -> tuple[Values, Array]:
            terms = [jnp.zeros(())]

            def draw_and_add(dist: Distribution, own: Array) -> Array:
                x, log_prob = draw(dist, own)
                terms.append(jnp.sum(log_prob))
                return x

            values, _ = run(self.model, self.args, draw_each(key, draw_and_add, {}))
            return values, sum(terms[1:], terms[0])

        return map_keys(draw_one, key, sample_shape)

    # --- densities -------------------------------------------------------------------------------

    def log_prob(self, value: Any) -> Array:
        """Evaluate the log-density of values of all draws.

        Args:
          value: a dict by name; each of the shape of its draw, or with sample axes before it, the
            same for all.

        Returns:
          Shape that of the sample axes.

        Raises:
          ValueError: if names are missing or unknown, or a shape does not fit.
        """
        return self._prior.log_prob(value)

    def log_prob_parts(self, value: Mapping[str, Any]) -> dict[str, Array]:
        """Evaluate the log-density of each draw given those before it: a dict by name.

        Args:
          value: as for `log_prob`.
        """
        return self._prior.log_prob_parts(value)

    def evaluate(self, value: Mapping[str, Any]) -> Any:
        """Return what the model returns at values of its draws.

        Args:
          value: as for `log_prob`.
        """
        return self._prior.evaluate(value)

    # --- unconstrained values --------------------------------------------------------------------

    def unconstrained_log_prob(self, unconstrained: Mapping[str, Any]) -> Array:
        """Evaluate the log-density as a density of unconstrained values of all draws.

        Args:
          unconstrained: real numbers, a dict as `unconstrain` and `init` return.
        """
        return self._prior.unconstrained_log_prob(unconstrained)

    def constrain(self, unconstrained: Mapping[str, Any]) -> Values:
        """Map unconstrained values onto the support.

        Args:
          unconstrained: a dict of real numbers by name; all may have the same sample axes.
        """
        return self._prior.constrain(unconstrained)

    def constrain_and_log_det(self, unconstrained: Mapping[str, Any]) -> tuple[Values, Array]:
        """Map unconstrained values onto the support; also return the log-determinant of the map."""
        return self._prior.constrain_and_log_det(unconstrained)

    def unconstrain(self, value: Mapping[str, Any]) -> Values:
        """Invert `constrain`.

        Args:
          value: as for `log_prob`.
        """
        return self._prior.unconstrain(value)

    def init(self, key: Array, sample_shape: int | tuple[int, ...] = ()) -> Values:
        """Draw unconstrained values, from which a sampler may start.

        Args:
          key: a PRNG key.
          sample_shape: shape of the draws, for example the number of chains.
        """
        return self._prior.init(key, sample_shape)

    @property
    def discrete_names(self) -> list[str]:
        """The names of the draws that are discrete."""
        return self._prior.discrete_names
