"""The score function, with what is known as a baseline."""

from __future__ import annotations

from typing import Any, ClassVar

import jax
import jax.numpy as jnp
from jax import Array, lax

from jaxdist.distribution import Distribution
from jaxdist.estimators.draws import Draws, check_draws, invert, refuses_inversion
from jaxdist.estimators.estimator import (
    Estimator,
    Integrand,
    average,
    evaluate,
    has_moving_support,
    is_masked,
    total,
    weigh,
)
from jaxdist.pytree import Pytree, static


def refuses_scores(d: Distribution) -> str | None:
    """Say why the score of a distribution does not give gradients; None if it does."""
    if is_masked(d):
        return "its log-probabilities are not those of its draws"
    if has_moving_support(d):
        return (
            "its support depends on parameters, so that the score misses what happens at the bounds"
        )
    return None


class ScoreFunction(Estimator):
    r"""Weigh the score of a draw with what it led to: REINFORCE, of any order.

    .. math:: \nabla_\theta E[f(x)] = E[(f(x) - b) \nabla_\theta \log p(x; \theta)
              + \nabla_\theta f(x)]

    f need not be differentiable in x, nor x be continuous. The estimate is that of
    `jaxdist.score_function`, whose derivatives of every order are unbiased (DiCE).

    Args:
      baseline: b, a number that does not depend on the draw, such as a constant, a
        `MovingAverage.value` or the prediction of a value function; its gradient is stopped. A
        tree like the result of `f` has one for each leaf.
      draws: "independent"; or "antithetic" or "lattice", for univariate distributions.

    References:
      Williams 1992, "Simple statistical gradient-following algorithms for connectionist
      reinforcement learning"; Foerster et al. 2018, "DiCE: The Infinitely Differentiable Monte
      Carlo Estimator"; Mao et al. 2019, for the baseline of any order.
    """

    baseline: Any = 0.0
    draws: Draws = static(default="independent")

    takes_joint: ClassVar[bool] = True

    def __post_init__(self) -> None:
        """Check the kind of draws."""
        check_draws(self.draws)

    def _refusal(self, d: Distribution) -> str | None:
        independent = self.draws == "independent"
        return refuses_scores(d) or (None if independent else refuses_inversion(d))

    def expect(self, f: Integrand, d: Distribution, key: Array, num_samples: int) -> Any:
        here, beyond = jax.random.split(key)
        if self.draws == "independent":
            x, log_prob = d.sample_and_log_prob(here, num_samples)
        else:
            x = lax.stop_gradient(invert(d, here, num_samples, self.draws))
            log_prob = d.log_prob(x)
        values = evaluate(f, x, beyond, num_samples)
        return average(weigh(total(log_prob, num_samples), values, self.baseline))


class LeaveOneOut(Estimator):
    r"""The score function with the mean of the other draws as the baseline of each.

    .. math:: b_i = \frac{1}{n - 1} \sum_{j \ne i} f(x_j)

    It needs at least two draws, and no tuning.

    References:
      Kool, van Hoof and Welling 2019, "Buy 4 REINFORCE samples, get a baseline for free!";
      Mnih and Rezende 2016.
    """

    takes_joint: ClassVar[bool] = True

    def _refusal(self, d: Distribution) -> str | None:
        return refuses_scores(d)

    def expect(self, f: Integrand, d: Distribution, key: Array, num_samples: int) -> Any:
        if num_samples < 2:
            raise ValueError(
                f"LeaveOneOut: num_samples must be at least 2; got {num_samples}. Take "
                "ScoreFunction for a single draw"
            )
        here, beyond = jax.random.split(key)
        x, log_prob = d.sample_and_log_prob(here, num_samples)
        values = evaluate(f, x, beyond, num_samples)
        others = jax.tree.map(mean_of_others, values)
        return average(weigh(total(log_prob, num_samples), values, others))


def mean_of_others(x: Array) -> Array:
    """Mean over the first axis, for each entry without it."""
    n = x.shape[0]
    return jnp.mean(x, 0) + (jnp.mean(x, 0) - x) / (n - 1)


class MovingAverage(Pytree):
    r"""An exponential moving average of an objective, as a baseline: state that you carry.

    .. math:: m \leftarrow \beta m + (1 - \beta) f, \quad \mathrm{value} = m / (1 - \beta^t)

    Args:
      decay: :math:`\beta`, in [0, 1).

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

    def update(self, objective: Any) -> MovingAverage:
        """Return the average after one more observation; the mean of an array counts as one."""
        new = lax.stop_gradient(jnp.mean(jnp.asarray(objective)))
        mean = self.decay * self.mean + (1 - self.decay) * new
        weight = self.decay * self.weight + (1 - self.decay)
        return MovingAverage(self.decay, mean, weight)

    @property
    def value(self) -> Array:
        """The average, 0 before the first observation."""
        seen = jnp.asarray(self.weight) > 0
        return jnp.where(seen, self.mean / jnp.where(seen, self.weight, 1), 0)
