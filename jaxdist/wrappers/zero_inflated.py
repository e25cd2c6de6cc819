"""ZeroInflated distribution."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.bases.trials import log_failure_prob
from jaxdist.constraints.intervals import is_constant
from jaxdist.distribution import Distribution
from jaxdist.wrappers.gated import Gated
from jaxdist.wrappers.wrapper import Wrapper


class ZeroInflated(Gated):
    r"""A distribution with additional zeros.

    .. math:: P(X = 0) = \mathrm{gate} + (1 - \mathrm{gate}) \, P_\mathrm{base}(X = 0), \quad
              p(x) = (1 - \mathrm{gate}) \, p_\mathrm{base}(x), \; x \ne 0

    The base distribution may have a density: then the gate alone gives 0 a probability, and
    `log_prob` is the logarithm of that at 0, of the density elsewhere. Give exactly one of `gate`
    and `gate_logits`.

    Args:
      base_dist: a distribution of integers, or one that has a density.
      gate: probability of an additional zero, broadcastable with the batch shape.
      gate_logits: log-odds of an additional zero.

    Raises:
      TypeError: if draws of `base_dist` are not single numbers, or it has a density and single
        points with a probability.

    Example:
      >>> import jaxdist as jd
      >>> jd.ZeroInflated(jd.Poisson(4.0), gate=0.5).mean
      Array(2., dtype=float32)
      >>> jd.ZeroInflated(jd.Normal(0.0, 1.0), gate=0.5).cdf([-1e-6, 0.0]).round(2)
      Array([0.25, 0.75], dtype=float32)
    """

    @property
    def support(self) -> constraints.Constraint:
        """The support of the base distribution, and 0."""
        of_base: constraints.Constraint = self.base_dist.support
        is_discrete = of_base.is_discrete
        interval = constraints.integer_interval if is_discrete else constraints.interval
        if not isinstance(of_base, constraints.Range):
            return constraints.union((of_base, interval(0, 0)))
        lower, upper = of_base.bounds
        has_zero = self._reaches_zero() and not (is_constant(lower, 0) and of_base.open_below)
        if has_zero:
            return of_base
        if is_constant(lower, 0) and is_constant(upper, jnp.inf):
            return constraints.nonnegative
        return interval(jnp.minimum(lower, 0), jnp.maximum(upper, 0))

    @property
    def drawn(self) -> Distribution:
        """The distribution of the draws that the gate lets pass: the base distribution."""
        return self.base_dist

    @property
    def has_enumerate_support(self) -> bool:  # type: ignore[override]
        """Whether the support of the base distribution can be listed."""
        return self.base_dist.has_enumerate_support

    def _of_drawn(self, method: str, x: Array) -> Array:
        private = self.support is self.base_dist.support and not self._has_atoms
        return super()._of_drawn(f"_{method}" if private else method, x)

    def _log_prob(self, x: Array) -> Array:
        if self._has_atoms:
            return super()._log_prob(x)
        log_base = self._of_drawn("log_prob", x)
        of_base = log_failure_prob(self.gate_dist) + log_base
        return jnp.where(x == 0, self._log_sum(log_base), of_base)

    def _entropy(self) -> Array:
        """Of integers the sum: some zeros are of the base distribution."""
        return super()._entropy() if self._has_atoms else Wrapper._entropy(self)

    def _enumerate_support(self) -> Array:
        return self.base_dist._enumerate_support()
