"""RankedDraw: base of distributions of one of n independent draws, chosen by its rank."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist.arguments import Shape, as_integer
from jaxdist.constraints import Constraint
from jaxdist.distribution import Distribution
from jaxdist.implicit_differentiation import implicit_reparameterization
from jaxdist.pytree import must_define, static
from jaxdist.wrappers.interval_probability import log_interval_prob
from jaxdist.wrappers.wrapper import Wrapper, require_univariate


class RankedDraw(Wrapper):
    """Base of distributions of one of n independent draws from `base_dist`, chosen by its rank."""

    total_count: int = static()

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check the base distribution and the number of draws."""
        name = type(self).__name__
        require_univariate(name, self.base_dist)
        if self.base_dist._has_atoms:
            raise TypeError(
                f"{name}: base_dist must have a density, or be discrete; got {self.base_dist!r}"
            )
        count = as_integer(name, "total_count", self.total_count, minimum=1)
        vars(self)["total_count"] = count
        super().__post_init__(validate_args)

    @property
    def support(self) -> Constraint:
        """Support of the base distribution."""
        return self.base_dist.support

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """Whether the base distribution has a density."""
        return not self.base_dist.support.is_discrete

    def _log_density(self, x: Array) -> Array:
        """Evaluate the log-density, where the base distribution has one."""
        raise must_define(self, "_log_density")

    def _rsample(self, key: Array, shape: Shape) -> Array:
        """The probabilities of the base distribution are fixed along the path."""
        return implicit_reparameterization(self.base_dist, self._sample(key, shape))

    def _log_prob(self, x: Array) -> Array:
        if self.base_dist.support.is_discrete:
            x = x.astype(jnp.promote_types(self.dtype, jnp.float32))
            return log_interval_prob(self, x - 1, x)
        return self._log_density(x)


def quantile_of_log(d: Distribution, log_cdf: Array) -> Array:
    """Invert the logarithm of a distribution function, exactly also where it is near 0."""
    p, complement = jnp.exp(log_cdf), -jnp.expm1(log_cdf)
    return jnp.where(p < complement, d._icdf(p), d._isf(complement))


def quantile_of_log_survival(d: Distribution, log_sf: Array) -> Array:
    """Invert the logarithm of a survival function, exactly also where it is near 0."""
    p, complement = jnp.exp(log_sf), -jnp.expm1(log_sf)
    return jnp.where(p < complement, d._isf(p), d._icdf(complement))
