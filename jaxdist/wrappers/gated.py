"""Gated: base of distributions whose zeros have a probability of their own."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints
from jaxdist.arguments import Shape
from jaxdist.bases.trials import failure_prob, log_failure_prob, log_success_prob
from jaxdist.distribution import Distribution
from jaxdist.families.category.bernoulli import Bernoulli
from jaxdist.implicit_differentiation import implicit_reparameterization
from jaxdist.numerics.expected_values import mixed_moments
from jaxdist.parameters import Param, param
from jaxdist.pytree import must_define
from jaxdist.special import masked_logsumexp, sigmoid
from jaxdist.wrappers.wrapper import Wrapper, require_base

_SMALLEST_LOG_PROB = -80.0  # the exponential of a smaller one underflows


class Gated(Wrapper):
    """Base of distributions that draw 0 if a trial succeeds, and from another one if it fails."""

    gate: Param = param(
        constraints.unit_interval, default=None, otherwise=lambda d: sigmoid(d.gate_logits)
    )
    gate_logits: Param = param(
        constraints.real, default=None, otherwise=lambda d: jnp.log(d.gate) - jnp.log1p(-d.gate)
    )

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check that the base distribution is one of integers, or has a density."""
        name = type(self).__name__
        require_base(name, "base_dist", self.base_dist)
        has_atoms = self.base_dist._has_atoms and not self.base_dist.support.is_discrete
        if self.base_dist.event_shape or has_atoms:
            raise TypeError(
                f"{name}: base_dist must be a distribution of single numbers that are integers or "
                f"have a density; got {self.base_dist!r}"
            )
        super().__post_init__(validate_args)

    @property
    def drawn(self) -> Distribution:
        """The distribution of the draws that the gate lets pass."""
        raise must_define(self, "drawn")

    @property
    def _has_atoms(self) -> bool:  # type: ignore[override]
        return not self.base_dist.support.is_discrete

    def _nearest_atom(self, x: Array) -> Array:
        return jnp.full_like(x, 0 if self._has_atoms else math.nan)

    def _atom_prob(self) -> Array:
        return self.gate

    @property
    def gate_dist(self) -> Bernoulli:
        """The trial whose success is a zero."""
        if "gate" in vars(self):
            return Bernoulli(self.gate, validate_args=False)
        return Bernoulli(logits=self.gate_logits, validate_args=False)

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """Whether draws that pass have a pathwise derivative and, by their support, reach 0."""
        return self._has_atoms and self.drawn.has_rsample and self._reaches_zero()

    def _reaches_zero(self) -> bool:
        """Tell whether no gap is known to be possible between 0 and the base distribution."""
        bounds = getattr(self.base_dist.support, "bounds", ())
        if not (bounds and isinstance(bounds[0], int | float) and bounds[0] <= 0):
            return False
        return bounds[0] == 0 or (isinstance(bounds[1], int | float) and bounds[1] >= 0)

    # --- draws -----------------------------------------------------------------------------------

    def _sample(self, key: Array, shape: Shape) -> Array:
        gate_key, base_key = jax.random.split(key)
        is_zero = self.gate_dist._sample(gate_key, shape) == 1
        passed = self.drawn._sample(base_key, shape)
        return jnp.where(is_zero, 0, self.drawn._clip_draw(passed))

    def _rsample(self, key: Array, shape: Shape) -> Array:
        """The probability of at most the draw is fixed along the path; zeros do not move."""
        x = lax.stop_gradient(self._sample(key, shape))
        return jnp.where(x == 0, 0, implicit_reparameterization(self, self._nonzero(x)))

    def _nonzero(self, x: Array) -> Array:
        """Replace zeros, at which a density and its slope may be infinite."""
        return jnp.where(x == 0, lax.stop_gradient(self.drawn._typical(x)), x)

    # --- densities -------------------------------------------------------------------------------

    def _log_prob(self, x: Array) -> Array:
        log_passed = self._log_prob_of_drawn(x)
        passed = jnp.where(  # impossible values have no derivative in the gate
            log_passed == -math.inf, -math.inf, log_failure_prob(self.gate_dist) + log_passed
        )
        return jnp.where(x == 0, log_success_prob(self.gate_dist), passed)

    def _log_prob_of_drawn(self, x: Array) -> Array:
        return self.drawn.log_prob(self._nonzero(x))

    def _of_drawn(self, method: str, x: Array) -> Array:
        """Evaluate a tail of the draws that pass, whose support may be smaller."""
        p: Array = getattr(self.drawn, method)(x)
        return p

    def _cdf(self, x: Array) -> Array:
        p, complement = (self._of_drawn(name, x) for name in ("cdf", "survival_function"))
        below = failure_prob(self.gate_dist) * p
        return self._by_sign(x, below, self._with_zero(p, complement))

    def _log_cdf(self, x: Array) -> Array:
        log_p = self._of_drawn("log_cdf", x)
        below = log_failure_prob(self.gate_dist) + log_p
        return self._by_sign(x, below, self._log_sum(log_p))

    def _survival_function(self, x: Array) -> Array:
        p, complement = (self._of_drawn(name, x) for name in ("survival_function", "cdf"))
        above = failure_prob(self.gate_dist) * p
        return self._by_sign(x, self._with_zero(p, complement), above)

    def _log_survival_function(self, x: Array) -> Array:
        log_p = self._of_drawn("log_survival_function", x)
        above = log_failure_prob(self.gate_dist) + log_p
        return self._by_sign(x, self._log_sum(log_p), above)

    def _by_sign(self, x: Array, negative: Array, other: Array) -> Array:
        return other if self._is_nonnegative() else jnp.where(x < 0, negative, other)

    def _icdf(self, q: Array) -> Array:
        weight, rest = failure_prob(self.gate_dist), q - self.gate
        positive = self._beyond_zero("_icdf", rest, rest > 0, 1)
        if self._is_nonnegative():
            return positive
        below = weight * self.drawn.cdf(self._last_before_zero())
        return positive + self._beyond_zero("_icdf", q, q <= below, -1)

    def _isf(self, q: Array) -> Array:
        weight, rest = failure_prob(self.gate_dist), q - self.gate
        positive = self._beyond_zero("_isf", q, q < weight, 1)
        if self._is_nonnegative():
            return positive
        above = weight * self.drawn.survival_function(self._last_before_zero())
        return positive + self._beyond_zero("_isf", rest, rest >= above, -1)

    def _last_before_zero(self) -> float:
        """Return the number of which P(X <= x) is the probability of negative draws that pass."""
        return 0.0 if self._has_atoms else -1.0

    def _beyond_zero(self, method: str, share: Array, possible: Array, sign: int) -> Array:
        """Return a quantile of the draws that pass, if it has the sign, otherwise 0.

        Args:
          method: `_icdf` or `_isf`.
          share: the probability of such draws below, or above, the quantile.
          possible: whether the quantile may have the sign.
          sign: 1 or -1.
        """
        weight = failure_prob(self.gate_dist)
        possible &= weight > 0
        p = jnp.where(possible, share, 0.5) / jnp.where(possible, weight, 1)
        x = getattr(self.drawn, method)(jnp.where(p > 1, 1, p))
        return jnp.where(possible & (sign * x > 0), x, 0)

    def _is_nonnegative(self) -> bool:
        """Tell whether it is known that no draw is below 0."""
        lower = getattr(self.support, "bounds", (None,))[0]
        return isinstance(lower, int | float) and lower >= 0

    # --- expected values -------------------------------------------------------------------------

    def _mean(self) -> Array:
        return failure_prob(self.gate_dist) * self.drawn._mean()

    def _variance(self) -> Array:
        weight, mean = failure_prob(self.gate_dist), self.drawn._mean()
        return weight * (self.drawn._variance() + self.gate * mean**2)

    def _skewness(self) -> Array:
        return self._with_zeros()[2]

    def _kurtosis(self) -> Array:
        return self._with_zeros()[3]

    def _with_zeros(self) -> tuple[Array, ...]:
        """Return mean, variance, skewness and kurtosis of zeros and of the draws that pass."""
        others = self.drawn
        moments = (others.mean, others.variance, others.skewness, others.kurtosis)
        weights = jnp.stack([self.gate, failure_prob(self.gate_dist)])
        return mixed_moments(weights, *(jnp.stack([jnp.zeros_like(x), x]) for x in moments))

    def _entropy(self) -> Array:
        """That of the gate, and of the draws that pass."""
        passed = failure_prob(self.gate_dist) * self.drawn.entropy()
        return self.gate_dist.entropy() + passed

    def _mode(self) -> Array:
        """Whichever of 0 and the mode of the others is more probable: than a density, 0 is."""
        mode = self.drawn._mode()
        if self._has_atoms:
            return jnp.where(self.gate > 0, 0, mode)
        return jnp.where(self._log_prob(mode) > self._log_prob(jnp.zeros_like(mode)), mode, 0)

    # --- sums with the probability of the gate ---------------------------------------------------

    def _with_zero(self, p: Array, complement: Array) -> Array:
        """Return the probability of a side of a number on which 0 is.

        The derivative in `gate` is the complement, which would cancel if it was 1 - p.

        Args:
          p: the probability without additional zeros.
          complement: `1 - p`, without the rounding of p.
        """
        weight = failure_prob(self.gate_dist)
        return jnp.where(p < complement, self.gate + weight * p, 1 - weight * complement)

    def _log_sum(self, log_base: Array) -> Array:
        """Return the logarithm of a probability that an additional zero makes more likely.

        Args:
          log_base: the logarithm of the base distribution's.
        """
        of_base = log_failure_prob(self.gate_dist) + log_base
        log_gate = jnp.broadcast_to(log_success_prob(self.gate_dist), of_base.shape)
        tiny = jnp.maximum(log_gate, of_base) < _SMALLEST_LOG_PROB
        of_logs = masked_logsumexp(jnp.stack([log_gate, of_base], -1))
        # From the gate itself, because at 0 its logarithm has no derivative.
        total = self.gate + jnp.exp(of_base)
        log_sum = jnp.where(tiny, of_logs, jnp.log(jnp.where(tiny, 1, total)))
        missing = failure_prob(self.gate_dist) * -jnp.expm1(log_base)
        likely = missing < 0.5
        return jnp.where(likely, jnp.log1p(-jnp.where(likely, missing, 0)), log_sum)
