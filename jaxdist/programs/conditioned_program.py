"""ConditionedProgram: a program of which some draws are known."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist.arguments import Shape, as_shape, broadcasts_to, check_key
from jaxdist.bijections import biject_to
from jaxdist.constraints import Constraint
from jaxdist.distribution import Distribution
from jaxdist.programs.batches import batch_shape_of, first_entry, over_keys, over_values
from jaxdist.programs.missing_attributes import missing_attribute
from jaxdist.programs.runs import (
    Model,
    Values,
    Visit,
    as_arrays,
    draw_each,
    known_value,
    require_known_names,
    require_names,
    run,
    sample_shape_of,
    start,
)
from jaxdist.programs.support import ProgramSupport, bijection_and_sum
from jaxdist.pytree import Pytree, static


class ConditionedProgram(Pytree):
    r"""A program of which some draws are known: an unnormalized posterior of the others.

    .. math:: \log p(\mathrm{values}, \mathrm{data})
              = \log p(\mathrm{values} \mid \mathrm{data}) + \mathrm{const}

    Made by `Program.condition`. `unconstrained_log_prob` is what Hamiltonian Monte Carlo and
    variational inference need: a function of any real numbers, with the log-determinants of the
    bijections onto the supports.

    Attributes:
      model: function of `draw` and `args`.
      args: its other arguments.
      data: the known values, by name.
      arg_ndims: as for `Program`, for batches of programs; all methods then map over the batch.

    Example:
      >>> import jaxdist as jd
      >>> def model(draw):
      ...     rate = draw("rate", jd.Gamma(2.0, 1.0))
      ...     draw("count", jd.Poisson(rate))
      >>> posterior = jd.Program(model).condition(count=3)
      >>> print(f"{posterior.log_prob({'rate': 2.0}):.4f}")
      -3.0192
      >>> print(f"{posterior.unconstrained_log_prob({'rate': -1.5}):.4f}")
      -9.7380
      >>> print(f"{posterior.constrain({'rate': -1.5})['rate']:.4f}")  # exp(-1.5)
      0.2231
    """

    model: Model = static()
    args: tuple[Any, ...]
    data: Values
    arg_ndims: tuple[int, ...] | None = static(default=None)

    if not TYPE_CHECKING:

        def __getattr__(self, name: str) -> NoReturn:
            """Raise an error that says what to do without a method that `Program` has."""
            raise AttributeError(missing_attribute(name), name=name, obj=self)

    @property
    def batch_shape(self) -> Shape:
        """That of the program, the leading axes of its arguments and data."""
        if self.arg_ndims is None:
            return ()
        return batch_shape_of(jax.tree.leaves(self.args), self.arg_ndims)

    def condition(self, data: Mapping[str, Any] | None = None, /, **named: Any) -> Any:
        """Fix the values of further draws.

        Args:
          data: a dict of values by name.
          **named: the same by keyword: `posterior.condition(y=data)`.

        Returns:
          A `ConditionedProgram`, which knows these values too.

        Raises:
          ValueError: if the model does not draw a name, or of another shape, or the value of a name
            is known already.

        Example:
          >>> import jaxdist as jd
          >>> program = jd.Program(lambda draw: draw("y", jd.Normal(draw("x", jd.Normal(0, 1)), 1)))
          >>> print(f"{program.condition(x=1.0).condition(y=2.0).log_prob({}):.4f}")
          -2.8379
        """
        owner = "Program.condition"
        if twice := sorted({*(data or {})} & {*named}):
            raise ValueError(f"{owner}: {twice} are given both in `data` and by keyword; give one")
        given = as_arrays(owner, {**(data or {}), **named})
        if twice := [name for name in given if name in self.data]:
            raise ValueError(
                f"{owner}: the values of {twice} are known already. Condition the program, which "
                "knows none, on the new values"
            )
        if not given:
            return self
        shapes = self.shapes
        require_known_names(owner, given, shapes)
        full = {name: self._of_batch(name, x, shapes[name]) for name, x in given.items()}
        return dataclasses.replace(self, data={**self.data, **full})

    def _of_batch(self, name: str, value: Array, shape: Shape) -> Array:
        """Return a known value with all axes of the batch."""
        end = max(value.ndim - len(shape), 0)
        leading, own = value.shape[:end], value.shape[end:]
        if own != shape or not broadcasts_to(leading, self.batch_shape):
            before = f", after axes that broadcast to {self.batch_shape}" * bool(self.batch_shape)
            raise ValueError(
                f"Program.condition: the shape of {name!r} must be {shape}{before}; got "
                f"{value.shape}"
            )
        return jnp.broadcast_to(value, self.batch_shape + shape)

    # --- densities -------------------------------------------------------------------------------

    def log_prob(self, values: Mapping[str, Any]) -> Array:
        """Evaluate the joint log-density of values and data.

        Args:
          values: a dict by the other names; each of the shape of its draw, or with sample axes
            before it, the same for all.

        Returns:
          Shape that of the sample axes.

        Raises:
          ValueError: if names are missing or unknown, or a shape does not fit.
        """
        if self.batch_shape:
            return over_values(self, "log_prob", values)
        parts = self.log_prob_parts(values)
        return sum(parts.values(), jnp.zeros(()))

    def log_prob_parts(self, values: Mapping[str, Any]) -> dict[str, Array]:
        """Evaluate the log-density of each draw, data too, given those before it: a dict by name.

        Args:
          values: as for `log_prob`.
        """

        if self.batch_shape:
            return over_values(self, "log_prob_parts", values)

        def parts(values: Values) -> dict[str, Array]:
            terms: dict[str, Array] = {}
            known = {**values, **self.data}

            def visit(name: str, dist: Distribution) -> Array:
                terms[name] = jnp.sum(dist.log_prob(known[name]))
                return known_value(name, dist, known)

            self._run(visit)
            return terms

        return self._map("log_prob", parts, values, self.shapes)

    def unconstrained_log_prob(self, unconstrained: Mapping[str, Any]) -> Array:
        r"""Evaluate the joint log-density as a density of unconstrained values.

        .. math:: \log p(t(z), \mathrm{data}) + \log |\det dt/dz|

        Args:
          unconstrained: real numbers z, a dict as `unconstrain` and `init` return.

        Returns:
          Shape that of the sample axes.

        Raises:
          NotImplementedError: if a draw that is not known is discrete, or is at single points.
        """

        if self.batch_shape:
            return over_values(self, "unconstrained_log_prob", unconstrained)

        def total(unconstrained: Values) -> Array:
            terms: list[Array] = [jnp.zeros(())]

            def visit(name: str, dist: Distribution) -> Array:
                if name in self.data:
                    terms.append(jnp.sum(dist.log_prob(self.data[name])))
                    return known_value(name, dist, self.data)
                x, log_det = bijection_and_sum(dist.support, unconstrained[name])
                terms.extend([log_det, jnp.sum(dist.log_prob(x))])
                return x

            self._run(visit)
            return sum(terms[1:], terms[0])

        return self._map(
            "unconstrained_log_prob", total, unconstrained, self._unconstrained_shapes()
        )

    # --- the support -----------------------------------------------------------------------------

    @property
    def support(self) -> Constraint:
        """The set of the values that are not known; `biject_to` maps onto it."""
        return ProgramSupport(self)

    def constrain(self, unconstrained: Mapping[str, Any]) -> Values:
        """Map unconstrained values onto the support: draws of a sampler to values of the model.

        Args:
          unconstrained: a dict of real numbers by name; all may have the same sample axes.
        """
        if self.batch_shape:
            return over_values(self, "constrain", unconstrained)
        return self.constrain_and_log_det(unconstrained)[0]

    def constrain_and_log_det(self, unconstrained: Mapping[str, Any]) -> tuple[Values, Array]:
        """Map unconstrained values onto the support; also return the log-determinant of the map."""

        if self.batch_shape:
            return over_values(self, "constrain_and_log_det", unconstrained)

        def constrain(unconstrained: Values) -> tuple[Values, Array]:
            log_dets: list[Array] = [jnp.zeros(())]

            def visit(name: str, dist: Distribution) -> Array:
                if name in self.data:
                    return known_value(name, dist, self.data)
                x, log_det = bijection_and_sum(dist.support, unconstrained[name])
                log_dets.append(log_det)
                return x

            return self._others(self._run(visit)), sum(log_dets[1:], log_dets[0])

        return self._map("constrain", constrain, unconstrained, self._unconstrained_shapes())

    def unconstrain(self, values: Mapping[str, Any]) -> Values:
        """Invert `constrain`.

        Args:
          values: a dict by name, as for `log_prob`.
        """
        if self.batch_shape:
            return over_values(self, "unconstrain", values)
        return self._map("unconstrain", self._unconstrain, values, self.shapes)

    def _unconstrain(self, values: Values) -> Values:
        known, found = {**values, **self.data}, {}

        def visit(name: str, dist: Distribution) -> Array:
            x = known_value(name, dist, known)
            if name not in self.data:
                if dist.support.is_discrete or dist._has_atoms:
                    where = "" if dist.support.is_discrete else " at single points"
                    raise NotImplementedError(
                        f"Program: {name!r} is discrete{where}, so that it has no unconstrained "
                        "values. Condition on it, or sum over its values"
                    )
                found[name] = biject_to(dist.support).inv(x)
            return x

        self._run(visit)
        return found

    def init(self, key: Array, sample_shape: int | tuple[int, ...] = ()) -> Values:
        """Draw unconstrained values from the prior, from which a sampler may start.

        Args:
          key: a PRNG key.
          sample_shape: shape of the draws, for example the number of chains.

        Returns:
          A dict by name.
        """

        if self.batch_shape:
            return over_keys(self, "init", key, sample_shape)

        def draw(key: Array) -> Values:
            visit = draw_each(key, start, self.data)
            return self._unconstrain(self._others(self._run(visit)))

        return map_keys(draw, key, sample_shape)

    def is_inside(self, values: Mapping[str, Any]) -> Array:
        """Test whether values are in the support."""

        if self.batch_shape:
            return over_values(self, "is_inside", values)

        def check(values: Values) -> Array:
            known, inside = {**values, **self.data}, [jnp.array(True)]

            def visit(name: str, dist: Distribution) -> Array:
                if name not in self.data:
                    inside.append(jnp.all(dist.support.check(known[name])))
                return known_value(name, dist, known)

            self._run(visit)
            return jnp.all(jnp.stack(inside))

        return self._map("support", check, values, self.shapes)

    def feasible_like(self, values: Mapping[str, Any]) -> Values:
        """Replace values that are outside of the support."""

        def feasible(values: Values) -> Values:
            known = {**values, **self.data}
            return self._others(self._run(lambda name, dist: known_value(name, dist, known)))

        return self._map("support", feasible, values, self.shapes)

    # --- runs ------------------------------------------------------------------------------------

    def evaluate(self, values: Mapping[str, Any]) -> Any:
        """Return what the model returns at values of its draws, such as quantities of interest.

        Args:
          values: as for `log_prob`.

        Returns:
          What the model returns, with the sample axes before its own.
        """

        if self.batch_shape:
            return over_values(self, "evaluate", values)

        def returned(values: Values) -> Any:
            known = {**values, **self.data}
            return run(self.model, self.args, lambda name, dist: known_value(name, dist, known))[1]

        return self._map("evaluate", returned, values, self.shapes)

    @property
    def shapes(self) -> dict[str, Shape]:
        """The shape of each draw that is not known, by name."""
        return {name: d.batch_shape + d.event_shape for name, d in self.distributions().items()}

    @property
    def discrete_names(self) -> list[str]:
        """The names of the draws that are discrete and not known."""
        return [name for name, d in self.distributions().items() if d.support.is_discrete]

    def distributions(self) -> dict[str, Distribution]:
        """Return abstract distributions of the draws that are not known, by name."""
        if self.batch_shape:
            return first_entry(self).distributions()
        found: dict[str, Distribution] = {}

        def trace() -> None:
            draw = draw_each(jax.random.key(0), start, {})

            def visit(name: str, dist: Distribution) -> Array:
                if name in self.data:
                    self._require_shape(name, dist)
                    return known_value(name, dist, self.data)
                found[name] = jax.tree.map(
                    lambda leaf: jax.ShapeDtypeStruct(leaf.shape, leaf.dtype), dist
                )
                return draw(name, dist)

            self._run(visit)

        jax.eval_shape(trace)
        return found

    def _require_shape(self, name: str, dist: Distribution) -> None:
        expected = dist.batch_shape + dist.event_shape
        if self.data[name].shape != expected:
            raise ValueError(
                f"Program.condition: the shape of {name!r} must be {expected}; "
                f"got {self.data[name].shape}"
            )

    def _unconstrained_shapes(self) -> dict[str, Shape]:
        abstract = jax.eval_shape(lambda: self.init(jax.random.key(0)))
        return {name: leaf.shape for name, leaf in abstract.items()}

    def _run(self, visit: Visit) -> Values:
        return run(self.model, self.args, visit)[0]

    def _others(self, values: Values) -> Values:
        return {name: x for name, x in values.items() if name not in self.data}

    def _map(
        self,
        method: str,
        function: Callable[[Values], Any],
        values: Mapping[str, Any],
        shapes: dict[str, Shape],
    ) -> Any:
        """Check values by name, and apply a function over their sample axes."""
        owner = f"Program.{method}"
        arrays = as_arrays(owner, values)
        require_names(owner, arrays, shapes)
        for _ in sample_shape_of(owner, arrays, shapes):
            function = jax.vmap(function)
        return function(arrays)


def map_keys(function: Callable[[Array], Any], key: Array, sample_shape: Any) -> Any:
    """Apply a function of a key to as many keys as there are draws."""
    shape = as_shape(sample_shape, "sample_shape")
    keys = check_key(key)
    if shape:
        keys = jax.random.split(keys, shape)
    for _ in shape:
        function = jax.vmap(function)
    return function(keys)
