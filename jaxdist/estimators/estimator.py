"""Estimator: how an expectation, and with it its derivatives, is estimated from draws."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist.distribution import Distribution
from jaxdist.pytree import Pytree
from jaxdist.surrogates import score_function
from jaxdist.wrappers.independent import Independent
from jaxdist.wrappers.joint import Joint
from jaxdist.wrappers.masked import Masked

Integrand = Callable[[Any, Array], Any]  # of a draw, and of a key for what it draws itself


class Estimator(Pytree):
    r"""How to estimate :math:`E[f(x)]` so that `jax.grad` of the estimate is one of the gradient.

    The options of an estimator are its fields; numbers among them are leaves, which can be
    learned. A subclass writes `expect`, and `_refusal` if there are distributions that it is not
    for.

    Attributes:
      takes_joint: whether it treats a `Joint` as one; otherwise its parts come one after the other.
      is_exact: whether it sums over all values instead of drawing.
    """

    takes_joint: ClassVar[bool] = False
    is_exact: ClassVar[bool] = False

    def supports(self, d: Distribution) -> bool:
        """Tell whether this estimator is for a distribution."""
        return self._refusal(d) is None

    def expect(self, f: Integrand, d: Distribution, key: Array, num_samples: int) -> Any:
        """Estimate the mean of an integrand; `jaxdist.expectation` is the function to call.

        Args:
          f: maps a draw of shape `batch_shape + event_shape` (a tree for a `Joint`), and a key,
            to an array or a tree of them.
          d: what to draw from, which the estimator supports; a batch is drawn together, as one.
          key: a PRNG key.
          num_samples: how many draws.

        Returns:
          What `f` returns, averaged.
        """
        raise NotImplementedError

    def _refusal(self, d: Distribution) -> str | None:
        """Say why the estimator is not for a distribution; None if it is."""
        return None


def parts(d: Distribution) -> list[Distribution]:
    """The distributions of a `Joint`, or the one that is given."""
    if isinstance(d, Joint):
        return jax.tree.leaves(d.tree, is_leaf=lambda node: isinstance(node, Distribution))
    return [d]


def unwrapped(d: Distribution) -> Distribution:
    """The distribution of the parts of an `Independent`; draws of both are the same."""
    while isinstance(d, Independent):
        d = d.base_dist
    return d


def is_discrete(d: Distribution) -> bool:
    """Whether any part of a distribution has a countable support."""
    return any(part.support.is_discrete for part in parts(d))


def is_masked(d: Distribution) -> bool:
    """Whether the log-probabilities of any part are not those of its draws."""
    return any(isinstance(unwrapped(part), Masked) for part in parts(d))


def has_moving_support(d: Distribution) -> bool:
    """Whether the support of a continuous part depends on parameters."""
    return any(
        isinstance(leaf, jax.Array | np.ndarray)
        for part in parts(d)
        if not part.support.is_discrete
        for leaf in jax.tree.leaves(part.support)
    )


def total(log_prob: Array, num_samples: int) -> Array:
    """Sum log-probabilities of shape `(num_samples, *batch_shape)` over the batch."""
    return jnp.sum(jnp.reshape(log_prob, (num_samples, -1)), 1)


def evaluate(f: Integrand, x: Any, key: Array, num_samples: int) -> Any:
    """Evaluate an integrand at each draw of a tree whose first axis counts draws."""
    return jax.vmap(f)(x, jax.random.split(key, num_samples))


def average(values: Any) -> Any:
    """Mean over the first axis of each leaf."""
    return jax.tree.map(lambda leaf: jnp.mean(leaf, 0), values)


def weigh(log_prob: Array, values: Any, baselines: Any = 0.0) -> Any:
    """Score-function surrogate of each leaf of a tree, of which the first axis counts draws.

    Args:
      log_prob: shape `(num_samples,)`.
      values: leaves of shape `(num_samples, ...)`.
      baselines: a number for all leaves, or a tree like `values`.
    """

    def surrogate(leaf: Array, baseline: Any) -> Array:
        return score_function(per_draw(log_prob, leaf), leaf, baseline)

    if jax.tree_util.all_leaves([baselines]):
        baselines = jax.tree.map(lambda _: baselines, values)
    return jax.tree.map(surrogate, values, baselines)


def per_draw(x: Array, leaf: Array) -> Array:
    """Give numbers, one for each draw, the axes that they need to broadcast with a leaf."""
    return jnp.reshape(x, x.shape + (1,) * (jnp.ndim(leaf) - x.ndim))


def without(constant: Any, values: Any) -> Any:
    """Add the derivatives of a tree of zero mean to another one, and not its value."""
    return jax.tree.map(lambda v, c: v + (c - lax.stop_gradient(c)), values, constant)
