"""JointOrderStatistics distribution."""

from __future__ import annotations

import itertools

import jax.numpy as jnp
from jax import Array

from jaxdist import constraints, random
from jaxdist.arguments import Shape, as_integers
from jaxdist.constraints import Constraint, Range
from jaxdist.distribution import Distribution
from jaxdist.families.simplex.dirichlet import Dirichlet
from jaxdist.implicit_differentiation import implicit_reparameterization
from jaxdist.pytree import static
from jaxdist.special import lgamma
from jaxdist.wrappers.interval_probability import log_interval_prob
from jaxdist.wrappers.ranked_draw import (
    BetaOfBase,
    RankedDraw,
    at_probability,
    log_density_of_shares,
)
from jaxdist.wrappers.wrapper import require_density


class JointOrderStatistics(RankedDraw):
    r"""Several order statistics of n independent draws from a univariate distribution, jointly.

    .. math:: p(y) = n! \prod_{i=1}^m f(y_i) \prod_{i=0}^m
              \frac{(F(y_{i + 1}) - F(y_i))^{k_{i + 1} - k_i - 1}}{(k_{i + 1} - k_i - 1)!}, \quad
              (k, n) = (\mathrm{ranks}, \mathrm{total\_count})

    with the density f and the distribution function F of a draw, :math:`k_0 = F(y_0) = 0`,
    :math:`k_{m + 1} = n + 1` and :math:`F(y_{m + 1}) = 1`. The name is that of Distributions.jl;
    the law of each entry is `OrderStatistic`.

    Args:
      base_dist: the distribution of each draw, which has a density.
      total_count: the number of draws, a positive integer.
      ranks: increasing integers from 1 for the smallest draw to `total_count` for the largest; all
        of them by default.

    Example:
      The quartiles and the median of seven draws:

      >>> import jaxdist as jd
      >>> d = jd.JointOrderStatistics(jd.Uniform(0.0, 1.0), total_count=7, ranks=(2, 4, 6))
      >>> print(d.event_shape, *(f"{mean:.3f}" for mean in d.mean))
      (3,) 0.250 0.500 0.750
      >>> print(f"{d.log_prob([0.25, 0.5, 0.75]):.3f}")
      2.980
    """

    ranks: tuple[int, ...] | None = static(default=None)

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check the ranks."""
        require_density("JointOrderStatistics", self.base_dist)
        super().__post_init__(validate_args)
        n = self.total_count
        given = range(1, n + 1) if self.ranks is None else self.ranks
        ranks = as_integers("JointOrderStatistics", "ranks", given)
        ordered = sorted({rank for rank in ranks if 1 <= rank <= n})
        if not ranks or list(ranks) != ordered:
            raise ValueError(
                "JointOrderStatistics: ranks must be increasing integers from 1 to total_count, "
                f"{n}; got {self.ranks}"
            )
        vars(self)["ranks"] = ranks

    @property
    def event_shape(self) -> Shape:
        """The number of ranks."""
        return (len(self._ranks()),)

    @property
    def support(self) -> Constraint:
        """Increasing vectors of numbers in the support of the base distribution."""
        entries = self._repeated().support
        assert isinstance(entries, Range)
        return constraints.ordered_within(entries)

    def _ranks(self) -> tuple[int, ...]:
        assert self.ranks is not None
        return self.ranks

    def _counts(self) -> tuple[int, ...]:
        """Return the differences of successive ranks: draws below, between and above, plus one."""
        ends = (0, *self._ranks(), self.total_count + 1)
        return tuple(above - below for below, above in itertools.pairwise(ends))

    @property
    def has_all_ranks(self) -> bool:
        """Whether all draws are ranked, so that they are known up to their order."""
        return len(self._ranks()) == self.total_count

    def _repeated(self) -> Distribution:
        """Return the base distribution of each entry, of batch shape `batch_shape + (m,)`."""
        shape = self.batch_shape + self.event_shape

        def repeat(leaf: Array, event_ndim: int) -> Array:
            axis = leaf.ndim - event_ndim
            return jnp.broadcast_to(jnp.expand_dims(leaf, axis), shape + leaf.shape[axis:])

        return self.base_dist._map_batch(repeat)

    def _sample(self, key: Array, shape: Shape) -> Array:
        """The draws between the ranks have shares of a population that are gamma variables."""
        counts = self._counts()
        shares = (*shape[:-1], len(counts))
        if self.has_all_ranks:
            drawn = random.exponential(key, shares, self.dtype)
        else:
            drawn = random.gamma(key, jnp.asarray(counts, self.dtype), shares)
        drawn = jnp.moveaxis(drawn, -1, 0)
        below, above = jnp.cumsum(drawn[:-1], 0), jnp.cumsum(drawn[:0:-1], 0)[::-1]
        total = jnp.sum(drawn, 0)
        x = at_probability(self.base_dist, below / total, above / total)
        return jnp.moveaxis(x, 0, -1)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        x = self._clip_draw(self._sample(key, shape))
        moving = implicit_reparameterization(self.base_dist, jnp.moveaxis(x, -1, 0))
        return jnp.moveaxis(moving, 0, -1)

    def _log_density(self, x: Array) -> Array:
        base, y = self.base_dist, jnp.moveaxis(x, -1, 0)
        log_prob = jnp.sum(base.log_prob(y), 0)
        if self.has_all_ranks:
            return log_prob + lgamma(jnp.asarray(self.total_count + 1, x.dtype))
        log_shares = [
            base.log_cdf(y[:1]),
            log_interval_prob(base, y[:-1], y[1:]),
            base.log_survival_function(y[-1:]),
        ]
        return log_prob + log_density_of_shares(self._counts(), jnp.concatenate(log_shares))

    # --- the order statistics by themselves ------------------------------------------------------

    def _marginals(self) -> _Marginals:
        return _Marginals(self._repeated(), self.total_count, self._ranks(), validate_args=False)

    def _mean(self) -> Array:
        return self._marginals()._mean()

    def _variance(self) -> Array:
        return self._marginals()._variance()

    def _skewness(self) -> Array:
        return self._marginals()._skewness()

    def _kurtosis(self) -> Array:
        return self._marginals()._kurtosis()

    def _entropy(self) -> Array:
        r"""Add what the quantile function stretches each entry by to the entropy of the shares.

        .. math:: H(Y) = H(\mathrm{Dirichlet}) - \sum_i E[\log f(Y_i)]
        """
        of_shares = Dirichlet(jnp.asarray(self._counts(), self.dtype), validate_args=False)
        if self.has_all_ranks:
            return of_shares._entropy() + self.total_count * self.base_dist._entropy()
        return of_shares._entropy() + jnp.sum(self._marginals().log_stretch(), -1)


class _Marginals(BetaOfBase):
    """Order statistics of several ranks, along the last axis of the batch."""

    ranks: tuple[int, ...] = static()

    def _concentrations(self) -> tuple[Array, Array]:
        a = jnp.asarray(self.ranks)
        return a, self.total_count + 1 - a

    def log_stretch(self) -> Array:
        """Return the mean of minus the log-density of a draw, at each order statistic."""
        rule = self._rule("entropy")
        log_probs = self.base_dist.log_prob(rule.x)
        return -rule.average(jnp.where(rule.weights > 0, log_probs, 0))
