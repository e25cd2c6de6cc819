"""The unordered set estimator, which draws without replacement."""

from __future__ import annotations

from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist import random
from jaxdist.distribution import Distribution
from jaxdist.estimators.enumeration import enumerate_values, support_size, why_not_enumerable
from jaxdist.estimators.estimator import Estimator, Integrand, evaluate, expand_dims_like
from jaxdist.precision import tensordot
from jaxdist.promotion import numpy_promotion, result_type

_MAX_DRAWS = 10  # the cost grows with the number of subsets, 2^draws
_MIN_LOG_PROB = -80.0  # so that probabilities of members of a set are positive


class WithoutReplacement(Estimator):
    r"""Draw a set of different values, and weigh each by its probability given the set.

    .. math:: E[f(x)] \approx \sum_{s \in S} p(s) R(S, s) f(s), \quad
              R(S, s) = \frac{p^{D \setminus \{s\}}(S \setminus \{s\})}{p^D(S)}

    where :math:`p^D(S)` is the probability of drawing the set S, in any order, from the values D
    without replacement. This is the score-function estimate from one draw, averaged over the order
    in which the set was drawn. The baseline of each member is the same estimate from the other
    members. Derivatives of every order are unbiased, and exact if all values are drawn.

    `num_samples` is the size of the set, from 2 to 10. The distribution must be one whose values
    can be enumerated. The values of a batch, or of a `Joint`, are all combinations of the values of
    its members.

    References:
      Kool, van Hoof and Welling 2020, "Estimating gradients for discrete random variables by
      sampling without replacement", equations 9, 15 and 18.

    Example:
      >>> import jax, jax.numpy as jnp, jaxdist as jd
      >>> d = jd.Categorical([0.1, 0.2, 0.7])
      >>> value = jd.expectation(lambda k: 10.0 * k, d, jax.random.key(0), num_samples=3,
      ...                        estimator=jd.estimators.WithoutReplacement())
      >>> print(f"{value:.2f}")
      16.00
    """

    takes_joint: ClassVar[bool] = True

    def _unsupported_reason(self, d: Distribution) -> str | None:
        return why_not_enumerable(d)

    def expect(self, f: Integrand, d: Distribution, key: Array, num_samples: int) -> Any:
        size = support_size(d)
        if not 2 <= num_samples <= min(_MAX_DRAWS, size):
            raise ValueError(
                f"WithoutReplacement: num_samples is the size of the set, from 2 to "
                f"{min(_MAX_DRAWS, size)} for {type(d).__name__}; got {num_samples}"
            )
        draw_key, f_key = jax.random.split(key)
        values, log_prob = enumerate_values(d)
        dtype = result_type(log_prob.dtype, jnp.float32)
        noisy = lax.stop_gradient(log_prob) + random.gumbel(draw_key, log_prob.shape, dtype)
        members = lax.top_k(noisy, num_samples)[1]
        outcomes = evaluate(f, jax.tree.map(lambda v: v[members], values), f_key, num_samples)
        p = jnp.exp(log_prob)
        is_member = jnp.zeros(p.shape, bool).at[members].set(True)
        rest = lax.stop_gradient(jnp.sum(jnp.where(is_member, 0, p)))
        positive = jnp.exp(jnp.maximum(lax.stop_gradient(log_prob[members]), _MIN_LOG_PROB))
        ratios, pair_ratios = leave_out_ratios(positive, rest)
        weights = p[members] * ratios
        baseline_weights = lax.stop_gradient(p[members]) * pair_ratios

        def estimate(leaf: Array) -> Array:
            baseline = tensordot(baseline_weights, lax.stop_gradient(leaf), 1)
            score = expand_dims_like(weights - lax.stop_gradient(weights), leaf)
            return jnp.sum(expand_dims_like(weights, leaf) * leaf - score * baseline, 0)

        return jax.tree.map(estimate, outcomes)


def leave_out_ratios(p: Array, rest: Array) -> tuple[Array, Array]:
    r"""Return ratios of probabilities of a set with and without some of its members.

    Args:
      p: positive probabilities of the k members, shape `(k,)`.
      rest: probability of all values that are not in the set.

    Returns:
      :math:`R(S, s)`, shape `(k,)`, and :math:`R^{D \setminus \{s\}}(S, s')`, shape `(k, k)`, 1 on
      the diagonal.
    """
    k = p.shape[0]
    full_set = 2**k - 1
    single = np.eye(k, dtype=bool)
    pairs = (single[:, None] | single[None, :]).reshape(-1, k)
    without = jax.vmap(lambda removed: _set_probabilities(jnp.where(removed, 0, p), rest))
    none_out = _set_probabilities(p, rest)[full_set]
    bits = 2 ** np.arange(k)
    one_out = without(single)[np.arange(k), full_set - bits]
    two_out = without(pairs)[np.arange(k * k), full_set - pairs @ bits].reshape(k, k)
    return one_out / none_out, two_out / one_out[:, None]


@numpy_promotion
def _set_probabilities(p: Array, rest: Array) -> Array:
    r"""Return, for each subset of a set, the probability that the first draws are that subset.

    .. math:: p(C) = \sum_{i \in C} p(C \setminus \{i\})
              \frac{p_i}{\mathrm{rest} + \sum_{j \notin C \setminus \{i\}} p_j}

    The denominator is summed, not subtracted from one, so that nothing cancels.

    Args:
      p: probabilities of the k members; 0 for members that are removed.
      rest: probability of all values that are not in the set.

    Returns:
      Shape `(2^k,)`; bit i of the index is 1 if member i is in the subset.
    """
    k = p.shape[0]
    in_subset = (np.arange(2**k)[:, None] >> np.arange(k)) & 1 == 1
    remaining = rest + jnp.where(in_subset, 0, p).sum(1)
    table = jnp.zeros(2**k, p.dtype).at[0].set(1)
    for size in range(1, k + 1):
        subsets = np.flatnonzero(in_subset.sum(1) == size)
        smaller = subsets[:, None] - (1 << np.arange(k))
        possible = in_subset[subsets] & (np.asarray(smaller) >= 0)
        smaller = np.where(possible, smaller, 0)
        denominator = remaining[smaller]
        last = jnp.where(denominator > 0, p / jnp.where(denominator > 0, denominator, 1), 0)
        table = table.at[subsets].set(jnp.sum(jnp.where(possible, table[smaller] * last, 0), 1))
    return table
