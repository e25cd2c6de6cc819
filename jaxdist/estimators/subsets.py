"""Draws without replacement: the unordered set estimator."""

from __future__ import annotations

from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist.distribution import Distribution
from jaxdist.estimators.enumeration import list_values, refuses_listing, support_size
from jaxdist.estimators.estimator import Estimator, Integrand, evaluate, per_draw
from jaxdist.precision import tensordot

_LARGEST = 10  # draws of a set: its subsets are listed
_FAINTEST = -80.0  # log-probabilities of members of a set, at least: of impossible ones too


class WithoutReplacement(Estimator):
    r"""Draw different values, and weigh each with its chance given the set of them.

    .. math:: E[f(x)] \approx \sum_{s \in S} p(s) R(S, s) f(s), \quad
              R(S, s) = \frac{p^{D \setminus \{s\}}(S \setminus \{s\})}{p^D(S)}

    where :math:`p^D(S)` is the probability of drawing the set S, in any order, one after the other
    from the values D without replacement. It is what remains of any one-draw estimate when the
    order of the set is averaged out. The baseline of each member is the same estimate from the
    other members. Unbiased to any order; exact where all values are drawn.

    `num_samples`, at least 2 and at most 10, is the size of the set. For what can be enumerated;
    of a batch or a `Joint` all combinations are values.

    References:
      Kool, van Hoof and Welling 2020, "Estimating gradients for discrete random variables by
      sampling without replacement", equations 9, 15 and 18.
    """

    takes_joint: ClassVar[bool] = True

    def _refusal(self, d: Distribution) -> str | None:
        return refuses_listing(d)

    def expect(self, f: Integrand, d: Distribution, key: Array, num_samples: int) -> Any:
        size = support_size(d)
        if not 2 <= num_samples <= min(_LARGEST, size):
            raise ValueError(
                f"WithoutReplacement: num_samples is the size of the set, from 2 to "
                f"{min(_LARGEST, size)} for {type(d).__name__}; got {num_samples}"
            )
        here, beyond = jax.random.split(key)
        values, log_prob = list_values(d)
        noisy = lax.stop_gradient(log_prob) + jax.random.gumbel(here, log_prob.shape)
        members = lax.top_k(noisy, num_samples)[1]
        outcomes = evaluate(f, jax.tree.map(lambda v: v[members], values), beyond, num_samples)
        p = jnp.exp(log_prob)
        chosen = jnp.zeros(p.shape, bool).at[members].set(True)
        rest = lax.stop_gradient(jnp.sum(jnp.where(chosen, 0, p)))
        floored = jnp.exp(jnp.maximum(lax.stop_gradient(log_prob[members]), _FAINTEST))
        once, twice = leave_out_ratios(floored, rest)
        weight = p[members] * once
        others = lax.stop_gradient(p[members]) * twice

        def estimate(leaf: Array) -> Array:
            baseline = tensordot(others, lax.stop_gradient(leaf), 1)
            score = per_draw(weight - lax.stop_gradient(weight), leaf)
            return jnp.sum(per_draw(weight, leaf) * leaf - score * baseline, 0)

        return jax.tree.map(estimate, outcomes)


def leave_out_ratios(p: Array, rest: Array) -> tuple[Array, Array]:
    r"""Ratios of probabilities of a set with members left out.

    Args:
      p: positive probabilities of the k members, shape `(k,)`.
      rest: probability of all that is not in the set.

    Returns:
      :math:`R(S, s)`, shape `(k,)`, and :math:`R^{D \setminus \{s\}}(S, s')`, shape `(k, k)`, 1 on
      the diagonal.
    """
    k = p.shape[0]
    whole = 2**k - 1
    left = np.eye(k, dtype=bool)
    pairs = left[:, None] | left[None, :]
    remaining = jax.vmap(lambda out: _set_probabilities(jnp.where(out, 0, p), rest))
    all_in = _set_probabilities(p, rest)[whole]
    bits = 2 ** np.arange(k)
    one_out = remaining(left)[np.arange(k), whole - bits]
    subset = whole - pairs.reshape(-1, k) @ bits
    two_out = remaining(pairs.reshape(-1, k))[np.arange(k * k), subset].reshape(k, k)
    return one_out / all_in, two_out / one_out[:, None]


def _set_probabilities(p: Array, rest: Array) -> Array:
    r"""Probability that the first draws are a given set, for each subset of a set.

    .. math:: p(C) = \sum_{i \in C} p(C \setminus \{i\})
              \frac{p_i}{\mathrm{rest} + \sum_{j \notin C \setminus \{i\}} p_j}

    What is left is added up, not taken from one, so that nothing cancels.

    Args:
      p: probabilities of the k members; 0 for those that are not there.
      rest: probability of all else.

    Returns:
      Shape `(2^k,)`: bit i of the index tells whether member i is in the subset.
    """
    k = p.shape[0]
    inside = (np.arange(2**k)[:, None] >> np.arange(k)) & 1 == 1
    left = rest + jnp.where(inside, 0, p).sum(1)
    table = jnp.zeros(2**k, p.dtype).at[0].set(1)
    for size in range(1, k + 1):
        sets = np.flatnonzero(inside.sum(1) == size)
        before = sets[:, None] - (1 << np.arange(k))
        possible = inside[sets] & (np.asarray(before) >= 0)
        before = np.where(possible, before, 0)
        chance = jnp.where(left[before] > 0, p / jnp.where(left[before] > 0, left[before], 1), 0)
        table = table.at[sets].set(jnp.sum(jnp.where(possible, table[before] * chance, 0), 1))
    return table
