"""RankedDraw: base of distributions of one of n independent draws, chosen by its rank."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Self

import jax.numpy as jnp
from jax import Array
from jax.typing import ArrayLike

from jaxdist.arguments import Shape, as_integer
from jaxdist.constraints import Constraint
from jaxdist.distribution import Distribution
from jaxdist.implicit_differentiation import implicit_reparameterization
from jaxdist.pytree import must_define, static
from jaxdist.special import (
    Probability,
    beta_cdf,
    beta_sf,
    betaincinv,
    dirichlet_log_prob,
    log_beta_cdf,
    log_beta_sf,
)
from jaxdist.wrappers.interval_probability import log_interval_prob
from jaxdist.wrappers.wrapper import Wrapper, require_univariate

_LARGE = 20  # counts from which the terms of a density cancel
_LOG_TINY = -60.0  # the logarithm of a share beside whose powers they do not


class RankedDraw(Wrapper):
    """Base of distributions of one of n independent draws from `base_dist`, chosen by its rank."""

    total_count: int = static()

    def __post_init__(self, validate_args: bool | None) -> None:
        """Check the base distribution and the number of draws."""
        name = type(self).__name__
        require_univariate(name, self.base_dist)
        if self.base_dist._has_atoms:
            raise TypeError(
                f"{name}: base_dist must have a density, or be discrete; got {self.base_dist!r}"
            )
        count = as_integer(name, "total_count", self.total_count, minimum=1)
        vars(self)["total_count"] = count
        super().__post_init__(validate_args)

    @property
    def support(self) -> Constraint:
        """Support of the base distribution."""
        return self.base_dist.support

    @property
    def has_rsample(self) -> bool:  # type: ignore[override]
        """Whether the base distribution has a density."""
        return not self.base_dist.support.is_discrete

    def _log_density(self, x: Array) -> Array:
        """Evaluate the log-density, where the base distribution has one."""
        raise must_define(self, "_log_density")

    def _standard_form(self) -> Self:
        return self._with(base_dist=self.base_dist._standard_form())

    def _rsample(self, key: Array, shape: Shape) -> Array:
        """The probabilities of the base distribution are fixed along the path."""
        return implicit_reparameterization(self.base_dist, self._sample(key, shape))

    def _log_prob(self, x: Array) -> Array:
        if self.base_dist.support.is_discrete:
            x = x.astype(jnp.promote_types(self.dtype, jnp.float32))
            return log_interval_prob(self, x - 1, x)
        return self._log_density(x)


class BetaOfBase(RankedDraw):
    r"""Base of such distributions for which the probability below the draw is a beta variable.

    .. math:: P(Y \le y) = P(B \le P(X \le y)), \quad B \sim \mathrm{Beta}(a, b)
    """

    def _concentrations(self) -> tuple[ArrayLike, ArrayLike]:
        """Return a and b."""
        raise must_define(self, "_concentrations")

    def _shapes(self, x: Array) -> list[Array]:
        """Return a and b in the shape and the dtype of x."""
        return [jnp.broadcast_to(jnp.asarray(c, x.dtype), x.shape) for c in self._concentrations()]

    def _of_beta(self, tail: Callable[..., Array], x: Array) -> Array:
        """Evaluate a tail of the beta distribution at the probability of the base below x."""
        base = self.base_dist
        at = Probability(
            base.cdf(x), base.survival_function(x), base.log_cdf(x), base.log_survival_function(x)
        )
        return tail(*self._shapes(at.x), at)

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
        a, b = self._shapes(below)
        of_base = betaincinv(a, b, below), betaincinv(b, a, above)
        return at_probability(self.base_dist, *of_base)


def log_density_of_shares(counts: Sequence[int], log_shares: Array) -> Array:
    r"""Evaluate the Dirichlet density of the shares of a population, given by their logarithms.

    .. math:: \log \frac{(\sum_i a_i - 1)!}{\prod_i (a_i - 1)!} + \sum_i (a_i - 1) \log w_i

    The terms cancel for large counts, but not where a share is tiny, which may underflow.

    Args:
      counts: a, positive integers, of which some are above 1.
      log_shares: log w, shape `(k, ...)`.

    Returns:
      Shape `(...)`.
    """
    above_one = [i for i, count in enumerate(counts) if count > 1]
    constant = math.lgamma(sum(counts)) - sum(map(math.lgamma, counts))
    powers = jnp.asarray([counts[i] - 1 for i in above_one], log_shares.dtype)
    tiny = jnp.min(log_shares[jnp.asarray(above_one)], 0) < _LOG_TINY
    is_small = sum(counts) < _LARGE
    of_logs = log_shares if is_small else jnp.where(tiny, log_shares, 0)
    by_logs = constant + jnp.tensordot(powers, of_logs[jnp.asarray(above_one)], 1)
    if is_small:
        return by_logs
    shares = jnp.exp(jnp.where(tiny, -math.log(len(counts)), log_shares))
    concentration = jnp.asarray(counts, log_shares.dtype)
    return jnp.where(tiny, by_logs, dirichlet_log_prob(concentration, jnp.moveaxis(shares, 0, -1)))


def at_probability(d: Distribution, below: Array, above: Array) -> Array:
    """Return the quantile of a distribution at `below`, which is `1 - above`."""
    return jnp.where(below < above, d._icdf(below), d._isf(above))


def quantile_of_log(d: Distribution, log_cdf: Array) -> Array:
    """Invert the logarithm of a distribution function, exactly also where it is near 0."""
    p, complement = jnp.exp(log_cdf), -jnp.expm1(log_cdf)
    return jnp.where(p < complement, d._icdf(p), d._isf(complement))


def quantile_of_log_survival(d: Distribution, log_sf: Array) -> Array:
    """Invert the logarithm of a survival function, exactly also where it is near 0."""
    p, complement = jnp.exp(log_sf), -jnp.expm1(log_sf)
    return jnp.where(p < complement, d._isf(p), d._icdf(complement))
