"""Summaries: the moments and the entropy of a distribution."""

from __future__ import annotations

from typing import Self

import jax.numpy as jnp
from jax import Array

from jaxdist import evaluation
from jaxdist.arguments import as_integer
from jaxdist.distribution.events import Events
from jaxdist.numerics.expected_values import Rule
from jaxdist.special import p_log_p
from jaxdist.special.products import square

_LARGEST_POWER = 4  # of a moment


class Summaries(Events):
    """Part of `Distribution`: what summarizes one, and the hooks that a subclass writes for it.

    Moments are infinite or NaN where they do not exist, and NaN where a ratio is 0 / 0. Those of a
    single number with a density, and its entropy, are averages over its quantiles unless a class
    has a closed form.
    """

    @property
    def mean(self) -> Array:
        """Expected value, shape `batch_shape + event_shape`."""
        return evaluation.moment(self, "_mean")

    @property
    def mode(self) -> Array:
        """Most likely value, shape `batch_shape + event_shape`."""
        return evaluation.moment(self, "_mode")

    @property
    def variance(self) -> Array:
        """Variance of each entry, shape `batch_shape + event_shape`."""
        return evaluation.moment(self, "_variance")

    @property
    def stddev(self) -> Array:
        """Standard deviation of each entry, shape `batch_shape + event_shape`."""
        return evaluation.moment(self, "_stddev")

    @property
    def skewness(self) -> Array:
        r"""Third standardized moment of each entry, :math:`E[(x - \mu)^3] / \sigma^3`."""
        return evaluation.moment(self, "_skewness")

    @property
    def kurtosis(self) -> Array:
        r"""Excess kurtosis of each entry, :math:`E[(x - \mu)^4] / \sigma^4 - 3`."""
        return evaluation.moment(self, "_kurtosis")

    def moment(self, n: int) -> Array:
        """Return the raw moment E[x^n] of each entry, shape `batch_shape + event_shape`.

        Args:
          n: the power, from 0 to 4, as in SciPy.

        Raises:
          NotImplementedError: if n is larger, or the moment has no closed form.
        """
        return evaluation.moment(self, f"_moment_{self._as_power(n)}")

    def covariance(self) -> Array:
        """Covariance matrix of the entries of a vector; the variance of a single number.

        Returns:
          Shape `batch_shape + event_shape + event_shape`.
        """
        return evaluation.matrix(self, "_covariance")

    def entropy(self) -> Array:
        """Entropy in nats, shape `batch_shape`."""
        return evaluation.summary(self, "_entropy")

    def perplexity(self) -> Array:
        """Exponential of the entropy, shape `batch_shape`."""
        return evaluation.summary(self, "_perplexity")

    def _rule(self, summary: str) -> Rule:
        """Return nodes and weights for expected values, from which a summary is computed."""
        raise self._missing(summary)

    def _standard_form(self) -> Self:
        """Return that of an increasing linear function, whose quantiles have more digits."""
        return self

    def _mean(self) -> Array:
        rule = self._rule("mean")
        return rule.average(rule.x)

    def _mode(self) -> Array:
        raise self._missing("mode")

    def _variance(self) -> Array:
        if type(self)._stddev is not Summaries._stddev:
            return square(self._stddev())
        return self._averaged_variance()

    def _averaged_variance(self) -> Array:
        rule = self._rule("variance")
        return rule.average(self._deviation(rule) ** 2) * rule.unit**2

    def _stddev(self) -> Array:
        return jnp.sqrt(self._variance())

    def _skewness(self) -> Array:
        return self._standard_form()._standardized_moment("skewness", 3)

    def _kurtosis(self) -> Array:
        return self._standard_form()._standardized_moment("kurtosis", 4) - 3

    def _standardized_moment(self, summary: str, power: int) -> Array:
        rule, deviation = self._rule_and_deviations(summary)
        stddev = jnp.sqrt(rule.average(deviation**2))
        return rule.average(deviation**power) / stddev**power

    def _rule_and_deviations(self, summary: str) -> tuple[Rule, Array]:
        """Return the rule, and the distances of its nodes from the mean in its unit."""
        rule = self._rule(summary)
        return rule, self._deviation(rule)

    def _deviation(self, rule: Rule) -> Array:
        """Return distances of the nodes from the mean, or from any number, in the rule's unit."""
        has_closed_form = type(self)._mean is not Summaries._mean
        mean = self._mean() if has_closed_form else rule.average(rule.x)  # the nodes are costly
        mean = jnp.broadcast_to(mean, rule.unit.shape)
        center = jnp.where(jnp.isfinite(mean), mean, rule.x[rule.x.shape[0] // 2])
        deviation = (rule.x - center) / rule.unit
        if has_closed_form:
            return deviation
        # The mean has the rounding of the sum of all weights, its own rest has not.
        rest = rule.average(deviation)
        return deviation - jnp.where(jnp.isfinite(rest), rest, 0)

    def _covariance(self) -> Array:
        if self.event_shape:
            raise self._missing("covariance")
        return self._variance()

    def _as_power(self, n: int) -> int:
        power = as_integer(type(self).__name__, "n", n, minimum=0)
        if power > _LARGEST_POWER:
            raise self._missing(f"moment({power})")
        return power

    def _moment_0(self) -> Array:
        return jnp.ones((), self.dtype)

    def _moment_1(self) -> Array:
        return self._mean()

    def _moment_2(self) -> Array:
        return self._variance() + self._mean() ** 2

    def _moment_3(self) -> Array:
        mean, variance = self._mean(), self._variance()
        third = _scaled(self._skewness() * variance, self._stddev())
        return third + (3 * variance + mean**2) * mean

    def _moment_4(self) -> Array:
        mean, variance, stddev = self._mean(), self._variance(), self._stddev()
        third = _scaled(self._skewness() * variance, stddev)
        fourth = _scaled((self._kurtosis() + 3) * variance, variance)
        return fourth + 4 * third * mean + (6 * variance + mean**2) * mean**2

    def _entropy(self) -> Array:
        """Sum over the support if it is finite, otherwise average over the quantiles."""
        values = self._listed_support()
        if values is None:
            rule = self._rule("entropy")
            log_probs = evaluation.log_prob(self, rule.x)
            return -rule.average(jnp.where(rule.weights > 0, log_probs, 0))
        log_probs = evaluation.log_prob(self, values)
        return -jnp.sum(p_log_p(jnp.exp(log_probs), log_probs), 0)

    def _listed_support(self) -> Array | None:
        """Return the values of a finite support; None where their number is not known, or differs.

        It is not known inside of a compiled program, if it is that of a parameter.
        """
        if not self.has_enumerate_support:
            return None
        try:
            return self.enumerate_support()
        except NotImplementedError:
            return None

    def _perplexity(self) -> Array:
        return jnp.exp(self._entropy())


def _scaled(ratio: Array, spread: Array) -> Array:
    """Return the product, which is 0 for a point: no ratio of moments is defined there."""
    return jnp.where(spread > 0, ratio * spread, 0)
