"""Surrogate losses: functions whose value is an objective and whose `jax.grad` is an estimator.

Each is a pure function of log-probabilities and weights, elementwise unless it says otherwise; take
the mean yourself. The log-probabilities are those of values drawn with `sample`, whose gradient is
stopped.
"""

from jaxdist.surrogates.natural import fisher_vector_product, natural_gradient
from jaxdist.surrogates.off_policy import VTrace, off_policy_score_function, v_trace
from jaxdist.surrogates.ratio import (
    adapted_penalty,
    clipped_ratio,
    importance_ratio,
    penalised_ratio,
)
from jaxdist.surrogates.score import dice, entropy_bonus, score_function

__all__ = [
    "VTrace",
    "adapted_penalty",
    "clipped_ratio",
    "dice",
    "entropy_bonus",
    "fisher_vector_product",
    "importance_ratio",
    "natural_gradient",
    "off_policy_score_function",
    "penalised_ratio",
    "score_function",
    "v_trace",
]
