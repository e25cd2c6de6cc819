"""FisherNoncentralHypergeometric distribution."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints
from jaxdist.arguments import Shape
from jaxdist.bases.urn import Urn
from jaxdist.numerics.integers import add_steps, to_count
from jaxdist.parameters import Param, param
from jaxdist.random.log_concave import discrete_log_concave
from jaxdist.special.gamma import log_gamma_growth

_LEAST_STEP = 1e-30  # a smaller ratio of probabilities may underflow
_RARE = 0.1  # ratio of probabilities, below which a logarithm has fewer digits


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
        """Return the logarithm of a probability over that of a count near the mode."""
        s, f, n, anchor, log_step = arguments
        ahead = k - anchor
        growths = (
            log_gamma_growth(cell + 1, cell + step + 1, step)
            for cell, step in zip(
                _cells(anchor, s, f, n), (ahead, -ahead, -ahead, ahead), strict=True
            )
        )
        return ahead * log_step - sum(growths)

    def _arguments(self, x: Array) -> tuple[Array, ...]:
        """Add the count near the mode, and the logarithm of the ratio of probabilities there."""
        x, s, f, n = super()._arguments(x)
        return x, s, f, n, *self._anchored(s, f, n, self._anchor())

    def _anchored(self, s: Array, f: Array, n: Array, anchor: Array) -> tuple[Array, Array]:
        anchor = jnp.broadcast_to(anchor, s.shape).astype(s.dtype)
        successes, rest, failures, remaining = (cell + 1 for cell in _cells(anchor, s, f, n))
        ratio = (rest / successes) * (failures / remaining)
        step = self.odds * ratio
        is_regular = (step > _LEAST_STEP) & (step < 1 / _LEAST_STEP)
        of_logs = jnp.log(self.odds) + jnp.log(ratio)
        return anchor, jnp.where(is_regular, jnp.log(jnp.where(is_regular, step, 1)), of_logs)

    def _anchor(self) -> Array:
        """Return the best of three counts: the center is rounded."""
        d = lax.stop_gradient(self)
        low, high = lax.stop_gradient(self._bounds())
        near = jnp.clip(jnp.floor(d._center() + 0.5), low, high).astype(d.dtype)
        candidates = jnp.clip(jnp.stack([near - 1, near, near + 1]), low, high).astype(d.dtype)
        k, s, f, n = super(FisherNoncentralHypergeometric, d)._arguments(candidates)
        best = jnp.argmax(d._log_weight(k, s, f, n, *d._anchored(s, f, n, near)), 0)
        return jnp.take_along_axis(candidates, best[None], 0)[0]

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
        cells = _cells(k, self.num_successes, self.num_failures, self.total_count)
        return 1 / jnp.sqrt(sum(1 / (jnp.maximum(cell, 0) + 0.5) for cell in cells))

    def _log_constant(self) -> Array:
        """Sum the other counts, where all are summed: the anchor may be nearly sure."""
        k, log_weight = self._grid()
        weight = self._weights(k, log_weight)
        is_anchor = k == self._anchor()[..., None]
        others = jnp.sum(jnp.where(is_anchor, 0, weight), -1)
        is_included = jnp.any(is_anchor & (log_weight == 0), -1)
        included = jnp.log1p(jnp.where(is_included, others, 0))
        return jnp.where(is_included, included, jnp.log(jnp.sum(weight, -1)))

    def _probabilities(self, k: Array, log_weight: Array) -> Array:
        weight = self._weights(k, log_weight)
        return weight / jnp.sum(weight, -1, keepdims=True)

    def _weights(self, k: Array, log_weight: Array) -> Array:
        """Return probabilities over that of the anchor; of rare neighbors, by ratios of counts.

        The exponential of a logarithm far from 0 has fewer digits.
        """
        d = self[..., None]
        anchor = d._anchor()
        successes, rest, failures, remaining = _cells(
            anchor, *(v.astype(d.dtype) for v in (d.num_successes, d.num_failures, d.total_count))
        )
        weight = jnp.exp(log_weight)
        up = (rest / (successes + 1)) * (failures / (remaining + 1))
        down = (successes / (rest + 1)) * (remaining / (failures + 1))
        ahead = jnp.where(log_weight > -jnp.inf, k - anchor, 0)  # it repeats a count
        for is_neighbor, above, below in (
            (ahead == 1, up * d.odds, jnp.ones_like(d.odds)),
            (ahead == -1, down, d.odds),
        ):
            is_rare = is_neighbor & (above < _RARE * below) & (above > _LEAST_STEP * below)
            above, below = jnp.where(is_rare, above, 1), jnp.where(is_rare, below, 1)
            weight = jnp.where(is_rare, above / below, weight)
        return weight

    def _sample(self, key: Array, shape: Shape) -> Array:
        d = lax.stop_gradient(self)
        mode = d._anchor()
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
        return add_steps(mode, to_count(y))

    def _mode(self) -> Array:
        return to_count(self._anchor())

    def _origin(self) -> Array:
        return self._anchor()


def _cells(k: Array, s: Array, f: Array, n: Array) -> tuple[Array, ...]:
    """Return the cells of the table with the margins s, f and n."""
    return k, s - k, n - k, f - n + k
