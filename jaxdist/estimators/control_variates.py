"""Control variates: subtract a function whose mean is known, and add its mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist.distribution import Distribution
from jaxdist.estimators.estimator import Estimator, Integrand, check_estimator
from jaxdist.estimators.rebar import as_tree
from jaxdist.estimators.score_function import ScoreFunction
from jaxdist.numerics.loop_carries import vary_with
from jaxdist.precision import tensordot


class ControlVariate(Estimator):
    r"""A control variate: a function whose mean is known.

    .. math:: E[f(x)] = E[f(x) - \eta c(x)] + \eta E[c(x)]

    The first term is estimated, the second is exact. Derivatives are unbiased up to the order to
    which those of the estimator are.

    Args:
      function: c, a function from a draw to what f returns.
      mean: function from the distribution to the mean of c.
      estimator: estimator of the first term.
      strength: :math:`\eta`; the optimum is the covariance of f and c over the variance of c.

    References:
      Glasserman 2003, "Monte Carlo Methods in Financial Engineering", section 4.1; Mohamed et al.
      2020, "Monte Carlo Gradient Estimation in Machine Learning", section 7.4.

    Example:
      >>> import jax, jax.numpy as jnp, jaxdist as jd
      >>> estimator = jd.estimators.ControlVariate(lambda x: 1 + x, lambda d: 1 + d.mean)
      >>> def objective(mu):
      ...     return jd.expectation(jnp.exp, jd.Normal(mu, 0.1), jax.random.key(0),
      ...                           num_samples=10_000, estimator=estimator)
      >>> print(f"{jax.grad(objective)(0.0):.2f}")
      1.01
    """

    function: Any
    mean: Any
    estimator: Estimator = ScoreFunction()
    strength: Any = 1.0

    def __post_init__(self) -> None:
        """Check the estimator, and make the functions pytrees."""
        check_estimator("ControlVariate", self.estimator)
        for name in ("function", "mean"):
            vars(self)[name] = as_tree(getattr(self, name))

    def _unsupported_reason(self, d: Distribution) -> str | None:
        return self.estimator.unsupported_reason(d)

    def expect(self, f: Integrand, d: Distribution, key: Array, num_samples: int) -> Any:
        remainder = _remainder(f, self.function, self.strength)
        estimate = self.estimator.expect(remainder, d, key, num_samples)
        return _add_scaled(estimate, self.strength, self.mean(d))


class DeltaMethod(Estimator):
    r"""A control variate that is the Taylor polynomial of f around the mean of the distribution.

    .. math:: c(x) = f(m) + \sum_i (x_i - m_i) \partial_i f(m)
              + \tfrac{1}{2} \sum_i (x_i - m_i)^2 \partial_i^2 f(m)

    where m is the mean. The mean of c is computed from the mean and the variance of the
    distribution; mixed second derivatives, whose terms depend on covariances, are left out. f must
    be twice differentiable at the mean, which for counts need not be an integer.

    Args:
      estimator: estimator of the mean of f minus the control variate.
      strength: coefficient of the control variate.

    References:
      Mohamed et al. 2020, "Monte Carlo Gradient Estimation in Machine Learning", section 7.4;
      Paisley, Blei and Jordan 2012, "Variational Bayesian inference with stochastic search".

    Example:
      >>> import jax, jax.numpy as jnp, jaxdist as jd
      >>> def objective(rate):
      ...     return jd.expectation(lambda x: x**2 / 4, jd.Poisson(rate), jax.random.key(0),
      ...                           estimator=jd.estimators.DeltaMethod())
      >>> print(f"{jax.grad(objective)(3.0):.2f}")
      1.75
    """

    estimator: Estimator = ScoreFunction()
    strength: Any = 1.0

    def __post_init__(self) -> None:
        """Check the estimator."""
        check_estimator("DeltaMethod", self.estimator)

    def _unsupported_reason(self, d: Distribution) -> str | None:
        try:
            jax.eval_shape(lambda: (d.mean, d.variance))
        except NotImplementedError:
            return "its mean or variance has no closed form"
        return self.estimator.unsupported_reason(d)

    def expect(self, f: Integrand, d: Distribution, key: Array, num_samples: int) -> Any:
        draw_key, f_key = jax.random.split(key)
        center = lax.stop_gradient(d.mean)
        value, slopes, curvatures = taylor_coefficients(lambda x: f(x, f_key), center)

        def polynomial(first: Array, second: Array) -> Any:
            """Evaluate the polynomial, given `x - center` and its square, or their means."""
            axes = first.ndim
            return jax.tree.map(
                lambda v, s, c: v + tensordot(first, s, axes) + tensordot(second, c, axes) / 2,
                value,
                slopes,
                curvatures,
            )

        def control_variate(x: Array) -> Any:
            return polynomial(x - center, (x - center) ** 2)

        remainder = _remainder(f, control_variate, self.strength)
        estimate = self.estimator.expect(remainder, d, draw_key, num_samples)
        mean = polynomial(d.mean - center, d.variance + (d.mean - center) ** 2)
        return _add_scaled(estimate, self.strength, mean)


def taylor_coefficients(f: Callable[[Array], Any], x: Array) -> tuple[Any, Any, Any]:
    """Return value, first and unmixed second derivatives of f, with the axes of x in front."""

    def derivative(g: Callable[[Array], Any], direction: Array) -> Callable[[Array], Any]:
        return lambda x: jax.jvp(g, (x,), (direction,))[1]

    def first(direction: Array) -> Any:
        return derivative(f, direction)(x)

    def second(direction: Array) -> Any:
        return derivative(derivative(f, direction), direction)(x)

    def in_every_direction(g: Callable[[Array], Any]) -> Any:
        directions = jnp.eye(x.size, dtype=x.dtype).reshape(x.size, *x.shape)
        values = jax.vmap(g)(vary_with(directions, x))
        return jax.tree.map(lambda leaf: jnp.reshape(leaf, x.shape + leaf.shape[1:]), values)

    return f(x), in_every_direction(first), in_every_direction(second)


def _remainder(f: Integrand, control_variate: Callable[[Any], Any], strength: Any) -> Integrand:
    """Return f minus `strength` times the control variate."""

    def remainder(x: Any, key: Array) -> Any:
        return jax.tree.map(lambda v, c: v - strength * c, f(x, key), control_variate(x))

    return remainder


def _add_scaled(values: Any, factor: Any, other: Any) -> Any:
    return jax.tree.map(lambda v, o: v + factor * jnp.asarray(o), values, other)
