"""Pathwise derivatives, also known as reparameterization gradients."""

from __future__ import annotations

from typing import Any, ClassVar

import jax
from jax import Array

from jaxdist.distribution import Distribution
from jaxdist.estimators.estimator import Estimator, Integrand, average, evaluate, is_discrete
from jaxdist.estimators.quasi_monte_carlo import (
    Draws,
    check_draws,
    draw_by_inversion,
    why_not_invertible,
)
from jaxdist.pytree import static


class Pathwise(Estimator):
    r"""Differentiate through the draw, which is a function of the parameters.

    .. math:: \nabla_\theta E[f(x)] = E\left[\frac{dx}{d\theta} \nabla_x f(x)
              + \nabla_\theta f(x)\right]

    The derivative of the draw is explicit where the draw is computed from noise, such as
    :math:`x = \mu + \sigma \epsilon`. Elsewhere it is implicit in the cumulative distribution
    function F: :math:`dx/d\theta = -(\partial F / \partial \theta) / p(x)`. The distribution must
    be continuous, and f continuous in x. Derivatives are unbiased up to the order to which f is
    smooth.

    Args:
      draws: "independent"; "antithetic" or "lattice" are for univariate distributions.

    References:
      Kingma and Welling 2014, "Auto-encoding variational Bayes"; Rezende et al. 2014, "Stochastic
      backpropagation and approximate inference in deep generative models"; Figurnov, Mohamed and
      Mnih 2018, "Implicit reparameterization gradients".

    Example:
      >>> import jax, jaxdist as jd
      >>> def mean_of_square(mu):
      ...     estimator = jd.estimators.Pathwise(draws="lattice")
      ...     return jd.expectation(lambda x: x**2, jd.Normal(mu, 1.0), jax.random.key(0),
      ...                           num_samples=1024, estimator=estimator)
      >>> print(f"{jax.grad(mean_of_square)(1.5):.1f}")
      3.0
    """

    draws: Draws = static(default="independent")

    takes_joint: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Check the kind of draws."""
        check_draws(self.draws)

    def _unsupported_reason(self, d: Distribution) -> str | None:
        if is_discrete(d):
            return "its draws are discrete, so that they do not move with the parameters"
        if not d.has_rsample:
            return "it has no pathwise derivative"
        return None if self.draws == "independent" else why_not_invertible(d)

    def expect(self, f: Integrand, d: Distribution, key: Array, num_samples: int) -> Any:
        draw_key, f_key = jax.random.split(key)
        if self.draws == "independent":
            x = d.rsample(draw_key, num_samples)
        else:
            x = draw_by_inversion(d, draw_key, num_samples, self.draws)
        return average(evaluate(f, x, f_key, num_samples))
