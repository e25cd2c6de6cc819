"""Surrogate losses: functions whose value is an objective and whose `jax.grad` is an estimator.

Each is a pure function of log-probabilities and weights, elementwise unless it says otherwise; take
the mean yourself. The log-probabilities are those of values drawn with `sample`, whose gradient is
stopped. Arguments have equal shapes, or are scalars: nothing broadcasts `(N,)` with `(N, 1)`.
"""

from jaxdist.surrogates.natural_gradient import (
    NaturalGradient,
    fisher_vector_product,
    natural_gradient,
)
from jaxdist.surrogates.ratio import (
    adaptive_kl_coefficient,
    clipped_ratio,
    importance_ratio,
    penalized_ratio,
)
from jaxdist.surrogates.score import dice, entropy_bonus, score_function
from jaxdist.surrogates.v_trace import VTrace, v_trace

__all__ = [
    "NaturalGradient",
    "VTrace",
    "adaptive_kl_coefficient",
    "clipped_ratio",
    "dice",
    "entropy_bonus",
    "fisher_vector_product",
    "importance_ratio",
    "natural_gradient",
    "penalized_ratio",
    "score_function",
    "v_trace",
]
