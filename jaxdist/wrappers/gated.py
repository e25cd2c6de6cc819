"""Gated: base of distributions of counts whose zeros have a probability of their own."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints
from jaxdist.bases.trials import failure_prob, log_failure_prob, log_success_prob
from jaxdist.distribution import Distribution
from jaxdist.families.category.bernoulli import Bernoulli
from jaxdist.numerics.expected_values import mixed_moments
from jaxdist.parameters import Param, param
from jaxdist.special import masked_logsumexp, sigmoid
from jaxdist.wrappers.wrapper import Wrapper, require_base

_SMALLEST_LOG_PROB = -80.0  # the exponential of a smaller one underflows


class Gated(Wrapper):
    """Base of distributions of counts that draw from `base_dist` unless a trial succeeds."""

    gate: Param = param(
        constraints.unit_interval, default=None, otherwise=lambda d: sigmoid(d.gate_logits)
    )
    gate_logits: Param = param(
        constraints.real, default=None, otherwise=lambda d: jnp.log(d.gate) - jnp.log1p(-d.gate)
    )

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check that the base distribution is one of counts."""
        name = type(self).__name__
        require_base(name, "base_dist", self.base_dist)
        if self.base_dist.event_shape or not self.base_dist.support.is_discrete:
            raise TypeError(
                f"{name}: base_dist must be a distribution of non-negative integers; got "
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

    def _of_base(self, method: str, x: Array) -> Array:
        """Evaluate a method of the base distribution, whose support may be smaller."""
        private = self.support is self.base_dist.support
        return getattr(self.base_dist, f"_{method}" if private else method)(x)

    def _with_zeros(self, others: Distribution) -> tuple[Array, ...]:
        """Return mean, variance, skewness and kurtosis of zeros and of draws from another one."""
        moments = (others.mean, others.variance, others.skewness, others.kurtosis)
        weights = jnp.stack([self.gate, failure_prob(self._gate_dist)])
        return mixed_moments(weights, *(jnp.stack([jnp.zeros_like(x), x]) for x in moments))

    def _with_zero(self, p: Array, complement: Array) -> Array:
        """Return a probability of counts up to one, by the smaller of it and its complement.

        The derivative in `gate` is the complement, which would cancel if it was 1 - p.

        Args:
          p: the probability without additional zeros.
          complement: `1 - p`, without the rounding of p.
        """
        weight = failure_prob(self._gate_dist)
        return jnp.where(p < complement, self.gate + weight * p, 1 - weight * complement)

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
