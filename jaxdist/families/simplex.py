"""Distributions on the simplex."""

from __future__ import annotations

import math

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints, random
from jaxdist.distribution import Distribution
from jaxdist.exponential_family import ExponentialFamily
from jaxdist.families.category import Categories, logits_of_categories, probs_of_categories
from jaxdist.families.real import Normal
from jaxdist.parameters import Param, param
from jaxdist.special import digamma, lgamma, masked_log_softmax
from jaxdist.special.beta import dirichlet_log_prob
from jaxdist.special.entropy import gamma_entropy
from jaxdist.transforms.stick_breaking import log_stick_breaking as log_break
from jaxdist.transforms.stick_breaking import log_stick_breaking_inverse as log_mend
from jaxdist.validation import Shape


def _tiny(dtype: jnp.dtype) -> float:
    """The smallest normal number, which stands for all smaller ones."""
    return float(jnp.finfo(dtype).tiny)


def _exp(log_x: Array) -> Array:
    """Exponential that is at least the smallest number, so that entries stay positive."""
    return jnp.maximum(jnp.exp(log_x), _tiny(log_x.dtype))


class Dirichlet(ExponentialFamily):
    r"""Dirichlet distribution.

    .. math:: p(x) = \frac{\Gamma(a_0)}{\prod_i \Gamma(a_i)} \prod_i x_i^{a_i - 1}, \quad
              a = \mathrm{concentration}, \quad a_0 = \sum_i a_i

    A value, which sums to one up to rounding, is normalised first, so that its gradient is the one
    along the simplex.

    Args:
      concentration: positive, shape `(..., k)`.
    """

    concentration: Param = param(constraints.independent(constraints.positive, 1))

    support = constraints.simplex
    has_rsample = True

    @property
    def event_shape(self) -> Shape:
        """The number of proportions."""
        return self.concentration.shape[-1:]

    def _total(self) -> Array:
        return jnp.sum(self.concentration, -1)

    def _log_draw(self, key: Array, shape: Shape) -> Array:
        return jax.nn.log_softmax(random.log_gamma(key, self.concentration, shape), -1)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return _exp(self._log_draw(key, shape))

    def _joint(self, key: Array, shape: Shape, pathwise: bool) -> tuple[Array, Array]:
        """Below the smallest number, where draws are rounded up to it, p is a power of x."""
        log_x = self._log_draw(key, shape)
        log_x = log_x if pathwise else lax.stop_gradient(log_x)
        x = _exp(log_x)
        below = jnp.minimum(log_x - math.log(_tiny(log_x.dtype)), 0)
        return x, self._log_prob(x) + jnp.sum((self.concentration - 1) * below, -1)

    def _log_prob(self, x: Array) -> Array:
        return dirichlet_log_prob(self.concentration, x)

    def _mean(self) -> Array:
        return self.concentration / self._total()[..., None]

    def _mode(self) -> Array:
        """Zero where the concentration is at most one; a vertex where all are, as in torch."""
        excess = jnp.maximum(self.concentration - 1, 0)
        total = jnp.sum(excess, -1, keepdims=True)
        likeliest = jnp.argmax(self.concentration, -1)
        vertex = jax.nn.one_hot(likeliest, excess.shape[-1], dtype=excess.dtype)
        return jnp.where(total > 0, excess / jnp.where(total > 0, total, 1), vertex)

    def _variance(self) -> Array:
        total = self._total()[..., None]
        mean = self.concentration / total
        return mean * (total - self.concentration) / total / (total + 1)

    def _entropy(self) -> Array:
        """Entropy of gamma distributed parts, less that of their sum and its volume element."""
        total = self._total()
        parts = jnp.sum(gamma_entropy(self.concentration), -1)
        return parts - gamma_entropy(total) - (self.concentration.shape[-1] - 1) * digamma(total)

    def _natural_parameters(self) -> tuple[Array]:
        return (self.concentration - 1,)

    def _log_normalizer(self, *natural_parameters: Array) -> Array:
        a = natural_parameters[0] + 1
        return jnp.sum(lgamma(a), -1) - lgamma(jnp.sum(a, -1))


