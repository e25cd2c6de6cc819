"""Control variates: what is known is computed, and only the rest is drawn."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist.distribution import Distribution
from jaxdist.estimators.estimator import Estimator, Integrand
from jaxdist.estimators.rebar import as_tree
from jaxdist.estimators.score import ScoreFunction
from jaxdist.precision import tensordot
from jaxdist.wrappers.joint import Joint


class ControlVariate(Estimator):
    r"""Subtract a function whose mean is known, and add its mean.

    .. math:: E[f(x)] = E[f(x) - \eta c(x)] + \eta E[c(x)]

    The first term is estimated, the second differentiated as it is. Unbiased, to the orders that
    the estimator is.

    Args:
      function: c, from a draw to what f returns.
      mean: from the distribution to the mean of c under it.
      estimator: of the first term.
      strength: :math:`\eta`; the best one is the covariance of f and c over the variance of c.

    References:
      Glasserman 2003, "Monte Carlo Methods in Financial Engineering", section 4.1; Mohamed et al.
      2020, section 7.4.
    """

    function: Any
    mean: Any
    estimator: Estimator = ScoreFunction()
    strength: Any = 1.0

    def __post_init__(self) -> None:
        """Make the functions trees."""
        for name in ("function", "mean"):
            vars(self)[name] = as_tree(getattr(self, name))

    def _refusal(self, d: Distribution) -> str | None:
        return self.estimator._refusal(d)

    def expect(self, f: Integrand, d: Distribution, key: Array, num_samples: int) -> Any:
        return _split(
            f, self.function, self.mean(d), self.strength, self.estimator, d, key, num_samples
        )


class DeltaMethod(Estimator):
    r"""A control variate from f itself: its Taylor polynomial around the mean of the draw.

    .. math:: c(x) = f(m) + \sum_i (x_i - m_i) \partial_i f(m)
              + \tfrac{1}{2} \sum_i (x_i - m_i)^2 \partial_i^2 f(m)

    The mean of c follows from mean and variance of the distribution; mixed second derivatives,
    which would need covariances, are left out. f has to be twice differentiable at the mean, at
    which a count may be a fraction.

    Args:
      estimator: of the mean of f - c.
      strength: what c is multiplied with.

    References:
      Mohamed et al. 2020, section 7.4; Paisley, Blei and Jordan 2012, "Variational Bayesian
      inference with stochastic search".
    """

    estimator: Estimator = ScoreFunction()
    strength: Any = 1.0

    def _refusal(self, d: Distribution) -> str | None:
        if isinstance(d, Joint):
            return "its draws are a tree"
        try:
            jax.eval_shape(lambda: (d.mean, d.variance))
        except NotImplementedError:
            return "its mean or variance has no closed form"
        return self.estimator._refusal(d)

    def expect(self, f: Integrand, d: Distribution, key: Array, num_samples: int) -> Any:
        here, beyond = jax.random.split(key)
        centre = lax.stop_gradient(d.mean)

        def at(x: Array) -> Any:
            return f(x, beyond)

        value, slopes, curvatures = taylor(at, centre)

        def polynomial(first: Array, second: Array) -> Any:
            """The polynomial with the two powers of the distance from the centre."""
            axes = first.ndim
            return jax.tree.map(
                lambda v, s, c: v + tensordot(first, s, axes) + tensordot(second, c, axes) / 2,
                value,
                slopes,
                curvatures,
            )

        def function(x: Array) -> Any:
            return polynomial(x - centre, (x - centre) ** 2)

        mean = polynomial(d.mean - centre, d.variance + (d.mean - centre) ** 2)
        return _split(f, function, mean, self.strength, self.estimator, d, here, num_samples)


def taylor(f: Callable[[Array], Any], x: Array) -> tuple[Any, Any, Any]:
    """Value, first and unmixed second derivatives of f, with the axes of x in front."""

    def derivative(g: Callable[[Array], Any], along: Array) -> Callable[[Array], Any]:
        return lambda x: jax.jvp(g, (x,), (along,))[1]

    directions = jnp.eye(x.size, dtype=x.dtype).reshape(x.size, *x.shape)

    def along(order: int) -> Any:
        def one(direction: Array) -> Any:
            g = f
            for _ in range(order):
                g = derivative(g, direction)
            return g(x)

        return jax.tree.map(
            lambda leaf: jnp.reshape(leaf, x.shape + leaf.shape[1:]), jax.vmap(one)(directions)
        )

    return f(x), along(1), along(2)


def _split(
    f: Integrand,
    function: Callable[[Any], Any],
    mean: Any,
    strength: Any,
    estimator: Estimator,
    d: Distribution,
    key: Array,
    num_samples: int,
) -> Any:
    def remainder(x: Any, key: Array) -> Any:
        return jax.tree.map(lambda v, c: v - strength * c, f(x, key), function(x))

    rest = estimator.expect(remainder, d, key, num_samples)
    return jax.tree.map(lambda r, m: r + strength * jnp.asarray(m), rest, mean)
