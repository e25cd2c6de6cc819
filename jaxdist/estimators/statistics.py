"""Statistics of gradient estimates: mean, standard error, variance and cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import Array

from jaxdist.arguments import as_integer, as_tuple, check_key, describe
from jaxdist.distribution import Distribution, require_distribution
from jaxdist.estimators.expectation import applicable, expectation


class GradientStatistics(NamedTuple):
    """Statistics of gradient estimates over keys.

    Attributes:
      mean: mean of the estimates, a tree like the distribution.
      standard_error: standard error of the mean, a tree like the distribution.
      variance: variance of a single estimate, summed over all entries of the gradient.
      flops: floating-point operations of a single estimate as counted by XLA, which counts the
        body of a loop of unknown length once; NaN if XLA does not report them.
    """

    mean: Any
    standard_error: Any
    variance: Array
    flops: float


def gradient_statistics(
    f: Callable[[Any], Array],
    dist: Distribution,
    key: Array,
    *,
    estimators: Sequence[str] | Mapping[str, Any] | None = None,
    num_samples: int = 2,
    num_keys: int = 1000,
) -> dict[str, GradientStatistics]:
    r"""Compare estimators of the gradient of an expectation in the distribution's parameters.

    Each estimator estimates :math:`\nabla_\theta E[f(x)]` for many keys, in one compiled program.

    Args:
      f: function from a draw to a scalar, as for `jaxdist.expectation`.
      dist: distribution to draw from.
      key: a PRNG key.
      estimators: names, or a mapping from labels to estimators or names. The default is all named
        estimators that support the distribution.
      num_samples: number of draws in each estimate.
      num_keys: number of estimates, at least 2.

    Returns:
      Statistics by name or label.

    Raises:
      ValueError: if there are too few keys.

    Example:
      >>> import jax, jaxdist as jd
      >>> table = jd.gradient_statistics(lambda x: x**2, jd.Normal(1.0, 1.0), jax.random.key(0),
      ...                                estimators=["pathwise", "score_function"])
      >>> bool(table["pathwise"].variance < table["score_function"].variance)
      True
    """
    require_distribution(dist, "gradient_statistics: dist")
    num_keys = as_integer("gradient_statistics", "num_keys", num_keys, minimum=2)
    if estimators is None:
        estimators = _applicable_when_traced(dist)
    if not isinstance(estimators, Mapping):
        names = as_tuple("gradient_statistics", "estimators", estimators)
        if not all(isinstance(name, str) for name in names):
            raise TypeError(
                "gradient_statistics: estimators must be names, or a mapping from labels to "
                f"estimators; got {describe(estimators)}"
            )
        estimators = {name: name for name in names}
    keys = jax.random.split(check_key(key), num_keys)

    def statistics(estimator: Any) -> GradientStatistics:
        def gradient(dist: Distribution, key: Array) -> Distribution:
            def objective(dist: Distribution) -> Array:
                value = expectation(f, dist, key, num_samples=num_samples, estimator=estimator)
                return _require_number(value)

            return jax.grad(objective)(dist)

        estimates = jax.jit(jax.vmap(gradient, (None, 0)))(dist, keys)
        mean = jax.tree.map(lambda g: jnp.mean(g, 0), estimates)
        variances = jax.tree.map(lambda g: jnp.var(g, 0, ddof=1), estimates)
        error = jax.tree.map(lambda v: jnp.sqrt(v / num_keys), variances)
        variance = sum(map(jnp.sum, jax.tree.leaves(variances)), start=jnp.zeros(()))
        cost = jax.jit(gradient).lower(dist, keys[0]).cost_analysis() or {}
        return GradientStatistics(mean, error, variance, float(cost.get("flops", jnp.nan)))

    return {label: statistics(estimator) for label, estimator in estimators.items()}


def _require_number(value: Any) -> Array:
    """Return what is differentiated, or raise a ValueError if it is not one real number."""
    dtype, shape = getattr(value, "dtype", None), getattr(value, "shape", None)
    if dtype is not None and shape == () and jnp.issubdtype(dtype, jnp.floating):
        return value
    raise ValueError(
        "gradient_statistics: f must return one floating-point number for a draw; got "
        f"{'a tree' if dtype is None else f'{dtype} of shape {shape}'}"
    )


def _applicable_when_traced(dist: Distribution) -> list[str]:
    """Return the names of the estimators that support a distribution of traced parameters."""
    names: list[str] = []
    jax.eval_shape(lambda dist: names.extend(applicable(dist)), dist)
    return names
