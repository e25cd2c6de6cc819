"""ZeroInflated distribution."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist.arguments import Shape
from jaxdist.bases.trials import failure_prob, log_failure_prob
from jaxdist.wrappers.gated import Gated


class ZeroInflated(Gated):
    r"""A distribution of counts with additional zeros.

    .. math:: p(x) = \mathrm{gate} \, [x = 0] + (1 - \mathrm{gate}) \, p_\mathrm{base}(x)

    Give exactly one of `gate` and `gate_logits`.

    Args:
      base_dist: a distribution of non-negative integers.
      gate: probability of an additional zero, broadcastable with the batch shape.
      gate_logits: log-odds of an additional zero.

    Example:
      >>> import jaxdist as jd
      >>> d = jd.ZeroInflated(jd.Poisson(4.0), gate=0.5)
      >>> d.mean
      Array(2., dtype=float32)
    """

    @property
    def has_enumerate_support(self) -> bool:  # type: ignore[override]
        """Whether the support of the base distribution can be listed."""
        return self.base_dist.has_enumerate_support

    def _sample(self, key: Array, shape: Shape) -> Array:
        gate_key, base_key = jax.random.split(key)
        additional = self._gate_dist._sample(gate_key, shape) == 1
        return jnp.where(additional, 0, self.base_dist._sample(base_key, shape))

    def _log_prob(self, x: Array) -> Array:
        log_base = self._of_base("log_prob", x)
        of_base = log_failure_prob(self._gate_dist) + log_base
        return jnp.where(x == 0, self._log_sum(log_base), of_base)

    def _cdf(self, x: Array) -> Array:
        return self._with_zero(self._of_base("cdf", x), self._of_base("survival_function", x))

    def _log_cdf(self, x: Array) -> Array:
        return self._log_sum(self._of_base("log_cdf", x))

    def _survival_function(self, x: Array) -> Array:
        return failure_prob(self._gate_dist) * self._of_base("survival_function", x)

    def _log_survival_function(self, x: Array) -> Array:
        return log_failure_prob(self._gate_dist) + self._of_base("log_survival_function", x)

    def _icdf(self, q: Array) -> Array:
        weight = failure_prob(self._gate_dist)
        of_base = (q - self.gate) / jnp.where(weight > 0, weight, 1)
        of_base = self.base_dist._icdf(jnp.maximum(of_base, 0))
        return jnp.where(q <= self.gate, jnp.minimum(of_base, 0), of_base)

    def _isf(self, q: Array) -> Array:
        weight = failure_prob(self._gate_dist)
        of_base = self.base_dist._isf(jnp.minimum(q / jnp.where(weight > 0, weight, 1), 1))
        return jnp.where(q >= weight, jnp.minimum(of_base, 0), of_base)

    def _mean(self) -> Array:
        return failure_prob(self._gate_dist) * self.base_dist._mean()

    def _mode(self) -> Array:
        """Whichever of 0 and the mode of the base distribution is more probable."""
        mode = self.base_dist._mode()
        return jnp.where(self._log_prob(mode) > self._log_prob(jnp.zeros_like(mode)), mode, 0)

    def _variance(self) -> Array:
        weight, mean = failure_prob(self._gate_dist), self.base_dist._mean()
        return weight * (self.base_dist._variance() + self.gate * mean**2)

    def _skewness(self) -> Array:
        return self._with_zeros(self.base_dist)[2]

    def _kurtosis(self) -> Array:
        return self._with_zeros(self.base_dist)[3]

    def _enumerate_support(self) -> Array:
        return self.base_dist._enumerate_support()
