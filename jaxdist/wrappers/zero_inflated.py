"""ZeroInflated distribution."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.families.category.bernoulli import Bernoulli
from jaxdist.parameters import Param, param
from jaxdist.validation import Shape
from jaxdist.wrappers.wrapper import Wrapper, require_distribution


class ZeroInflated(Wrapper):
    r"""A distribution of counts with additional zeros.

    .. math:: p(x) = \mathrm{gate} \, [x = 0] + (1 - \mathrm{gate}) \, p_\mathrm{base}(x)

    Args:
      base_dist: a distribution of non-negative integers.
      gate: probability of an additional zero, broadcastable with the batch shape. Or else:
      gate_logits: its log-odds.
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

    def _gates(self) -> Bernoulli:
        if "gate" in vars(self):
            return Bernoulli(self.gate, validate_args=False)
        return Bernoulli(logits=self.gate_logits, validate_args=False)

    def _sample(self, key: Array, shape: Shape) -> Array:
        gate_key, base_key = jax.random.split(key)
        closed = self._gates()._sample(gate_key, shape) == 1
        return jnp.where(closed, 0, self.base_dist._sample(base_key, shape))

    def _log_prob(self, x: Array) -> Array:
        opened = self._gates()._log_failure() + self.base_dist._log_prob(x)
        return jnp.where(x == 0, jnp.logaddexp(self._gates()._log_success(), opened), opened)

    def _cdf(self, x: Array) -> Array:
        return self.gate + self._gates()._failure() * self.base_dist._cdf(x)

    def _log_cdf(self, x: Array) -> Array:
        gates = self._gates()
        return jnp.logaddexp(
            gates._log_success(), gates._log_failure() + self.base_dist._log_cdf(x)
        )

    def _survival_function(self, x: Array) -> Array:
        return self._gates()._failure() * self.base_dist._survival_function(x)

    def _log_survival_function(self, x: Array) -> Array:
        return self._gates()._log_failure() + self.base_dist._log_survival_function(x)

    def _icdf(self, q: Array) -> Array:
        opened = self._gates()._failure()
        possible = opened > 0
        return self.base_dist._icdf(
            jnp.maximum((q - self.gate) / jnp.where(possible, opened, 1), 0)
        )

    def _mean(self) -> Array:
        return self._gates()._failure() * self.base_dist._mean()

    def _mode(self) -> Array:
        """Zero or the base's mode: compare their probabilities."""
        mode = self.base_dist._mode()
        return jnp.where(self._log_prob(mode) > self._log_prob(jnp.zeros_like(mode)), mode, 0)

    def _variance(self) -> Array:
        opened, mean = self._gates()._failure(), self.base_dist._mean()
        return opened * (self.base_dist._variance() + self.gate * mean**2)

    def _stddev(self) -> Array:
        return jnp.sqrt(self._variance())
