"""Samplers: pure functions of a key, faster than those of jax.random, or missing there.

All of them take a PRNG key, then the parameters, then the shape of the draws. Where there are no
parameters, the dtype (float32 or float64) comes last.
"""

from jaxdist.random.beta import logit_beta
from jaxdist.random.binomial import binomial
from jaxdist.random.categorical import categorical, categorical_icdf
from jaxdist.random.gamma import gamma, log_gamma
from jaxdist.random.hypergeometric import hypergeometric
from jaxdist.random.integers import integers
from jaxdist.random.inversion import cauchy, exponential, gumbel, laplace, logistic
from jaxdist.random.multinomial import multinomial
from jaxdist.random.negative_binomial import negative_binomial
from jaxdist.random.normal import normal
from jaxdist.random.poisson import poisson
from jaxdist.random.student_t import student_t
from jaxdist.random.uniform import uniform, uniform_open, uniform_with_complement
from jaxdist.random.von_mises import von_mises
from jaxdist.random.words import bits
from jaxdist.random.zipf import zipf

__all__ = [
    "binomial",
    "bits",
    "categorical",
    "categorical_icdf",
    "cauchy",
    "exponential",
    "gamma",
    "gumbel",
    "hypergeometric",
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
    "uniform",
    "uniform_open",
    "uniform_with_complement",
    "von_mises",
    "zipf",
]
