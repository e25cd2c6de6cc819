"""OrderStatistic distribution."""

from __future__ import annotations

from collections.abc import Callable

import jax.numpy as jnp
from jax import Array

from jaxdist import random
from jaxdist.arguments import Shape, as_integer
from jaxdist.pytree import static
from jaxdist.special import (
    Probability,
    beta_cdf,
    beta_log_prob,
    beta_sf,
    betaincinv,
    lbeta,
    log_beta_cdf,
    log_beta_sf,
    sigmoid,
)
from jaxdist.wrappers.ranked_draw import RankedDraw

_LARGE = 10  # concentrations from which the terms of the beta density cancel


class OrderStatistic(RankedDraw):
    r"""The k-th smallest of n independent draws from a univariate distribution.

    .. math:: P(Y \le y) = P(B \le P(X \le y)), \quad B \sim \mathrm{Beta}(k, n - k + 1), \quad
              (k, n) = (\mathrm{rank}, \mathrm{total\_count})

    The name is that of Distributions.jl. `Maximum` and `Minimum` are the cases k = n and k = 1, in
    closed form.

    Args:
      base_dist: the distribution of each draw, with a density or discrete.
      total_count: the number of draws, a positive integer.
      rank: k, from 1 for the smallest to `total_count` for the largest.

    Example:
      >>> import jaxdist as jd
      >>> median = jd.OrderStatistic(jd.Normal(0.0, 1.0), total_count=5, rank=3)
      >>> median.cdf(1.0).round(4)
      Array(0.969, dtype=float32)
    """

    rank: int = static()

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check the rank."""
        super().__post_init__(validate_args)
        rank = as_integer("OrderStatistic", "rank", self.rank, minimum=1)
        if rank > self.total_count:
            raise ValueError(
                f"OrderStatistic: rank must be at most total_count, {self.total_count}; got {rank}"
            )
        vars(self)["rank"] = rank

    def _concentrations(self) -> tuple[int, int]:
        """Return the parameters of the beta distribution of the probability below the draw."""
        return self.rank, self.total_count - self.rank + 1

    def _sample(self, key: Array, shape: Shape) -> Array:
        a, b = (jnp.full((), c, self.dtype) for c in self._concentrations())
        logit = random.logit_beta(key, a, b, shape)
        return self._at_probability(sigmoid(logit), sigmoid(-logit))

    def _at_probability(self, below: Array, above: Array) -> Array:
        """Return the quantile of the base distribution at `below`, which is `1 - above`."""
        base = self.base_dist
        return jnp.where(below < above, base._icdf(below), base._isf(above))

    def _log_density(self, x: Array) -> Array:
        base, (a, b) = self.base_dist, self._concentrations()
        if min(a, b) >= _LARGE:
            shapes = (jnp.full_like(x, c) for c in (a, b))
            return base.log_prob(x) + beta_log_prob(*shapes, base.cdf(x))
        log_prob = base.log_prob(x) - lbeta(a, b).astype(x.dtype)
        if a > 1:
            log_prob += (a - 1) * base.log_cdf(x)
        if b > 1:
            log_prob += (b - 1) * base.log_survival_function(x)
        return log_prob

    def _of_beta(self, tail: Callable[..., Array], x: Array) -> Array:
        """Evaluate a tail of the beta distribution at the probability of the base below x."""
        base = self.base_dist
        at = Probability(
            base.cdf(x), base.survival_function(x), base.log_cdf(x), base.log_survival_function(x)
        )
        return tail(*(jnp.full_like(at.x, c) for c in self._concentrations()), at)

    def _cdf(self, x: Array) -> Array:
        return self._of_beta(beta_cdf, x)

    def _log_cdf(self, x: Array) -> Array:
        return self._of_beta(log_beta_cdf, x)

    def _survival_function(self, x: Array) -> Array:
        return self._of_beta(beta_sf, x)

    def _log_survival_function(self, x: Array) -> Array:
        return self._of_beta(log_beta_sf, x)

    def _icdf(self, q: Array) -> Array:
        return self._quantile(q, 1 - q)

    def _isf(self, q: Array) -> Array:
        return self._quantile(1 - q, q)

    def _quantile_at(self, below: Array, above: Array) -> Array:
        return self._quantile(below, above)

    def _quantile(self, below: Array, above: Array) -> Array:
        a, b = (jnp.full_like(below, c) for c in self._concentrations())
        return self._at_probability(betaincinv(a, b, below), betaincinv(b, a, above))
