"""NegativeBinomial distribution."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.bases.repeated_trials import RepeatedTrials
from jaxdist.bases.trials import Trials, logits_of_probs, probs_of_logits
from jaxdist.counting import stretched_nodes, to_count
from jaxdist.parameters import Param, param
from jaxdist.special import (
    lbeta,
)
from jaxdist.special.beta import log_beta_kernel
from jaxdist.validation import Shape

_FAINT = 1e-30  # probabilities below it are taken by their logarithms


_BELL = 30.0  # total count from which a negative binomial is bell-shaped, if it is wide


class NegativeBinomial(RepeatedTrials):
    r"""The number of successes before a given number of failures, as in torch.

    .. math:: p(k) = \frac{\Gamma(k + r)}{\Gamma(r) \, k!} \mathrm{probs}^k (1 - \mathrm{probs})^r,
              \quad r = \mathrm{total\_count}

    A Poisson distribution whose rate is drawn from Gamma(r, (1 - probs) / probs). Draws are int32:
    a rate beyond 2e9 counts as 2e9.

    Args:
      total_count: number of failures, non-negative, not only whole numbers; any shape broadcastable
        with the other parameter.
      probs: probability of success, in [0, 1). Or else:
      logits: log-odds of success.
    """

    total_count: Param = param(constraints.nonnegative)
    probs: Param = param(
        constraints.half_open_interval(0.0, 1.0), default=None, otherwise=probs_of_logits
    )
    logits: Param = param(constraints.real, default=None, otherwise=logits_of_probs)

    def _sample(self, key: Array, shape: Shape) -> Array:
        return random.negative_binomial(key, self.total_count, self._odds(), shape)

    def _log_prob(self, x: Array) -> Array:
        return negative_binomial_log_prob(x, self.total_count, self)

    def _beta(self, x: Array) -> tuple[Array, Array]:
        return x + 1, self.total_count

    def _mean(self) -> Array:
        return self.total_count * self._odds()

    def _mode(self) -> Array:
        return to_count(jnp.floor(jnp.maximum((self.total_count - 1) * self._odds(), 0)))

    def _variance(self) -> Array:
        return self._mean() / self._failure()

    def _asymmetry(self) -> Array:
        return (1 + self.probs) / self._failure()

    def _grid(self, number: int = 256) -> tuple[Array, Array]:
        """Even steps where the distribution is bell-shaped; else steps that grow with distance."""
        bell = self.total_count[..., None] > _BELL
        reach = 12 * self._stddev() + 45 / self._failure()
        even, growing = super()._grid(number), stretched_nodes(self._mean() + reach)
        nodes, weights = (jnp.where(bell, a, b) for a, b in zip(even, growing, strict=True))
        return nodes, weights


def negative_binomial_log_prob(k: Array, total_count: Array, trial: Trials) -> Array:
    r"""Log-probability of k successes before r failures, in the beta function's saddle-point form.

    .. math:: p(k) = p^k q^r / (k B(k, r)) \quad (k > 0)

    Args:
      k: non-negative, any shape broadcastable with the others; need not be an integer.
      total_count: r, non-negative; need not be an integer.
      trial: the probabilities p of success and q of failure.
    """
    p, q = trial.probs, trial._failure()
    k = k.astype(jnp.result_type(k, total_count))
    regular = (k > 0) & (total_count > 0)
    faint = (p < _FAINT) | (q < _FAINT)
    n, r = jnp.where(regular, k, 1), jnp.where(regular, total_count, 1)
    kernel = log_beta_kernel(n, r, jnp.where(faint, 0.5, p), jnp.where(faint, 0.5, q))
    powers = n * trial._log_success() + r * trial._log_failure() - lbeta(n, r)
    some = jnp.where(faint, powers, kernel) - jnp.log(n)
    none = jnp.where(total_count > 0, total_count * trial._log_failure(), 0)
    return jnp.where(regular, some, jnp.where(k == 0, none, -jnp.inf))
