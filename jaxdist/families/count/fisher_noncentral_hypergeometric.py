"""FisherNoncentralHypergeometric distribution."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints
from jaxdist.arguments import Shape
from jaxdist.bases.urn import Urn
from jaxdist.numerics.integers import to_count
from jaxdist.parameters import Param, param
from jaxdist.random.log_concave import discrete_log_concave
from jaxdist.special import binomial_log_prob


class FisherNoncentralHypergeometric(Urn):
    r"""Fisher's noncentral hypergeometric distribution: one cell of a table, given its margins.

    .. math:: p(k) \propto \binom{s}{k} \binom{f}{n - k} \omega^k, \quad
              s = \mathrm{num\_successes}, \; f = \mathrm{num\_failures}, \;
              n = \mathrm{total\_count}, \; \omega = \mathrm{odds}

    the distribution of one of two binomial counts, whose odds have the ratio ω, given that their
    sum is n. Its likelihood is the conditional one of the odds ratio. The parameters are those of
    Distributions.jl, in this order; SciPy's `nchypergeom_fisher` takes s + f, s, n and `odds`.
    Sums are over up to 12 standard deviations.

    Args:
      num_successes: s, a non-negative integer, any shape broadcastable with the others.
      num_failures: f, a non-negative integer.
      total_count: n, at most s + f.
      odds: positive odds ratio ω; for 1 it is `Hypergeometric`.

    Example:
      >>> import jaxdist as jd
      >>> # Of 20 treated patients and 20 others 22 recover: how many treated ones?
      >>> jd.FisherNoncentralHypergeometric(20, 20, total_count=22, odds=[1.0, 4.0]).mode
      Array([11, 14], dtype=int32)

    References:
      Fog 2008, "Calculation methods for Wallenius' noncentral hypergeometric distribution".
    """

    odds: Param = param(constraints.positive)

    @staticmethod
    def _log_weight(k: Array, *arguments: Array) -> Array:
        """Return the log-probability of two binomial counts with the sum n."""
        k, s, f, n, logit, other_logit = jnp.broadcast_arrays(k, *arguments)
        logits = jnp.stack([logit, other_logit])
        return jnp.sum(
            binomial_log_prob(jnp.stack([k, n - k]), jnp.stack([s, f]), logits=logits), 0
        )

    def _arguments(self, x: Array) -> tuple[Array, ...]:
        """Choose odds of the first count, of which the weights do not depend, that fit the sum."""
        x, s, f, n = super()._arguments(x)
        k = jnp.clip(lax.stop_gradient(self._center()), *self._bounds())
        logit = jnp.broadcast_to(jnp.log((k + 0.5) / (s - k + 0.5)), x.shape)
        return x, s, f, n, logit, logit - jnp.log(self.odds)

    def _center(self) -> Array:
        r"""Solve :math:`(s + 1 - k) (n + 1 - k)\, \omega = k (f - n + k)`, less a half."""
        s, f, n = self.num_successes, self.num_failures, self.total_count
        unit = jnp.maximum(self.odds, 1)
        odds, one = self.odds / unit, 1 / unit
        square, constant = odds - one, (s + 1) * (n + 1) * odds
        linear = (s + n + 2) * odds + (f - n) * one
        root = jnp.sqrt(jnp.maximum(linear**2 - 4 * square * constant, 0))
        is_positive = linear >= 0
        near = 2 * constant / jnp.where(is_positive, linear + root, 1)
        far = (linear - root) / (2 * jnp.where(is_positive, 1, square))
        return jnp.where(is_positive, near, far) - 0.5

    def _spread(self) -> Array:
        """Return the standard deviation of the normal distribution of the same curvature."""
        low, high = self._bounds()
        k = jnp.clip(self._center(), low, high)
        s, f, n = self.num_successes, self.num_failures, self.total_count
        cells = (k, s - k, n - k, f - n + k)
        return 1 / jnp.sqrt(sum(1 / (jnp.maximum(cell, 0) + 0.5) for cell in cells))

    def _log_constant(self) -> Array:
        _, log_weight = self._grid()
        largest = lax.stop_gradient(jnp.max(log_weight, -1))
        return largest + jnp.log(jnp.sum(jnp.exp(log_weight - largest[..., None]), -1))

    def _sample(self, key: Array, shape: Shape) -> Array:
        d = lax.stop_gradient(self)
        mode = d._mode().astype(d.dtype)
        low, high = lax.stop_gradient(self._bounds())
        _, *arguments = d._arguments(mode)
        of_mode = d._log_weight(mode, *arguments)

        def log_weight(y: Array, mode: Array, low: Array, high: Array, *given: Array) -> Array:
            *arguments, of_mode = given
            k = mode + y
            inside = (k >= low) & (k <= high)
            weight = d._log_weight(jnp.where(inside, k, mode), *arguments)
            return jnp.where(inside, weight - of_mode, -jnp.inf)

        parameters = (mode, low.astype(d.dtype), high.astype(d.dtype), *arguments, of_mode)
        prob_of_mode = jnp.exp(of_mode - d._log_constant())
        y = discrete_log_concave(key, log_weight, prob_of_mode, parameters, shape)
        return to_count(mode + y)

    def _mode(self) -> Array:
        """Return the best of three counts: the center is rounded."""
        low, high = self._bounds()
        near = jnp.floor(self._center() + 0.5)
        candidates = jnp.clip(jnp.stack([near - 1, near, near + 1]), low, high)
        best = jnp.argmax(self._log_weight(*self._arguments(candidates)), 0)
        return to_count(jnp.take_along_axis(candidates, best[None], 0)[0])

    def _central_moments(self) -> tuple[Array, ...]:
        """Return the mean, and the second to fourth moments around it."""
        k, log_weight = self._grid()
        largest = lax.stop_gradient(jnp.max(log_weight, -1, keepdims=True))
        weight = jnp.exp(log_weight - largest)
        p = weight / jnp.sum(weight, -1, keepdims=True)
        mean = jnp.sum(p * k, -1)
        distance = k - mean[..., None]
        return mean, *(jnp.sum(p * distance**power, -1) for power in (2, 3, 4))

    def _mean(self) -> Array:
        return self._central_moments()[0]

    def _variance(self) -> Array:
        return self._central_moments()[1]

    def _skewness(self) -> Array:
        _, variance, third, _ = self._central_moments()
        return third / variance / jnp.sqrt(variance)

    def _kurtosis(self) -> Array:
        _, variance, _, fourth = self._central_moments()
        return fourth / variance / variance - 3