class LogisticNormal(Distribution):
    r"""Normal vector of length n carried to the simplex of length n + 1 by breaking a stick.

    .. math:: x_i = v_i \prod_{j < i} (1 - v_j), \quad
              v_i = \mathrm{sigmoid}(z_i - \log(n + 1 - i)), \quad
              z_i \sim \mathcal{N}(\mathrm{loc}_i, \mathrm{scale}_i)

    for i = 1 ... n, with :math:`v_{n + 1} = 1`; z = 0 is carried to the centre. The density is that
    of z less :math:`\sum_i \log x_i`. Moments, mode and entropy have no closed form.

    Args:
      loc: mean of z, shape `(..., n)`.
      scale: positive standard deviation of z; the two broadcast against each other.
    """

    loc: Param = param(constraints.real_vector)
    scale: Param = param(constraints.independent(constraints.positive, 1))

    support = constraints.simplex
    has_rsample = True

    def _promote(self) -> None:
        """Let one number stand for a vector, as torch does."""
        names = ("loc", "scale")
        values = (jnp.atleast_1d(jnp.asarray(vars(self)[name])) for name in names)
        vars(self).update(zip(names, values, strict=True))
        super()._promote()
        size = jnp.broadcast_shapes(self.loc.shape[-1:], self.scale.shape[-1:])
        for name in names:
            value = vars(self)[name]
            vars(self)[name] = jnp.broadcast_to(value, value.shape[:-1] + size)

    @property
    def event_shape(self) -> Shape:
        """One more than the length of `loc`."""
        return (self.loc.shape[-1] + 1,)

    def _normal(self) -> Normal:
        return Normal(self.loc, self.scale, validate_args=False)

    def _log_density(self, z: Array, log_x: Array) -> Array:
        return jnp.sum(self._normal()._log_prob(z), -1) - jnp.sum(log_x, -1)

    def _draw(self, key: Array, shape: Shape) -> Array:
        return self._normal()._rsample(key, (*shape[:-1], shape[-1] - 1))

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return _exp(log_break(self._draw(key, shape)))

    def _joint(self, key: Array, shape: Shape, pathwise: bool) -> tuple[Array, Array]:
        z = self._draw(key, shape)
        z = z if pathwise else lax.stop_gradient(z)
        log_x = log_break(z)
        return _exp(log_x), self._log_density(z, log_x)

    def _log_prob(self, x: Array) -> Array:
        inside = jnp.all(x > 0, -1, keepdims=True)
        log_x = jnp.log(jnp.where(inside, x, 1 / x.shape[-1]))
        log_prob = self._log_density(log_mend(log_x), log_x)
        return jnp.where(inside[..., 0], log_prob, -math.inf)

    def _mean(self) -> Array:
        raise self._missing("mean", "estimate it by the mean of draws")

    def _variance(self) -> Array:
        raise self._missing("variance", "estimate it by the variance of draws")

    def _mode(self) -> Array:
        raise self._missing("mode", "maximise `log_prob` numerically")


class RelaxedOneHotCategorical(Categories, Distribution):
    r"""One-hot categorical distribution relaxed to the inside of the simplex (Gumbel-softmax).

    .. math:: x = \mathrm{softmax}((\mathrm{logits} + G) / t), \quad
              p(x) = \Gamma(k)\, t^{k - 1} \left(\sum_i \pi_i x_i^{-t}\right)^{-k}
                     \prod_i \pi_i x_i^{-t - 1}

    with Gumbel noise G, the temperature t and :math:`\pi = \mathrm{softmax}(\mathrm{logits})`
    (Maddison et al., 2017; Jang et al., 2017). The lower the temperature, the closer draws come to
    the vertices. Joint calls evaluate the density at log x, which does not underflow; `log_prob`
    takes 0 for the smallest number. A category with logit `-inf` is left out: its entry is 0 and
    the others are distributed on their own simplex. Moments, mode and entropy have no closed form.

    Args:
      temperature: positive, any shape broadcastable with the batch shape of the next.
      probs: non-negative, shape `(..., k)`; normalised to sum to one. Or else:
      logits: unnormalised log-probabilities, shape `(..., k)`, kept as given.
    """

    temperature: Param = param(constraints.positive)
    probs: Param = param(constraints.simplex, default=None, otherwise=probs_of_categories)
    logits: Param = param(constraints.logits, default=None, otherwise=logits_of_categories)

    support = constraints.simplex
    has_rsample = True

    @property
    def event_shape(self) -> Shape:
        """The number of categories."""
        return (self.num_categories,)

    def _masked(self) -> Array:
        return self.logits == -math.inf

    def _possible_log_probs(self) -> Array:
        """Log-probabilities, which a common offset of the logits does not round; 0 where masked."""
        return jnp.where(self._masked(), 0, self._log_probs())

    def _log_draw(self, key: Array, shape: Shape) -> Array:
        gumbel = random.gumbel(key, shape, self.dtype)
        scores = self._possible_log_probs() + gumbel
        scores = scores / self.temperature[..., None]
        return masked_log_softmax(jnp.where(self._masked(), -math.inf, scores))

    def _exp(self, log_x: Array) -> Array:
        return jnp.where(self._masked(), 0, _exp(log_x))

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return self._exp(self._log_draw(key, shape))

    def _joint(self, key: Array, shape: Shape, pathwise: bool) -> tuple[Array, Array]:
        log_x = self._log_draw(key, shape)
        log_x = log_x if pathwise else lax.stop_gradient(log_x)
        return self._exp(log_x), self._log_density(log_x)

    def _log_density(self, log_x: Array) -> Array:
        masked, t = self._masked(), self.temperature
        log_x = jnp.where(masked, 0, log_x)
        scores = self._possible_log_probs() - t[..., None] * log_x
        shares = masked_log_softmax(jnp.where(masked, -math.inf, scores))
        size = jnp.sum(~masked, -1)
        terms = jnp.sum(jnp.where(masked, 0, shares) - log_x, -1)
        return lgamma(size) + (size - 1) * jnp.log(t) + terms

    def _log_prob(self, x: Array) -> Array:
        on_face = jnp.all((x == 0) | ~self._masked(), -1)
        log_prob = self._log_density(jnp.log(jnp.maximum(x, _tiny(x.dtype))))
        return jnp.where(on_face, log_prob, -math.inf)

    def _mean(self) -> Array:
        raise self._missing("mean", "estimate it by the mean of draws")

    def _variance(self) -> Array:
        raise self._missing("variance", "estimate it by the variance of draws")

    def _mode(self) -> Array:
        raise self._missing("mode", "maximise `log_prob` numerically")

    def _entropy(self) -> Array:
        raise self._missing("entropy", "estimate it by the mean of `-log_prob` over draws")
