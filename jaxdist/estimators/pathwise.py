"""The pathwise derivative: through the draw."""

from __future__ import annotations

from typing import Any, ClassVar

import jax
from jax import Array

from jaxdist.distribution import Distribution
from jaxdist.estimators.draws import Draws, check_draws, invert, refuses_inversion
from jaxdist.estimators.estimator import Estimator, Integrand, average, evaluate, is_discrete
from jaxdist.pytree import static


class Pathwise(Estimator):
    r"""Differentiate through the draw, which is a function of the parameters.

    .. math:: \nabla_\theta E[f(x)] = E\left[\frac{dx}{d\theta} \nabla_x f(x)
              + \nabla_\theta f(x)\right]

    Explicitly where a draw is computed from noise, as :math:`x = \mu + \sigma \epsilon`; implicitly
    in the cumulative distribution function F elsewhere:
    :math:`dx/d\theta = -(\partial F / \partial \theta) / p(x)`. It needs a continuous distribution
    and an f that is continuous in x, and is right to any order to which f is smooth.

    Args:
      draws: "independent"; or "antithetic" or "lattice", for univariate distributions.

    References:
      Kingma and Welling 2014, "Auto-encoding variational Bayes"; Rezende et al. 2014;
      Figurnov, Mohamed and Mnih 2018, "Implicit reparameterization gradients".
    """

    draws: Draws = static(default="independent")

    takes_joint: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Check the kind of draws."""
        check_draws(self.draws)

    def _refusal(self, d: Distribution) -> str | None:
        if is_discrete(d):
            return "its draws are discrete, so that they do not move with the parameters"
        if not d.has_rsample:
            return "it has no pathwise derivative"
        return None if self.draws == "independent" else refuses_inversion(d)

    def expect(self, f: Integrand, d: Distribution, key: Array, num_samples: int) -> Any:
        here, beyond = jax.random.split(key)
        if self.draws == "independent":
            x = d.rsample(here, num_samples)
        else:
            x = invert(d, here, num_samples, self.draws)
        return average(evaluate(f, x, beyond, num_samples))
