"""Distributions of ours in numpyro's `sample` statements."""

from __future__ import annotations

import functools
from typing import Any

import jax.numpy as jnp
from jax import Array

from jaxdist.bijections import biject_to
from jaxdist.distribution import Distribution
from jaxdist.interop.correspondence import check_ours
from jaxdist.interop.imports import require


def as_numpyro(d: Distribution) -> Any:
    """Wrap a distribution so that numpyro's models, MCMC and SVI use it.

    Draws, densities and the bijection to the support are ours, so that every distribution can be
    used, also those that numpyro does not have, with our accuracy:

        def model():
            scale = numpyro.sample("scale", as_numpyro(jd.HalfStudentT(3.0, 1.0)))

    Args:
      d: any distribution whose values are arrays; its parameters may be traced.

    Returns:
      A `numpyro.distributions.Distribution`, whose attribute `jaxdist` is `d`. `sample` carries
      pathwise derivatives where there are, as numpyro's do.

    Raises:
      ImportError: if numpyro is not installed.
    """
    return _adapter()(check_ours("as_numpyro", d))


@functools.cache
def _adapter() -> Any:
    """Define the class, the first time that it is asked for, since numpyro is its base."""
    base: Any = require("as_numpyro", "numpyro", "numpyro.distributions").Distribution
    constraint_of = _constraint_adapter()

    class JaxdistDistribution(base):
        """A distribution of jaxdist."""

        pytree_data_fields = ("jaxdist",)

        def __init__(self, d: Distribution, *, validate_args: bool | None = None) -> None:
            self.jaxdist = d
            super().__init__(d.batch_shape, d.event_shape, validate_args=validate_args)

        @property
        def support(self) -> Any:
            return constraint_of(self.jaxdist.support)

        @property
        def has_rsample(self) -> bool:
            return self.jaxdist.has_rsample

        @property
        def has_enumerate_support(self) -> bool:
            return self.jaxdist.has_enumerate_support

        @property
        def mean(self) -> Array:
            return self.jaxdist.mean

        @property
        def variance(self) -> Array:
            return self.jaxdist.variance

        def sample(self, key: Any, sample_shape: tuple[int, ...] = ()) -> Array:
            d = self.jaxdist
            return (d.rsample if d.has_rsample else d.sample)(key, sample_shape)

        def log_prob(self, value: Any, intermediates: Any = None) -> Array:
            """Broadcast the value with the batch, as numpyro does."""
            d, x = self.jaxdist, jnp.asarray(value)
            cut = x.ndim - len(d.event_shape)
            batch_shape = jnp.broadcast_shapes(x.shape[:cut], d.batch_shape)
            return d.log_prob(jnp.broadcast_to(x, batch_shape + x.shape[cut:]))

        def cdf(self, value: Any) -> Array:
            return self.jaxdist.cdf(value)

        def icdf(self, q: Any) -> Array:
            return self.jaxdist.icdf(q)

        def entropy(self) -> Array:
            return self.jaxdist.entropy()

        def enumerate_support(self, expand: bool = True) -> Array:
            return self.jaxdist.enumerate_support(expand)

    return JaxdistDistribution


def _constraint_adapter() -> Any:
    """Define constraints and transforms of numpyro that are ours, and register the bijection."""
    modules = (f"numpyro.distributions.{name}" for name in ("constraints", "transforms"))
    constraints, transforms = (require("as_numpyro", "numpyro", module) for module in modules)
    base_of_constraints: Any = constraints.Constraint
    base_of_transforms: Any = transforms.Transform

    class JaxdistConstraint(base_of_constraints):
        """A constraint of jaxdist."""

        def __init__(self, constraint: Any) -> None:
            self.jaxdist = constraint

        @property
        def is_discrete(self) -> bool:
            return self.jaxdist.is_discrete

        @property
        def event_dim(self) -> int:
            return self.jaxdist.event_dim

        def __call__(self, x: Any) -> Array:
            return self.jaxdist.check(x)

        def feasible_like(self, prototype: Any) -> Array:
            return self.jaxdist.feasible_like(prototype)

        def tree_flatten(self) -> Any:
            return (self.jaxdist,), (("jaxdist",), {})

        def __repr__(self) -> str:
            return f"JaxdistConstraint({self.jaxdist!r})"

    class JaxdistTransform(base_of_transforms):
        """A transform of jaxdist."""

        def __init__(self, t: Any) -> None:
            self.jaxdist = t

        @property
        def domain(self) -> Any:
            return JaxdistConstraint(self.jaxdist.domain)

        @property
        def codomain(self) -> Any:
            return JaxdistConstraint(self.jaxdist.codomain)

        def __call__(self, x: Any) -> Array:
            return self.jaxdist(x)

        def _inverse(self, y: Any) -> Array:
            return self.jaxdist.inv(y)

        def log_abs_det_jacobian(self, x: Any, y: Any, intermediates: Any = None) -> Array:
            return self.jaxdist.log_abs_det_jacobian(x, y)

        def forward_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
            return self.jaxdist.forward_shape(shape)

        def inverse_shape(self, shape: tuple[int, ...]) -> tuple[int, ...]:
            return self.jaxdist.inverse_shape(shape)

        def tree_flatten(self) -> Any:
            return (self.jaxdist,), (("jaxdist",), {})

    def bijection(constraint: Any) -> Any:
        return JaxdistTransform(biject_to(constraint.jaxdist))

    transforms.biject_to.register(JaxdistConstraint, bijection)
    return JaxdistConstraint
