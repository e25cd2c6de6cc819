"""Estimator: the base class of estimators, and shared helpers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import jax
import jax.numpy as jnp
import numpy as np
from jax import Array, lax

from jaxdist.arguments import describe
from jaxdist.distribution import Distribution, require_distribution
from jaxdist.pytree import Pytree
from jaxdist.surrogates import score_function
from jaxdist.wrappers.independent import Independent
from jaxdist.wrappers.joint import Joint
from jaxdist.wrappers.masked import Masked

Integrand = Callable[[Any, Array], Any]  # f(draw, key), where the key is for draws made inside f


class Estimator(Pytree):
    r"""An estimator of :math:`E[f(x)]`, whose `jax.grad` estimates the gradient.

    The options of an estimator are its fields; numeric options are leaves, and can be
    optimized. A subclass defines `expect`, and `_unsupported_reason` if there are distributions
    that it does not support.

    Attributes:
      takes_joint: whether it draws all parts of a `Joint` together; if not, they are drawn in
        sequence.
      is_exact: whether it sums over all values instead of drawing.

    Example:
      An estimator that evaluates f at the mean of the distribution.

      >>> import jax, jaxdist as jd
      >>> class AtTheMean(jd.estimators.Estimator):
      ...     def expect(self, f, d, key, num_samples):
      ...         return f(d.mean, key)
      >>> d = jd.Gamma(4.0, 2.0)
      >>> print(jd.expectation(lambda x: 3 * x, d, jax.random.key(0), estimator=AtTheMean()))
      6.0
    """

    takes_joint: ClassVar[bool] = False
    is_exact: ClassVar[bool] = False

    def supports(self, d: Distribution) -> bool:
        """Return whether this estimator supports a distribution."""
        return self.unsupported_reason(d) is None

    def unsupported_reason(self, d: Distribution) -> str | None:
        """Return why this estimator does not support a distribution; None if it does."""
        if isinstance(require_distribution(d), Joint) and not self.takes_joint:
            return "its draws are a tree"
        return self._unsupported_reason(d)

    def _unsupported_reason(self, d: Distribution) -> str | None:
        return None

    def expect(self, f: Integrand, d: Distribution, key: Array, num_samples: int) -> Any:
        """Estimate the mean of an integrand; users call `jaxdist.expectation` instead.

        Args:
          f: maps a draw of shape `batch_shape + event_shape` (a tree for a `Joint`), and a key,
            to an array or a tree of them.
          d: distribution to draw from, which the estimator supports. A batch is one joint draw.
          key: a PRNG key.
          num_samples: number of draws.

        Returns:
          The mean of what `f` returns.
        """
        raise NotImplementedError(f"{type(self).__name__} does not define `expect`")


def check_estimator(owner: str, estimator: Any) -> None:
    """Raise a TypeError unless an argument is an estimator."""
    if not isinstance(estimator, Estimator):
        raise TypeError(
            f"{owner}: estimator must be one of jaxdist.estimators, such as "
            f"jaxdist.estimators.ScoreFunction(); got {describe(estimator)}"
        )


def joint_parts(d: Distribution) -> list[Distribution]:
    """Return the distributions of a `Joint`; for any other distribution, a list of that alone."""
    if isinstance(d, Joint):
        return jax.tree.leaves(d.tree, is_leaf=lambda node: isinstance(node, Distribution))
    return [d]


def base_distribution(d: Distribution) -> Distribution:
    """Return the distribution inside `Independent`, which has the same draws."""
    while isinstance(d, Independent):
        d = d.base_dist
    return d


def is_discrete(d: Distribution) -> bool:
    """Return whether any part of a distribution is discrete."""
    return any(part.support.is_discrete for part in joint_parts(d))


def is_masked(d: Distribution) -> bool:
    """Return whether any part is `Masked`, so that `log_prob` is not that of its draws."""
    return any(isinstance(base_distribution(part), Masked) for part in joint_parts(d))


def has_parameter_dependent_support(d: Distribution) -> bool:
    """Return whether the support of a continuous part depends on parameters."""
    return any(
        isinstance(leaf, jax.Array | np.ndarray)
        for part in joint_parts(d)
        if not part.support.is_discrete
        for leaf in jax.tree.leaves(part.support)
    )


def sum_over_batch(log_prob: Array, num_samples: int) -> Array:
    """Sum log-probabilities of shape `(num_samples, *batch_shape)` over the batch."""
    return jnp.sum(jnp.reshape(log_prob, (num_samples, -1)), 1)


def evaluate(f: Integrand, x: Any, key: Array, num_samples: int) -> Any:
    """Evaluate an integrand at each draw; the leaves of `x` have a first axis of draws."""
    return jax.vmap(f)(x, jax.random.split(key, num_samples))


def average(values: Any) -> Any:
    """Average each leaf over its first axis."""
    return jax.tree.map(lambda leaf: jnp.mean(leaf, 0), values)


def score_function_surrogate(log_prob: Array, values: Any, baselines: Any = 0.0) -> Any:
    """Apply `score_function` to each leaf of a tree whose leaves have a first axis of draws.

    Args:
      log_prob: shape `(num_samples,)`.
      values: leaves of shape `(num_samples, ...)`.
      baselines: a number for all leaves, or a tree like `values` of arrays that broadcast with its
        leaves.
    """

    def surrogate(leaf: Array, baseline: Any) -> Array:
        shape = jnp.shape(leaf)
        log_probs = jnp.broadcast_to(expand_dims_like(log_prob, leaf), shape)
        return score_function(log_probs, leaf, jnp.broadcast_to(baseline, shape))

    if jax.tree_util.all_leaves([baselines]):
        baselines = jax.tree.map(lambda _: baselines, values)
    return jax.tree.map(surrogate, values, baselines)


def expand_dims_like(x: Array, leaf: Array) -> Array:
    """Append axes to `x`, which has one number for each draw, so that it broadcasts with `leaf`."""
    return jnp.reshape(x, x.shape + (1,) * (jnp.ndim(leaf) - x.ndim))


def add_derivatives(values: Any, other: Any) -> Any:
    """Return a tree with the values of the first, and the derivatives of both."""
    return jax.tree.map(lambda v, c: v + (c - lax.stop_gradient(c)), values, other)
