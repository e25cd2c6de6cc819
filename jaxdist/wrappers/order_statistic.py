"""OrderStatistic distribution."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array

from jaxdist import random
from jaxdist.arguments import Shape, as_integer
from jaxdist.pytree import static
from jaxdist.special import lbeta, sigmoid
from jaxdist.wrappers.ranked_draw import BetaOfBase, at_probability, log_density_of_shares

_LARGE = 10  # concentrations from which the terms of the beta density cancel


class OrderStatistic(BetaOfBase):
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
        return at_probability(self.base_dist, sigmoid(logit), sigmoid(-logit))

    def _log_density(self, x: Array) -> Array:
        base, (a, b) = self.base_dist, self._concentrations()
        if min(a, b) >= _LARGE:
            log_shares = jnp.stack([base.log_cdf(x), base.log_survival_function(x)])
            return base.log_prob(x) + log_density_of_shares((a, b), log_shares)
        log_prob = base.log_prob(x) - lbeta(a, b).astype(x.dtype)
        if a > 1:
            log_prob += (a - 1) * base.log_cdf(x)
        if b > 1:
            log_prob += (b - 1) * base.log_survival_function(x)
        return log_prob
