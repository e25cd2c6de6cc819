"""ZeroInflated distribution."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.bases.trials import failure_prob, log_failure_prob, log_success_prob
from jaxdist.families.category.bernoulli import Bernoulli
from jaxdist.parameters import Param, param
from jaxdist.validation import Shape
from jaxdist.wrappers.wrapper import Wrapper, require_distribution


class ZeroInflated(Wrapper):
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

    gate: Param = param(
        constraints.unit_interval, default=None, otherwise=lambda d: jax.nn.sigmoid(d.gate_logits)
    )
    gate_logits: Param = param(
        constraints.real, default=None, otherwise=lambda d: jnp.log(d.gate) - jnp.log1p(-d.gate)
    )

    has_rsample = False

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check that the base distribution is one of counts."""
        require_distribution("ZeroInflated", "base_dist", self.base_dist)
        if self.base_dist.event_shape or not self.base_dist.support.is_discrete:
            raise TypeError(
                "ZeroInflated: base_dist must be a distribution of non-negative integers; got "
                f"{self.base_dist!r}"
            )
        super().__post_init__(validate_args)

    @property
    def _gate_dist(self) -> Bernoulli:
        """The trial whose success is an additional zero."""
        if "gate" in vars(self):
            return Bernoulli(self.gate, validate_args=False)
        return Bernoulli(logits=self.gate_logits, validate_args=False)

    def _sample(self, key: Array, shape: Shape) -> Array:
        gate_key, base_key = jax.random.split(key)
        additional = self._gate_dist._sample(gate_key, shape) == 1
        return jnp.where(additional, 0, self.base_dist._sample(base_key, shape))

    def _log_prob(self, x: Array) -> Array:
        of_base = log_failure_prob(self._gate_dist) + self.base_dist._log_prob(x)
        at_zero = jnp.logaddexp(log_success_prob(self._gate_dist), of_base)
        return jnp.where(x == 0, at_zero, of_base)

    def _cdf(self, x: Array) -> Array:
        return self.gate + failure_prob(self._gate_dist) * self.base_dist._cdf(x)

    def _log_cdf(self, x: Array) -> Array:
        of_base = log_failure_prob(self._gate_dist) + self.base_dist._log_cdf(x)
        return jnp.logaddexp(log_success_prob(self._gate_dist), of_base)

    def _survival_function(self, x: Array) -> Array:
        return failure_prob(self._gate_dist) * self.base_dist._survival_function(x)

    def _log_survival_function(self, x: Array) -> Array:
        return log_failure_prob(self._gate_dist) + self.base_dist._log_survival_function(x)

    def _icdf(self, q: Array) -> Array:
        weight = failure_prob(self._gate_dist)
        of_base = (q - self.gate) / jnp.where(weight > 0, weight, 1)
        return self.base_dist._icdf(jnp.maximum(of_base, 0))

    def _mean(self) -> Array:
        return failure_prob(self._gate_dist) * self.base_dist._mean()

    def _mode(self) -> Array:
        """Whichever of 0 and the mode of the base distribution is more probable."""
        mode = self.base_dist._mode()
        return jnp.where(self._log_prob(mode) > self._log_prob(jnp.zeros_like(mode)), mode, 0)

    def _variance(self) -> Array:
        weight, mean = failure_prob(self._gate_dist), self.base_dist._mean()
        return weight * (self.base_dist._variance() + self.gate * mean**2)

    def _stddev(self) -> Array:
        return jnp.sqrt(self._variance())
