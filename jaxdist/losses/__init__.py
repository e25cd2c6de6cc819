"""Losses of models: functions to minimize whose `jax.grad` estimates that of an expectation.

They take distributions, or functions of draws, and return a number. The models and guides are
pytrees or close over parameters; differentiate by these. For policy gradients see
`jaxdist.surrogates`, for expectations of other functions `jaxdist.expectation`.
"""

from jaxdist.losses.contrastive import contrastive, contrastive_posterior
from jaxdist.losses.gaussian_process import gaussian_process_elbo
from jaxdist.losses.importance_weighted import iwae, reweighted_wake_sleep, vimco
from jaxdist.losses.likelihood import elbo, maximum_likelihood

__all__ = [
    "contrastive",
    "contrastive_posterior",
    "elbo",
    "gaussian_process_elbo",
    "iwae",
    "maximum_likelihood",
    "reweighted_wake_sleep",
    "vimco",
]
