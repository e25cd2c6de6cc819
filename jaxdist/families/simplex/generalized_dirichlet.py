"""GeneralizedDirichlet distribution."""

from __future__ import annotations

import jax.numpy as jnp
from jax import Array, lax

from jaxdist import constraints, random
from jaxdist.arguments import Shape
from jaxdist.bases.simplex import TwoVectors, positive_exp
from jaxdist.exponential_family import ExponentialFamily
from jaxdist.families.interval.beta import Beta
from jaxdist.parameters import Param, param
from jaxdist.special import beta_entropy, digamma_difference, lbeta, softplus
from jaxdist.special.generalized_dirichlet_density import (
    exponents_of_fractions,
    exponents_of_rest,
    generalized_dirichlet_log_prob,
    later_fractions,
    trailing_sums,
)
from jaxdist.transforms.stick_breaking import log_pieces


class GeneralizedDirichlet(TwoVectors, ExponentialFamily):
    r"""Generalized Dirichlet distribution: stick-breaking by independent beta variables.

    .. math:: x_i = v_i \prod_{j < i} (1 - v_j), \quad
              v_i \sim \mathrm{Beta}(a_i, b_i), \quad v_{n + 1} = 1

    for i = 1 ... n, with a = concentration1 and b = concentration0, so that

    .. math:: p(x) = \prod_{i = 1}^n \frac{x_i^{a_i - 1} r_{i + 1}^{c_i}}{B(a_i, b_i)}, \quad
              r_i = \sum_{j \ge i} x_j, \quad
              c_i = b_i - a_{i + 1} - b_{i + 1}, \quad c_n = b_n - 1

    It is a `Dirichlet` distribution where :math:`c_i = 0` for all i < n. Otherwise entries may be
    positively correlated, and have any variances. It is conjugate to multinomial counts.

    Args:
      concentration1: positive, shape `(..., n)`, or a number; the two broadcast.
      concentration0: positive, likewise.

    Example:
      >>> import jaxdist as jd
      >>> d = jd.GeneralizedDirichlet([1.0, 2.0], [0.5, 2.0])
      >>> print(" ".join(f"{m:.4f}" for m in d.mean), f"{d.covariance()[1, 2]:.4f}")
      0.6667 0.1667 0.1667 0.0122
      >>> x = [0.2, 0.3, 0.5]
      >>> print(f"{jd.GeneralizedDirichlet([2.0, 3.0], [8.0, 5.0]).log_prob(x):.4f}")
      2.1407
      >>> print(f"{jd.Dirichlet([2.0, 3.0, 5.0]).log_prob(x):.4f}")
      2.1407

    References:
      Connor and Mosimann 1969, "Concepts of independence for proportions with a generalization of
      the Dirichlet distribution". Wong 1998, "Generalized Dirichlet distribution in Bayesian
      analysis".
    """

    concentration1: Param = param(constraints.independent(constraints.positive, 1))
    concentration0: Param = param(constraints.independent(constraints.positive, 1))

    support = constraints.simplex
    has_rsample = True

    @property
    def event_shape(self) -> Shape:
        """One more than the number of fractions."""
        return (self.concentration1.shape[-1] + 1,)

    @property
    def base_dist(self) -> Beta:
        """The distribution of the fractions v, batch shape `(..., n)`."""
        return Beta(self.concentration1, self.concentration0, validate_args=False)

    def _logits(self, key: Array, shape: Shape) -> Array:
        """Draw the logits of the fractions, which are exact where one is almost 0 or 1."""
        fractions = (*shape[:-1], shape[-1] - 1)
        return random.logit_beta(key, self.concentration1, self.concentration0, fractions)

    def _rsample(self, key: Array, shape: Shape) -> Array:
        return positive_exp(log_pieces(self._logits(key, shape)))

    def _joint(self, key: Array, shape: Shape, pathwise: bool) -> tuple[Array, Array]:
        """Evaluate p at the logits, also below the smallest number, to which x is rounded up."""
        logits = self._logits(key, shape)
        logits = logits if pathwise else lax.stop_gradient(logits)
        volumes = later_fractions(logits) * softplus(logits)  # minus the later log r_i
        log_prob = jnp.sum(self.base_dist._log_prob_at_preimage(logits) + volumes, -1)
        return positive_exp(log_pieces(logits)), log_prob

    def _log_prob(self, x: Array) -> Array:
        return generalized_dirichlet_log_prob(self.concentration1, self.concentration0, x)

    def _fractions(self) -> tuple[Array, Array, Array]:
        """Return the means of v and 1 - v, and 1 over a + b + 1, of which XLA makes no quotient."""
        a, b = self.concentration1, self.concentration0
        total = a + b
        return a / total, b / total, 1 / (total + 1)

    def _moments_of_rest(self) -> tuple[Array, Array]:
        """Return the mean, and the variance over the mean, of r_1 ... r_{n + 1}."""
        taken, left, share = self._fractions()
        mean, ratio = lax.associative_scan(_product, (left, taken * share), axis=left.ndim - 1)
        one, none = jnp.ones_like(mean[..., :1]), jnp.zeros_like(mean[..., :1])
        return jnp.concatenate([one, mean], -1), jnp.concatenate([none, ratio], -1)

    def _moments(self) -> tuple[Array, Array]:
        """Return the mean, and the variance over the mean, of the entries."""
        taken, left, share = self._fractions()
        of_last = jnp.ones_like(taken[..., :1])
        mean = jnp.concatenate([taken, of_last], -1)
        ratio = jnp.concatenate([left * share, 0 * of_last], -1)
        return _product(self._moments_of_rest(), (mean, ratio))

    def _mean(self) -> Array:
        return self._moments()[0]

    def _variance(self) -> Array:
        mean, ratio = self._moments()
        return mean * ratio

    def _covariance(self) -> Array:
        r"""Return the covariances, of an entry with any later one

        .. math:: E[v_i]\, E[x_j]\, \frac{(a_i + b_i) \mathrm{Var}[r_i] / E[r_i] - E[r_i]}
                                         {a_i + b_i + 1}
        """
        mean, ratio = self._moments()
        taken, _, share = self._fractions()
        of_rest, ratio_of_rest = (m[..., :-1] for m in self._moments_of_rest())
        total = self.concentration1 + self.concentration0
        factor = taken * (ratio_of_rest * (total * share) - of_rest * share)
        factor = jnp.concatenate([factor, jnp.zeros_like(factor[..., :1])], -1)
        upper = jnp.triu(factor[..., :, None] * mean[..., None, :], 1)
        return upper + upper.mT + jnp.eye(mean.shape[-1]) * (mean * ratio)[..., None]

    def _standardized_moments(self) -> tuple[Array, Array]:
        """Return the skewness and the excess kurtosis of the entries."""
        taken, left, share = self._fractions()
        skewness, kurtosis = self.base_dist._skewness(), self.base_dist._kurtosis()
        of_left = (left, taken * share, -skewness, kurtosis)
        of_taken = (taken, left * share, skewness, kurtosis)
        rest = lax.associative_scan(_standardized_product, of_left, axis=left.ndim - 1)
        constant = [jnp.full_like(left[..., :1], number) for number in (1, 0, 0, 0)]
        rest, fractions = (
            tuple(jnp.concatenate(pair, -1) for pair in zip(x, y, strict=True))
            for x, y in ((constant, rest), (of_taken, constant))
        )
        _, _, skewness, kurtosis = _standardized_product(rest, fractions)
        return skewness, kurtosis

    def _skewness(self) -> Array:
        return self._standardized_moments()[0]

    def _kurtosis(self) -> Array:
        return self._standardized_moments()[1]

    def _mode(self) -> Array:
        """Each fraction has its own mode, which is 0 or 1 where the density is infinite."""
        a, b = exponents_of_fractions(self.concentration1, self.concentration0)
        taken, left = jnp.maximum(a, 0), jnp.maximum(b, 0)
        total = taken + left
        inside = total > 0
        total = jnp.where(inside, total, 1)
        taken = jnp.where(inside, taken / total, a > b)
        left = jnp.where(inside, left / total, a <= b)
        one = jnp.ones_like(taken[..., :1])
        rest = jnp.concatenate([one, jnp.cumprod(left, -1)], -1)
        return jnp.concatenate([taken, one], -1) * rest

    def _entropy(self) -> Array:
        """Sum those of the fractions, and the mean logarithms of what is left for later ones."""
        a, b = self.concentration1, self.concentration0
        volumes = later_fractions(a) * digamma_difference(b, a)
        return jnp.sum(beta_entropy(a, b) - volumes, -1)

    def _natural_parameters(self) -> tuple[Array, Array]:
        """Return the exponents of x_i and of r_{i + 1}."""
        a, b = self.concentration1, self.concentration0
        return a - 1, exponents_of_rest(a, b)

    @classmethod
    def _from_natural_parameters(cls, *natural_parameters: Array) -> GeneralizedDirichlet:
        return GeneralizedDirichlet(*_concentrations(*natural_parameters), validate_args=False)

    def _log_normalizer(self, *natural_parameters: Array) -> Array:
        return jnp.sum(lbeta(*_concentrations(*natural_parameters)), -1)


