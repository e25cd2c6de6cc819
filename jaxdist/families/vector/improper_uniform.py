"""ImproperUniform distribution."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Self

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.arguments import Shape, as_shape
from jaxdist.constraints import Constraint
from jaxdist.constraints.constraint import check_constraint
from jaxdist.distribution import Distribution
from jaxdist.parameters import Param, param
from jaxdist.pytree import static


class ImproperUniform(Distribution):
    r"""Improper uniform distribution: a density that is constant on a set, whose integral is not 1.

    .. math:: \log p(x) = \mathrm{log\_density}, \quad x \in \mathrm{constraint}

    It is a flat prior of a `jaxdist.Program`, from which nothing can be drawn: given enough data,
    the posterior is proper, and `unconstrained_log_prob` is what samplers need. It is numpyro's, of
    which the batch shape is that of `log_density` here.

    Args:
      constraint: the set, one of `jaxdist.constraints`; its bounds broadcast to the batch shape.
      event_shape: shape of one value, which ends in the axes of the set's own values; each entry of
        the others is in the set.
      log_density: logarithm of the density, any shape, which is the batch shape.

    Raises:
      TypeError: if `constraint` is no constraint.
      ValueError: if the values of the set have more axes than `event_shape`.

    Example:
      >>> import jax.numpy as jnp, jaxdist as jd
      >>> d = jd.ImproperUniform(jd.constraints.positive)
      >>> d.log_prob([-1.0, 2.0])
      Array([-inf,   0.], dtype=float32)
      >>> def model(draw):
      ...     scale = draw("scale", jd.ImproperUniform(jd.constraints.positive))
      ...     draw("x", jd.Normal(jnp.zeros(3), scale))
      >>> posterior = jd.Program(model).condition(x=jnp.array([0.3, -0.5, 1.0]))
      >>> print(f"{posterior.unconstrained_log_prob({'scale': 0.0}):.4f}")
      -3.4268
    """

    constraint: Any
    event_shape: Shape = static(default=())
    log_density: Param = param(constraints.real, default=0.0)

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check the set and its values' axes."""
        check_constraint("ImproperUniform: constraint", self.constraint)
        shape = as_shape(self.event_shape, "ImproperUniform: event_shape")
        if self.constraint.event_dim > len(shape):
            raise ValueError(
                f"ImproperUniform: values of {self.constraint!r} have {self.constraint.event_dim} "
                f"axes; event_shape must have as many at least, got {shape}"
            )
        vars(self)["event_shape"] = shape
        super().__post_init__(validate_args)

    def _broadcast(self) -> None:
        super()._broadcast()
        constraint = jax.tree.map(lambda x: jnp.asarray(x, self.dtype), self.constraint)
        vars(self)["constraint"] = constraint
        shapes = [self.batch_shape, *(leaf.shape for leaf in jax.tree.leaves(constraint))]
        try:
            batch_shape = jnp.broadcast_shapes(*shapes)
        except ValueError as error:
            raise ValueError(
                "ImproperUniform: log_density and the bounds of the constraint do not broadcast; "
                f"got the shapes {shapes}"
            ) from error
        vars(self).update(vars(self.expand(batch_shape)))

    def _map_batch(self, function: Callable[[Array, int], Array]) -> Self:
        mapped = jax.tree.map(lambda leaf: function(leaf, 0), self.constraint)
        return super()._map_batch(function)._with(constraint=mapped)

    @property
    def support(self) -> Constraint:
        """The set, for every entry of an event."""
        ndim = len(self.event_shape) - self.constraint.event_dim
        if not ndim:
            return self.constraint

        def of_entries(bound: Array) -> Array:
            return jnp.reshape(bound, (*jnp.shape(bound), *(1,) * ndim))

        return constraints.independent(jax.tree.map(of_entries, self.constraint), ndim)

    def _sample(self, key: Array, shape: Shape) -> Array:
        raise NotImplementedError(
            "ImproperUniform has no draws, since its density does not integrate to 1. Condition a "
            "Program on data, and give its `unconstrained_log_prob` and `init` to a sampler"
        )

    def _log_prob(self, x: Array) -> Array:
        return jnp.broadcast_to(self.log_density, x.shape[: x.ndim - len(self.event_shape)])
