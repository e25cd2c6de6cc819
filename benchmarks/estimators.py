"""Variance and cost of gradient estimators: prints the tables of RESULTS.md.

    python -m benchmarks.estimators

The columns are the variance of one estimate, summed over the entries of the gradient, and its
floating-point operations as XLA counts them. Neither depends on the machine's load.
"""

from __future__ import annotations

import jax
import jax.numpy as jnp

import jaxdist as jd
from jaxdist import estimators as es

PAYOFF = jnp.sin(jnp.arange(10.0)) + 2

PROBLEMS = {
    "E[x^2], Normal(1.5, 1)": (
        jnp.square,
        jd.Normal(1.5, 1.0),
        {
            "score_function": "score_function",
            "score_function, baseline 3.25": es.ScoreFunction(3.25),
            "leave_one_out": "leave_one_out",
            "leave_one_out, control x": es.ControlVariate(
                lambda x: x, lambda d: d.mean, es.LeaveOneOut(), strength=3.0
            ),
            "measure_valued": "measure_valued",
            "pathwise": "pathwise",
            "pathwise, antithetic": es.Pathwise(draws="antithetic"),
            "pathwise, lattice": es.Pathwise(draws="lattice"),
            "delta_method": "delta_method",
        },
    ),
    "E[(b - 0.45)^2], Bernoulli(logits=2), the toy problem": (
        lambda b: (b - 0.45) ** 2,
        jd.Bernoulli(logits=2.0),
        {
            "score_function": "score_function",
            "leave_one_out": "leave_one_out",
            "rebar, t = 0.5": es.Rebar(0.5),
            "rebar, t = 5, eta = 1.5": es.Rebar(5.0, 1.5),
            "measure_valued": "measure_valued",
            "enumeration": "enumeration",
            "gumbel_softmax, t = 0.5 (biased)": es.GumbelSoftmax(0.5),
            "straight_through (biased)": "straight_through",
        },
    ),
    "E[payoff], Categorical(10)": (
        lambda k: PAYOFF[k],
        jd.Categorical(logits=jnp.linspace(-1.0, 1.0, 10)),
        {
            "score_function": "score_function",
            "leave_one_out": "leave_one_out",
            "without_replacement": "without_replacement",
            "measure_valued": "measure_valued",
            "enumeration": "enumeration",
        },
    ),
    "E[(sum b - 1.6)^2], 8 x Bernoulli(logits=-1..1)": (
        lambda b: jnp.sum(b - 0.2) ** 2,
        jd.Bernoulli(logits=jnp.linspace(-1.0, 1.0, 8)),
        {
            "score_function": "score_function",
            "leave_one_out": "leave_one_out",
            "rebar, t = 0.5": es.Rebar(0.5),
            "rebar, t = 2": es.Rebar(2.0),
            "without_replacement": "without_replacement",
            "measure_valued": "measure_valued",
        },
    ),
    "E[x^2], Poisson(3)": (
        jnp.square,
        jd.Poisson(3.0),
        {
            "score_function": "score_function",
            "leave_one_out": "leave_one_out",
            "measure_valued": "measure_valued",
            "delta_method": "delta_method",
        },
    ),
}


def main() -> None:
    for name, (f, d, estimators) in PROBLEMS.items():
        rows = jd.gradient_statistics(
            f, d, jax.random.key(0), estimators=estimators, num_samples=4, num_keys=100_000
        )
        print(f"| {name} | variance | operations |\n|---|--:|--:|")
        for label, row in rows.items():
            print(f"| `{label}` | {float(row.variance):.3g} | {row.flops:.0f} |")
        print()


if __name__ == "__main__":
    main()
