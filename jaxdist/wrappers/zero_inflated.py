"""ZeroInflated distribution."""

from __future__ import annotations

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.arguments import Shape
from jaxdist.bases.trials import failure_prob, log_failure_prob, log_success_prob
from jaxdist.families.category.bernoulli import Bernoulli
from jaxdist.parameters import Param, param
from jaxdist.special import masked_logsumexp, sigmoid
from jaxdist.wrappers.wrapper import Wrapper, require_base

_SMALLEST_LOG_PROB = -80.0  # the exponential of a smaller one underflows


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
        constraints.unit_interval, default=None, otherwise=lambda d: sigmoid(d.gate_logits)
    )
    gate_logits: Param = param(
        constraints.real, default=None, otherwise=lambda d: jnp.log(d.gate) - jnp.log1p(-d.gate)
    )

    has_rsample = False

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check that the base distribution is one of counts."""
        require_base("ZeroInflated", "base_dist", self.base_dist)
        if self.base_dist.event_shape or not self.base_dist.support.is_discrete:
            raise TypeError(
                "ZeroInflated: base_dist must be a distribution of non-negative integers; got "
                f"{self.base_dist!r}"
            )
        super().__post_init__(validate_args)

    @property
    def support(self) -> constraints.Constraint:
        """The support of the base distribution, and 0."""
        of_base: constraints.Constraint = self.base_dist.support
        if not isinstance(of_base, constraints.Range):
            return constraints.union((of_base, constraints.integer_interval(0, 0)))
        lower, upper = of_base.bounds
        if isinstance(lower, int | float) and lower <= 0:
            return of_base
        return constraints.integer_interval(jnp.minimum(lower, 0), upper)

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
        log_base = self._of_base("log_prob", x)
        of_base = log_failure_prob(self._gate_dist) + log_base
        return jnp.where(x == 0, self._log_sum(log_base), of_base)

    def _of_base(self, method: str, x: Array) -> Array:
        """Evaluate a method of the base distribution, whose support may be smaller."""
        private = self.support is self.base_dist.support
        return getattr(self.base_dist, f"_{method}" if private else method)(x)

    def _log_sum(self, log_base: Array) -> Array:
        """Return the logarithm of a probability that an additional zero makes more likely.

        Args:
          log_base: the logarithm of the base distribution's.
        """
        of_base = log_failure_prob(self._gate_dist) + log_base
        log_gate = jnp.broadcast_to(log_success_prob(self._gate_dist), of_base.shape)
        tiny = jnp.maximum(log_gate, of_base) < _SMALLEST_LOG_PROB
        of_logs = masked_logsumexp(jnp.stack([log_gate, of_base], -1))
        # From the gate itself, because at 0 its logarithm has no derivative.
        total = self.gate + jnp.exp(of_base)
        log_sum = jnp.where(tiny, of_logs, jnp.log(jnp.where(tiny, 1, total)))
        missing = failure_prob(self._gate_dist) * -jnp.expm1(log_base)
        likely = missing < 0.5
        return jnp.where(likely, jnp.log1p(-jnp.where(likely, missing, 0)), log_sum)

    def _cdf(self, x: Array) -> Array:
        return self.gate + failure_prob(self._gate_dist) * self._of_base("cdf", x)

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

    def _stddev(self) -> Array:
        return jnp.sqrt(self._variance())
