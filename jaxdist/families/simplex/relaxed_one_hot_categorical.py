"""RelaxedOneHotCategorical distribution."""

from __future__ import annotations

import math

import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.categories import Categories, log_of_probs, softmax_of_logits
from jaxdist.bases.simplex import positive_exp, smallest_normal
from jaxdist.parameters import Param, param
from jaxdist.special import lgamma, masked_log_softmax


class RelaxedOneHotCategorical(Categories):
    r"""Relaxed one-hot categorical distribution, inside the simplex (Gumbel-softmax).

    .. math:: x = \mathrm{softmax}((\mathrm{logits} + G) / t), \quad
              p(x) = \Gamma(k)\, t^{k - 1} \left(\sum_i \pi_i x_i^{-t}\right)^{-k}
                     \prod_i \pi_i x_i^{-t - 1}

    with Gumbel noise G, the temperature t and :math:`\pi = \mathrm{softmax}(\mathrm{logits})`. The
    lower the temperature, the closer draws are to the vertices. Joint calls evaluate the density at
    log x, which does not underflow; `log_prob` reads 0 as the smallest normal number. A category
    with logit `-inf` is masked: its entry is 0, and the distribution of the others is that without
    it. Moments, mode and entropy have no closed form. Give exactly one of `probs` and `logits`.

    Args:
      temperature: positive, any shape broadcastable with the batch shape of the other parameter.
      probs: non-negative, shape `(..., k)`; normalized to sum to one.
      logits: unnormalized log-probabilities, shape `(..., k)`, kept as given.

    References:
      Maddison, Mnih and Teh 2017, "The concrete distribution";
      Jang, Gu and Poole 2017, "Categorical reparameterization with Gumbel-softmax".
    """

    temperature: Param = param(constraints.positive)
    probs: Param = param(constraints.simplex, default=None, otherwise=softmax_of_logits)
    logits: Param = param(constraints.logits, default=None, otherwise=log_of_probs)

    support = constraints.simplex
    has_rsample = True

    @property
    def event_shape(self) -> Shape:
        """The number of categories."""
        return (self.num_categories,)

    def _masked(self) -> Array:
        return self.logits == -math.inf

    def _possible_log_probs(self) -> Array:
        """Normalized log-probabilities, so that an offset of the logits cancels; 0 where masked."""
        return jnp.where(self._masked(), 0, masked_log_softmax(self.logits))

    def _log_draw(self, key: Array, shape: Shape) -> Array:
        gumbel = random.gumbel(key, shape, self.dtype)
        scores = self._possible_log_probs() + gumbel
        scores = scores / self.temperature[..., None]
        return masked_log_softmax(jnp.where(self._masked(), -math.inf, scores))

    def _exp(self, log_x: Array) -> Array:
        return jnp.where(self._masked(), 0, positive_exp(log_x))

    def _clip_draw(self, draw: Array) -> Array:
        return jnp.where(self._masked(), draw, super()._clip_draw(draw))

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return self._exp(self._log_draw(key, shape))

    def _joint(self, key: Array, shape: Shape, pathwise: bool) -> tuple[Array, Array]:
        log_x = self._log_draw(key, shape)
        log_x = log_x if pathwise else lax.stop_gradient(log_x)
        return self._exp(log_x), self._log_density(log_x, log_x - self._largest(log_x))

    def _largest(self, x: Array) -> Array:
        """Return the largest possible entry, as a constant."""
        possible = jnp.where(self._masked(), -math.inf, x)
        return lax.stop_gradient(jnp.max(possible, -1, keepdims=True))

    def _log_density(self, log_x: Array, log_share: Array) -> Array:
        """Evaluate the log-density.

        Args:
          log_x: the logarithm of x.
          log_share: that of x over its largest entry. The factor cancels, and at large temperatures
            the differences between entries decide.
        """
        masked, t = self._masked(), self.temperature
        log_x, log_share = (jnp.where(masked, 0, v) for v in (log_x, log_share))
        scores = self._possible_log_probs() - t[..., None] * log_share
        log_weights = masked_log_softmax(jnp.where(masked, -math.inf, scores))
        size = jnp.sum(~masked, -1)
        terms = jnp.sum(jnp.where(masked, 0, log_weights) - log_x, -1)
        return lgamma(size) + (size - 1) * jnp.log(t) + terms

    def _log_prob(self, x: Array) -> Array:
        on_face = jnp.all((x == 0) | ~self._masked(), -1)
        x = jnp.maximum(x, smallest_normal(x.dtype))
        largest = self._largest(x)
        is_close = x > largest / 2
        log_share = jnp.where(
            is_close,
            jnp.log1p((jnp.where(is_close, x, largest) - largest) / largest),
            jnp.log(x) - jnp.log(largest),
        )
        log_prob = self._log_density(jnp.log(x), log_share)
        return jnp.where(on_face, log_prob, -math.inf)

    def _mean(self) -> Array:
        raise self._missing("mean", "estimate it by the mean of draws")

    def _variance(self) -> Array:
        raise self._missing("variance", "estimate it by the variance of draws")

    def _mode(self) -> Array:
        raise self._missing("mode", "maximize `log_prob` numerically")
