"""Score-function estimators, also known as REINFORCE, and their baselines."""

from __future__ import annotations

from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist.arguments import as_real_numbers
from jaxdist.distribution import Distribution
from jaxdist.estimators.estimator import (
    Estimator,
    Integrand,
    average,
    evaluate,
    has_parameter_dependent_support,
    is_masked,
    score_function_surrogate,
    sum_over_batch,
)
from jaxdist.estimators.quasi_monte_carlo import (
    Draws,
    check_draws,
    draw_by_inversion,
    why_not_invertible,
)
from jaxdist.pytree import Pytree, static


def why_no_score(d: Distribution) -> str | None:
    """Return why the score of a distribution does not give gradients; None if it does."""
    if is_masked(d):
        return "its log-probabilities are not those of its draws"
    if has_parameter_dependent_support(d):
        return "its support depends on parameters, and the score lacks the terms at the bounds"
    return None


class ScoreFunction(Estimator):
    r"""REINFORCE: multiply the score of a draw with f at the draw.

    .. math:: \nabla_\theta E[f(x)] = E[(f(x) - b) \nabla_\theta \log p(x; \theta)
              + \nabla_\theta f(x)]

    f need not be differentiable in x, and x need not be continuous. Derivatives of every order are
    unbiased, as those of `jaxdist.score_function`.

    Args:
      baseline: b, which must not depend on the draw, such as a constant, a `MovingAverage.value` or
        the prediction of a value function; its gradient is stopped. A number, or a tree like the
        result of `f`.
      draws: "independent"; "antithetic" or "lattice" are for univariate distributions.

    References:
      Williams 1992, "Simple statistical gradient-following algorithms for connectionist
      reinforcement learning"; Foerster et al. 2018, "DiCE: The Infinitely Differentiable Monte
      Carlo Estimator"; Mao et al. 2019, "A Baseline for Any Order Gradient Estimation in
      Stochastic Computation Graphs".

    Example:
      >>> import jax, jaxdist as jd
      >>> def mean_of_square(rate):
      ...     estimator = jd.estimators.ScoreFunction(baseline=12.0)
      ...     return jd.expectation(lambda x: x**2, jd.Poisson(rate), jax.random.key(0),
      ...                           num_samples=200_000, estimator=estimator)
      >>> print(f"{jax.grad(mean_of_square)(3.0):.0f}")
      7
    """

    baseline: Any = 0.0
    draws: Draws = static(default="independent")

    takes_joint: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Check the kind of draws."""
        check_draws(self.draws)

    def _unsupported_reason(self, d: Distribution) -> str | None:
        independent = self.draws == "independent"
        return why_no_score(d) or (None if independent else why_not_invertible(d))

    def expect(self, f: Integrand, d: Distribution, key: Array, num_samples: int) -> Any:
        draw_key, f_key = jax.random.split(key)
        if self.draws == "independent":
            x, log_prob = d.sample_and_log_prob(draw_key, num_samples)
        else:
            x = lax.stop_gradient(draw_by_inversion(d, draw_key, num_samples, self.draws))
            log_prob = d.log_prob(x)
        values = evaluate(f, x, f_key, num_samples)
        log_prob = sum_over_batch(log_prob, num_samples)
        return average(score_function_surrogate(log_prob, values, self.baseline))


class LeaveOneOut(Estimator):
    r"""REINFORCE with a leave-one-out baseline: the mean of f at the other draws.

    .. math:: b_i = \frac{1}{n - 1} \sum_{j \ne i} f(x_j)

    It needs at least two draws. Derivatives of every order are unbiased.

    References:
      Kool, van Hoof and Welling 2019, "Buy 4 REINFORCE samples, get a baseline for free!";
      Mnih and Rezende 2016, "Variational inference for Monte Carlo objectives".

    Example:
      >>> import jax, jaxdist as jd
      >>> def mean_of_square(rate):
      ...     return jd.expectation(lambda x: x**2, jd.Poisson(rate), jax.random.key(0),
      ...                           num_samples=200_000, estimator=jd.estimators.LeaveOneOut())
      >>> print(f"{jax.grad(mean_of_square)(3.0):.0f}")
      7
    """

    takes_joint: ClassVar[bool] = True

    def _unsupported_reason(self, d: Distribution) -> str | None:
        return why_no_score(d)

    def expect(self, f: Integrand, d: Distribution, key: Array, num_samples: int) -> Any:
        if num_samples < 2:
            raise ValueError(
                f"LeaveOneOut: num_samples must be at least 2; got {num_samples}. Take "
                "ScoreFunction for a single draw"
            )
        draw_key, f_key = jax.random.split(key)
        x, log_prob = d.sample_and_log_prob(draw_key, num_samples)
        values = evaluate(f, x, f_key, num_samples)
        baselines = jax.tree.map(_mean_of_others, values)
        log_prob = sum_over_batch(log_prob, num_samples)
        return average(score_function_surrogate(log_prob, values, baselines))


def _mean_of_others(x: Array) -> Array:
    """Return, for each entry of the first axis, the mean of the other entries."""
    mean = jnp.mean(x, 0)
    return mean + (mean - x) / (x.shape[0] - 1)


class MovingAverage(Pytree):
    r"""An exponential moving average of an objective, for use as a baseline.

    .. math:: m \leftarrow \beta m + (1 - \beta) f, \quad \mathrm{value} = m / (1 - \beta^t)

    It is immutable: carry the result of `update` from one step to the next.

    Args:
      decay: :math:`\beta`, in [0, 1).
      mean: m, 0 at the start.
      weight: :math:`1 - \beta^t`, 0 at the start.

    Example:
      >>> import jaxdist as jd
      >>> baseline = jd.estimators.MovingAverage(decay=0.9)
      >>> for reward in [1.0, 2.0, 3.0]:
      ...     baseline = baseline.update(reward)
      >>> print(f"{baseline.value:.3f}")
      2.070
    """

    decay: Any = 0.99
    mean: Any = 0.0
    weight: Any = 0.0

    def __post_init__(self) -> None:
        """Check that the fields are numbers."""
        for name in ("decay", "mean", "weight"):
            as_real_numbers("MovingAverage", name, getattr(self, name))

    def update(self, objective: Any) -> MovingAverage:
        """Return the moving average after one more observation, the mean of an array."""
        numbers = as_real_numbers("MovingAverage", "the objective", objective)
        new = lax.stop_gradient(jnp.mean(jnp.asarray(numbers)))
        mean = self.decay * self.mean + (1 - self.decay) * new
        weight = self.decay * self.weight + (1 - self.decay)
        return MovingAverage(self.decay, mean, weight)

    @property
    def value(self) -> Array:
        """The average of the observations; 0 if there are none."""
        has_observations = jnp.asarray(self.weight) > 0
        weight = jnp.where(has_observations, self.weight, 1)
        return jnp.where(has_observations, self.mean / weight, 0)
