"""Expectations with a closed form, and the estimators to test on them.

Each depends on two numbers, theta = (t, c). The distribution depends on t or on both, the function
on c, so that the Hessian has entries for the distribution, for the function, and for both.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jax
import jax.numpy as jnp
from jax import Array

import jaxdist as jd
from jaxdist.estimators import (
    ControlVariate,
    DeltaMethod,
    LeaveOneOut,
    Pathwise,
    Rebar,
    Relax,
    ScoreFunction,
)

PAYOFF = jnp.array([1.0, -2.0, 0.5])
DIRECTION = jnp.array([0.5, 0.0, -0.3])


@dataclass(frozen=True)
class Problem:
    """The expectation E[f(x, theta)] for x drawn from make(theta).

    Attributes:
      name: name of the problem, for the test.
      make: function from theta to a distribution.
      f: function of a draw and theta.
      exact: function from theta to the expectation.
      theta: the point at which derivatives are taken.
      estimators: estimators to test, by label.
      samples: number of draws in each estimate.
    """

    name: str
    make: Callable[[Array], jd.Distribution]
    f: Callable[[Any, Array], Array]
    exact: Callable[[Array], Array]
    theta: tuple[float, float]
    estimators: dict[str, Any]
    samples: int = 2

    def estimate(self, theta: Array, key: Array, estimator: Any) -> Array:
        return jd.expectation(
            lambda x: self.f(x, theta),
            self.make(theta),
            key,
            num_samples=self.samples,
            estimator=estimator,
        )


def named(*names: str) -> dict[str, Any]:
    return {name: name for name in names}


def sum_over_categories(f: Callable[..., Array]) -> Callable[..., Array]:
    """Return the expectation of f over three categories as a function of theta."""

    def exact(theta: Array) -> Array:
        p = jax.nn.softmax(three_logits(theta))
        return sum(p[k] * f(k, theta) for k in range(3))

    return exact


def three_logits(theta: Array) -> Array:
    return theta[0] * DIRECTION + jnp.array([0.0, 0.2, 0.1])


def tanh_control_variate(z: Array) -> Array:
    """A control variate that is not similar to the function."""
    return 0.3 * jnp.sum(jnp.tanh(z)) + 0.1


PROBLEMS = [
    Problem(
        "normal-location",
        lambda t: jd.Normal(t[0], 1.0),
        lambda x, t: t[1] * x**2 + t[1] ** 2 * x,
        lambda t: t[1] * (t[0] ** 2 + 1) + t[1] ** 2 * t[0],
        (0.7, 0.8),
        {
            **named("pathwise", "score_function", "leave_one_out", "measure_valued"),
            "constant": ScoreFunction(1.5),
            "antithetic": Pathwise(draws="antithetic"),
            "lattice": Pathwise(draws="lattice"),
            "antithetic-score": ScoreFunction(1.5, draws="antithetic"),
            "lattice-score": ScoreFunction(1.5, draws="lattice"),
            "delta_method": DeltaMethod(strength=0.7),
            "control": ControlVariate(lambda x: x, lambda d: d.mean, LeaveOneOut(), strength=0.5),
            "lax": Relax(tanh_control_variate),
        },
    ),
    Problem(
        "normal-scale",
        lambda t: jd.Normal(t[1], t[0]),
        lambda x, t: t[1] * jnp.sin(x),
        lambda t: t[1] * jnp.exp(-(t[0] ** 2) / 2) * jnp.sin(t[1]),
        (0.9, 0.8),
        named("pathwise", "leave_one_out", "measure_valued"),
    ),
    Problem(
        "bernoulli",
        lambda t: jd.Bernoulli(logits=t[0]),
        lambda x, t: (x - t[1]) ** 2,
        lambda t: jax.nn.sigmoid(t[0]) * (1 - 2 * t[1]) + t[1] ** 2,
        (0.3, 0.45),
        {
            **named("score_function", "leave_one_out", "enumeration", "measure_valued"),
            **named("without_replacement", "delta_method"),
            "rebar": Rebar(temperature=0.7, strength=0.8),
            "relax": Relax(tanh_control_variate),
        },
    ),
    Problem(
        "poisson",
        lambda t: jd.Poisson(t[0]),
        lambda x, t: t[1] * x**2 / 4,
        lambda t: t[1] * (t[0] + t[0] ** 2) / 4,
        (2.0, 0.9),
        named("score_function", "leave_one_out", "measure_valued", "delta_method"),
    ),
    Problem(
        "binomial",
        lambda t: jd.Binomial(3, probs=t[0]),
        lambda x, t: t[1] * x**2 / 4,
        lambda t: t[1] * (3 * t[0] * (1 - t[0]) + 9 * t[0] ** 2) / 4,
        (0.4, 0.9),
        named("leave_one_out", "measure_valued"),
    ),
    Problem(
        "exponential",
        lambda t: jd.Exponential(t[0]),
        lambda x, t: jnp.cos(t[1] * x),
        lambda t: t[0] ** 2 / (t[0] ** 2 + t[1] ** 2),
        (1.5, 0.9),
        named("pathwise", "leave_one_out", "measure_valued"),
    ),
    Problem(
        "gamma-log",
        lambda t: jd.Gamma(t[0], t[1]),
        lambda x, t: jnp.log(x),
        lambda t: jax.scipy.special.digamma(t[0]) - jnp.log(t[1]),
        (2.5, 1.3),
        named("pathwise", "leave_one_out", "measure_valued"),
    ),
    Problem(
        "categorical",
        lambda t: jd.Categorical(logits=three_logits(t)),
        lambda k, t: t[1] * PAYOFF[k],
        sum_over_categories(lambda k, t: t[1] * PAYOFF[k]),
        (0.6, 0.9),
        named("leave_one_out", "enumeration", "measure_valued", "without_replacement"),
    ),
    Problem(
        "categorical-probs",
        lambda t: jd.Categorical(probs=jnp.stack([t[0], t[1], 0.5])),
        lambda k, t: t[1] * PAYOFF[k],
        lambda t: t[1] * jnp.stack([t[0], t[1], 0.5]) @ PAYOFF / (t[0] + t[1] + 0.5),
        (0.6, 0.9),
        named("score_function", "enumeration", "measure_valued"),
    ),
    Problem(
        "one-hot",
        lambda t: jd.OneHotCategorical(logits=three_logits(t)),
        lambda x, t: (t[1] + x @ PAYOFF) ** 2,
        sum_over_categories(lambda k, t: (t[1] + PAYOFF[k]) ** 2),
        (0.6, 0.9),
        {
            **named("measure_valued", "without_replacement"),
            "rebar": Rebar(temperature=0.7, strength=0.8),
            "relax": Relax(tanh_control_variate),
        },
    ),
    Problem(
        "mixture",
        lambda t: jd.MixtureSameFamily(
            jd.Categorical(logits=jnp.stack([t[0], 0.0])),
            jd.Normal(jnp.stack([0.0, t[1]]), jnp.ones(2)),
        ),
        lambda x, t: x**2 / 2,
        lambda t: (1 + jax.nn.sigmoid(-t[0]) * t[1] ** 2) / 2,
        (0.4, 1.2),
        named("pathwise", "leave_one_out"),
    ),
    Problem(
        "bernoulli-batch",
        lambda t: jd.Independent(jd.Bernoulli(probs=jnp.stack([t[0], t[1]])), 1),
        lambda x, t: t[1] * (x[0] + 2 * x[1]) ** 2,
        lambda t: t[1] * (t[0] + 4 * t[1] + 4 * t[0] * t[1]),
        (0.6, 0.3),
        {
            **named("leave_one_out", "enumeration", "measure_valued", "without_replacement"),
            "rebar": Rebar(temperature=0.7, strength=0.8),
        },
        samples=3,
    ),
    Problem(
        "joint",
        lambda t: jd.Joint({"a": jd.Poisson(t[0]), "b": jd.Normal(t[1], 1.0)}),
        lambda x, t: x["a"] * x["b"] ** 2 / 2,
        lambda t: t[0] * (t[1] ** 2 + 1) / 2,
        (1.5, 0.7),
        {
            "default": None,
            "leave_one_out": "leave_one_out",
            "measure_valued": "measure_valued",
            "each": {"a": "measure_valued", "b": "pathwise"},
        },
    ),
]
