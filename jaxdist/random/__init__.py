"""Samplers: pure functions of a key, faster than those of jax.random, or missing there."""

from jaxdist.random.category import categorical, categorical_icdf
from jaxdist.random.circle import von_mises
from jaxdist.random.continuous import (
    cauchy,
    exponential,
    gumbel,
    integers,
    laplace,
    logistic,
    normal,
    two_tails,
    uniform,
    uniform_open,
)
from jaxdist.random.count import binomial, multinomial, negative_binomial, poisson
from jaxdist.random.gamma import gamma, log_gamma, logit_beta, student_t
from jaxdist.random.words import bits

__all__ = [
    "binomial",
    "bits",
    "categorical",
    "categorical_icdf",
    "cauchy",
    "exponential",
    "gamma",
    "gumbel",
    "integers",
    "laplace",
    "log_gamma",
    "logistic",
    "logit_beta",
    "multinomial",
    "negative_binomial",
    "normal",
    "poisson",
    "student_t",
    "two_tails",
    "uniform",
    "uniform_open",
    "von_mises",
]