def _concentrations(of_entries: Array, of_rest: Array) -> tuple[Array, Array]:
    """Return both concentrations from the exponents of the density."""
    a = of_entries + 1
    following = jnp.concatenate([a[..., 1:], jnp.ones_like(a[..., :1])], -1)
    return a, trailing_sums(of_rest + following)


def _product(x: tuple[Array, Array], y: tuple[Array, Array]) -> tuple[Array, Array]:
    """Multiply independent positive variables, given by mean, and variance over mean."""
    (mean_x, ratio_x), (mean_y, ratio_y) = x, y
    return mean_x * mean_y, ratio_x * (ratio_y + mean_y) + mean_x * ratio_y


def _standardized_product(x: tuple[Array, ...], y: tuple[Array, ...]) -> tuple[Array, ...]:
    r"""Multiply independent positive variables, given by mean, variance over mean, and cumulants.

    With :math:`p`, :math:`q` and :math:`r`, the shares of x, of y and of both in the variance of
    the product,

    .. math:: \mathrm{Var}[x y] = E[y]^2 \mathrm{Var}[x] + E[x]^2 \mathrm{Var}[y]
              + \mathrm{Var}[x]\, \mathrm{Var}[y]

    Args:
      x: mean, variance over mean, skewness and excess kurtosis.
      y: likewise.
    """
    (mean_x, ratio_x, s, k), (mean_y, ratio_y, t, m) = x, y
    mean, ratio = _product((mean_x, ratio_x), (mean_y, ratio_y))
    varies = ratio > 0
    unit = jnp.where(varies, ratio, 1)
    p, q, r = (part / unit for part in (ratio_x * mean_y, mean_x * ratio_y, ratio_x * ratio_y))
    root_p, root_q, root_r = (
        jnp.where(v > 0, jnp.sqrt(jnp.where(v > 0, v, 1)), 0) for v in (p, q, r)
    )
    roots = root_p * root_q * root_r
    skewness = s * p * root_p + t * q * root_q + s * t * r * root_r
    skewness += 3 * r * (s * root_p + t * root_q) + 6 * roots
    kurtosis = k * p * p + m * q * q + (k * m + 3 * k + 3 * m + 6) * r * r
    kurtosis += 4 * r * root_r * ((k + 3) * t * root_p + (m + 3) * s * root_q)
    kurtosis += 6 * r * ((k + 2) * p + (m + 2) * q)
    kurtosis += 12 * roots * (s * root_p + t * root_q) + 12 * s * t * r * root_p * root_q
    return mean, ratio, skewness, kurtosis
